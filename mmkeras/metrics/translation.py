"""Scores of translations, by sacreBLEU."""

import functools

import numpy as np

from mmkeras.metrics.inputs import check_lengths

_ORDER = 4


def translation_scores(candidates, references, language=None):
    """Scores translations of whole sentences, each with one reference.

    BLEU and chrF of raw text are those of sacreBLEU with its defaults
    (tokenizer 13a, case-sensitive; chrF2). `bleu_lowercase` is BLEU of text
    in lower case with tokenizer 13a. `bleu_tokenized` is what papers on
    Multi30k print, as of `multi-bleu.perl`: BLEU of texts that are split into
    words by the tokenizer of Moses, in lower case.

    Args:
        candidates: List of translations, strings.
        references: List of strings, one per translation.
        language: Code of their language for the tokenizer of Moses, such as
            `"de"`; `None` to leave out `bleu_tokenized`.

    Returns:
        Dict: `"bleu"`, `"bleu_lowercase"`, `"bleu_tokenized"` and `"chrf"` in
        [0, 1]; `"ter"`, the number of edits per word, lower is better; and
        `"exact"`, the share of translations that equal the reference. Papers
        print them times 100.

    Raises:
        ValueError: If the two differ in length or are empty.
        ModuleNotFoundError: If `sacrebleu` or, with a language, `sacremoses`
            is not installed.

    References:
        - [Papineni et al., 2002](https://aclanthology.org/P02-1040), BLEU
        - [Popović, 2015](https://aclanthology.org/W15-3049), chrF
        - [Snover et al., 2006](https://aclanthology.org/2006.amta-papers.25),
          TER
        - [Post, 2018](https://arxiv.org/abs/1804.08771), sacreBLEU
    """
    check_lengths(candidates, [[text] for text in references])
    pairs = zip(candidates, references)
    scores = {
        name: metric.corpus_score(candidates, [references]).score / 100
        for name, metric in _metrics().items()
    }
    scores["exact"] = sum(a == b for a, b in pairs) / len(candidates)
    if language:
        scores["bleu_tokenized"] = _tokenized(candidates, references, language)
    return scores


def require_translation_packages(language=None):
    """Checks that the packages of `translation_scores` are installed.

    Args:
        language: As of `translation_scores`.

    Raises:
        ModuleNotFoundError: If one is not; the error says what to install.
    """
    _sacrebleu()
    if language:
        _moses(language)


def translation_signatures():
    """Describes how `translation_scores` are computed.

    Returns:
        Dict from the names of scores to signatures of sacreBLEU, such as
        `"nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.5.1"`.
    """
    signatures = {}
    for name, metric in _metrics().items():
        metric.corpus_score(["a"], [["a"]])  # Counts the references.
        signatures[name] = str(metric.get_signature())
    return signatures


def translation_statistics(candidates, references):
    """Computes the counts that BLEU of any selection of sentences follows from.

    Args:
        candidates: As of `translation_scores`.
        references: As of `translation_scores`.

    Returns:
        Integers of shape `(n, 10)`: the n-grams for n = 1..4 that a
        translation shares with its reference, the n-grams that it has, its
        length and that of the reference in words.

    Raises:
        ValueError: As of `translation_scores`.
    """
    check_lengths(candidates, [[text] for text in references])
    metric = _sacrebleu().metrics.BLEU(effective_order=True)
    rows = []
    for candidate, reference in zip(candidates, references):
        score = metric.sentence_score(candidate, [reference])
        lengths = score.sys_len, score.ref_len
        rows.append([*score.counts, *score.totals, *lengths])
    return np.array(rows, "int64")


def bleu_of_statistics(statistics):
    """Computes BLEU of sentences from their counts.

    Args:
        statistics: Rows of `translation_statistics`, each any number of times.

    Returns:
        float in [0, 1], a hundredth of that of `sacrebleu.corpus_bleu`.
    """
    counts = np.sum(statistics, axis=0).tolist()
    shared, total = counts[:_ORDER], counts[_ORDER : 2 * _ORDER]
    sizes = counts[2 * _ORDER :]
    metric = _sacrebleu().metrics.BLEU
    score = metric.compute_bleu(shared, total, *sizes, smooth_method="exp")
    return score.score / 100


def _metrics():
    metrics = _sacrebleu().metrics
    return {
        "bleu": metrics.BLEU(),
        "bleu_lowercase": metrics.BLEU(lowercase=True),
        "chrf": metrics.CHRF(),
        "ter": metrics.TER(),
    }


def _tokenized(candidates, references, language):
    """BLEU of texts in lower case, tokenized by Moses."""
    moses = _moses(language)
    candidates, references = (
        [moses.tokenize(x.lower(), return_str=True, escape=False) for x in part]
        for part in (candidates, references)
    )
    metric = _sacrebleu().metrics.BLEU(
        tokenize="none", smooth_method="none", force=True
    )
    return metric.corpus_score(candidates, [references]).score / 100


@functools.cache
def _moses(language):
    try:
        import sacremoses  # Late: only some scores need it.
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(_MISSING.format("sacremoses")) from error
    return sacremoses.MosesTokenizer(language)


def _sacrebleu():
    try:
        import sacrebleu  # Late: only translation needs it.
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(_MISSING.format("sacrebleu")) from error
    return sacrebleu


_MISSING = (
    "Scores of translations need the package {}: pip install "
    "'mmkeras[translate]'"
)
