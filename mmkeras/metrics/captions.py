"""All scores of captions."""

import numpy as np

from mmkeras.metrics import bleu
from mmkeras.metrics import diversity
from mmkeras.metrics.cider import cider
from mmkeras.metrics.cider import sentence_cider
from mmkeras.metrics.inputs import check_lengths
from mmkeras.metrics.meteor import meteor
from mmkeras.metrics.rouge import rouge_l
from mmkeras.metrics.tokenize import tokenize as _tokenize


def caption_scores(candidates, references, tokenize=_tokenize):
    """Scores captions against reference captions.

    Args:
        candidates: One caption (a string) per item.
        references: A list of captions (strings) per item.
        tokenize: Splits a caption into a list of tokens. The default is for
            English; pass `list` to score by character, `str.split` for text
            that is split already.

    Returns:
        A dict: "bleu_1" to "bleu_4", "rouge_l", "meteor", "distinct_1",
        "distinct_2" and "unique" (the share of different captions) in [0, 1];
        "cider" in [0, 10]; "vocabulary", the number of different words used;
        "length", the mean number of words.

    Raises:
        ValueError: If `candidates` and `references` differ in length, are
            empty, an item has no reference, or a caption is not a string.

    Example:

    >>> caption_scores(["a dog runs"], [["a dog runs", "the dog is running"]])
    """
    candidates, references = _split_all(candidates, references, tokenize)
    bleus = bleu.corpus_bleu(candidates, references)
    return {f"bleu_{n}": score for n, score in enumerate(bleus, start=1)} | {
        "rouge_l": rouge_l(candidates, references),
        "meteor": meteor(candidates, references),
        "cider": cider(candidates, references),
        "distinct_1": diversity.distinct(candidates, 1),
        "distinct_2": diversity.distinct(candidates, 2),
        "vocabulary": diversity.vocabulary(candidates),
        "unique": diversity.unique_share(candidates),
        "length": sum(map(len, candidates)) / len(candidates),
    }


def caption_statistics(candidates, references, tokenize=_tokenize):
    """Computes what CIDEr and BLEU of any selection of items follow from.

    Document frequencies of CIDEr are those of all items.

    Args:
        candidates: As of `caption_scores`.
        references: As of `caption_scores`.
        tokenize: As of `caption_scores`.

    Returns:
        float64 array of shape `(n, 11)`: CIDEr-D of each item, and its counts
        as of `bleu.sentence_counts`.

    Raises:
        ValueError: As of `caption_scores`.
    """
    pair = _split_all(candidates, references, tokenize)
    scores = sentence_cider(*pair)
    return np.column_stack([scores, bleu.sentence_counts(*pair)])


def scores_of_statistics(statistics):
    """Computes the metrics that captioning models are compared by.

    Args:
        statistics: Rows of `caption_statistics`, each any number of times.

    Returns:
        Dict of "cider" and "bleu_4".
    """
    bleu_4 = bleu.from_sentences(statistics[:, 1:])[-1]
    return {"cider": float(np.mean(statistics[:, 0])), "bleu_4": bleu_4}


def _split_all(candidates, references, tokenize):
    check_lengths(candidates, references)
    candidates = [
        _split(caption, f"candidates[{row}]", tokenize)
        for row, caption in enumerate(candidates)
    ]
    references = [
        [
            _split(caption, f"references[{row}][{number}]", tokenize)
            for number, caption in enumerate(captions)
        ]
        for row, captions in enumerate(references)
    ]
    return candidates, references


def _split(caption, where, tokenize):
    if not isinstance(caption, str):
        raise ValueError(
            f"`{where}` must be a string. Received: {caption!r}. To score "
            "token lists, use e.g. `metrics.cider.cider`."
        )
    return tokenize(caption)
