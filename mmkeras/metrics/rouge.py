"""ROUGE-L: the longest common subsequence of two sentences."""

from mmkeras.metrics.inputs import check_corpus

BETA = 1.2


def rouge_l(candidates, references):
    """Computes ROUGE-L, averaged over items.

    `F = (1 + b^2) P R / (R + b^2 P)` with `b` = 1.2, where `P` and `R` are the
    length of the longest common subsequence over the candidate's and over the
    reference's length, each the best over the references.

    Equal to pycocoevalcap's `Rouge`, for which an empty sentence is one empty
    token: it matches another empty sentence and nothing else.

    Args:
        candidates: One token list per item.
        references: A list of token lists per item.

    Returns:
        A float in [0, 1].

    Raises:
        ValueError: If the corpus is not as described, see
            `mmkeras.metrics.inputs.check_corpus`.

    Departure from the paper: precision and recall may come from different
    references, as in pycocoevalcap.

    Reference: Lin, 2004, https://aclanthology.org/W04-1013.
    """
    check_corpus(candidates, references)
    return sum(map(_score, candidates, references)) / len(candidates)


def _score(candidate, sentences):
    candidate = candidate or [""]
    sentences = [sentence or [""] for sentence in sentences]
    common = [common_length(candidate, sentence) for sentence in sentences]
    if not any(common):
        return 0.0
    precision = max(common) / len(candidate)
    recall = max(map(lambda n, words: n / len(words), common, sentences))
    return (1 + BETA**2) * precision * recall / (recall + BETA**2 * precision)


def common_length(first, second):
    """Measures the longest common subsequence of two token lists.

    One bit stands for one token of `first`; a cleared bit is a step of the
    subsequence, so a row of the dynamic programme is a few integer operations.

    Returns:
        An int, at most the shorter length.

    Reference: Hyyro, 2004, "Bit-parallel LCS-length computation revisited".
    """
    places = {}
    for bit, token in enumerate(first):
        places[token] = places.get(token, 0) | 1 << bit
    full = (1 << len(first)) - 1
    row = full
    for token in second:
        hits = row & places.get(token, 0)
        row = (row + hits | row - hits) & full
    return len(first) - row.bit_count()
