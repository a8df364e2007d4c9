"""METEOR: words aligned exactly, then by stem."""

import functools

from mmkeras.metrics.check import check

ALPHA = 0.9  # Of precision against recall.
BETA = 3.0  # How steeply the penalty grows with fragmentation.
GAMMA = 0.5  # Largest penalty.


def meteor(candidates, references, stem=True):
    """Mean METEOR over a corpus, with the modules exact and stem.

        F = P R / (a P + (1 - a) R),  a = 0.9
        score = F (1 - 0.5 (chunks / matches) ** 3)

    the best over the references. Words align one to one, exactly before by
    stem; among alignments, the next in order is preferred, which keeps the
    chunks few.

    Departure from METEOR 1.5 (Java): the parameters are those of the first
    METEOR; no synonyms, no paraphrases, no discount for function words. The
    figures of the two do not compare.

    Args:
        candidates: List of lists of tokens.
        references: For each candidate, a list of lists of tokens.
        stem: bool. Whether to align words by their Snowball stem too.

    Returns:
        float in [0, 1].

    Raises:
        ValueError: If a candidate has no references or is not a list.

    Reference:
        [Banerjee and Lavie, 2005](https://aclanthology.org/W05-0909)
    """
    check(candidates, references)
    scores = [
        max(_score(candidate, tokens, stem) for tokens in several)
        for candidate, several in zip(candidates, references)
    ]
    return sum(scores) / len(scores)


def _score(candidate, reference, stem):
    pairs = _align(candidate, reference, stem)
    if not pairs:
        return 0.0
    precision = len(pairs) / len(candidate)
    recall = len(pairs) / len(reference)
    mean = precision * recall / (ALPHA * precision + (1 - ALPHA) * recall)
    chunks = 1 + sum(
        (i + 1, j + 1) != after for (i, j), after in zip(pairs, pairs[1:])
    )
    return mean * (1 - GAMMA * (chunks / len(pairs)) ** BETA)


def _align(candidate, reference, stem):
    """Pairs of aligned places, in the order of the candidate."""
    pairs = {}
    stages = [lambda token: token] + ([_stem] if stem else [])
    for form in stages:
        left = [form(token) for token in candidate]
        right = [form(token) for token in reference]
        for i, token in enumerate(left):
            if i in pairs:
                continue
            taken = set(pairs.values())
            free = [
                j
                for j, other in enumerate(right)
                if other == token and j not in taken
            ]
            if free:
                pairs[i] = _nearest(free, pairs.get(i - 1), i)
    return sorted(pairs.items())


def _nearest(free, before, place):
    """Prefers the place that goes on the chunk, else the closest one."""
    if before is not None and before + 1 in free:
        return before + 1
    return min(free, key=lambda j: abs(j - place))


@functools.cache
def _stem(token):
    return _stemmer().stemWord(token)


@functools.cache
def _stemmer():
    import snowballstemmer  # Late: only this metric needs it.

    return snowballstemmer.stemmer("english")
