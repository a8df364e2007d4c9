"""All figures about captions at once."""

from mmkeras.metrics.bleu import corpus_bleu
from mmkeras.metrics.cider import cider
from mmkeras.metrics.diversity import distinct
from mmkeras.metrics.diversity import unique_share
from mmkeras.metrics.diversity import vocabulary
from mmkeras.metrics.meteor import meteor
from mmkeras.metrics.rouge import rouge_l
from mmkeras.metrics.tokenize import tokenize


def caption_scores(candidates, references):
    """Measures captions against references.

    Args:
        candidates: List of sentences.
        references: For each candidate, a list of sentences.

    Returns:
        Dict of `"bleu_1"` to `"bleu_4"`, `"rouge_l"`, `"meteor"`,
        `"distinct_1"`, `"distinct_2"` and `"unique"`, all in [0, 1];
        `"cider"`, at least 0; `"vocabulary"`, the number of words used; and
        `"length"`, the mean number of words.

    Raises:
        ValueError: If there are no candidates, or one has no references.
    """
    said = [tokenize(sentence) for sentence in candidates]
    wanted = [[tokenize(sentence) for sentence in r] for r in references]
    bleu = corpus_bleu(said, wanted)
    return {
        **{f"bleu_{n + 1}": score for n, score in enumerate(bleu)},
        "rouge_l": rouge_l(said, wanted),
        "meteor": meteor(said, wanted),
        "cider": cider(said, wanted),
        "distinct_1": distinct(said, 1),
        "distinct_2": distinct(said, 2),
        "vocabulary": vocabulary(said),
        "unique": unique_share(said),
        "length": sum(map(len, said)) / len(said),
    }
