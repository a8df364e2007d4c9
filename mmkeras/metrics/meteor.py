"""METEOR: alignment of words, with a penalty for fragmentation."""

import functools
import heapq
from collections import Counter

import snowballstemmer

from mmkeras.metrics.inputs import check_corpus

# METEOR 1.5, English, ranking task.
ALPHA, BETA, GAMMA, DELTA = 0.85, 0.2, 0.6, 0.75
STEM_WEIGHT = 0.6
BEAM = 100

FUNCTION_WORDS = frozenset(
    """
    a about after all also am an and any are as at be because been before being
    but by can could did do does down for from had has have he her here him his
    how i if in into is it its just may me might more most must my n't no not
    of off on one only or other our out over 's shall she should so some such
    than that the their them then there these they this those through to under
    until up us was we were what when where which while who will with would you
    your
    """.split()
)

# The parts of an alignment's cost, in order of importance.
_MATCH, _EXACT, _CHUNK = 1 << 60, 1 << 40, 1 << 20


def meteor(candidates, references, stem=True):
    """Computes METEOR of a corpus, with exact and stem matches.

    Words of a candidate and a reference are aligned one to one: as many as
    possible, then as many as possible exactly, then in as few chunks (runs of
    neighbours in both) as possible, then over the shortest distance. With
    `w` = 1 for an exact match and 0.6 for one of stems, and content words
    weighing 0.75 to a function word's 0.25,

    `P = matched weight / candidate's weight`, `R` likewise,
    `F = P R / (0.85 P + 0.15 R)`,
    `score = F * (1 - 0.6 (chunks / matches)^0.2)`,

    where identical sentences are not penalised. Each item counts with the
    reference that scores best; the counts are then summed over the corpus.

    These are the formula, parameters and aggregation of METEOR 1.5 for English
    ("rank"), which captioning papers report through pycocoevalcap, rather than
    those of Banerjee and Lavie, 2005. It differs from the Java program by:

    - no synonym (WordNet) and no paraphrase matches, so scores come out lower
      and are not to be compared with published ones;
    - function words are a short closed-class list, not words counted in news;
    - the alignment is exact up to a beam of 100 over partial alignments (Java
      keeps 40 and may drop a stem match to save a chunk);
    - tokens are scored as given, without METEOR's own normaliser.

    Args:
        candidates: One token list per item, lower-case.
        references: A list of token lists per item.
        stem: Whether words with the same stem (Snowball's English stemmer, or
            Porter 2) match.

    Returns:
        A float in [0, 1].

    Raises:
        ValueError: If the corpus is not as described, see
            `mmkeras.metrics.inputs.check_corpus`.

    Reference: Denkowski and Lavie, 2014,
        https://aclanthology.org/W14-3348; Banerjee and Lavie, 2005,
        https://aclanthology.org/W05-0909.
    """
    check_corpus(candidates, references)
    reduce = _stem if stem else str
    best = [
        max(
            (_count(candidate, sentence, reduce) for sentence in item),
            key=_score,
        )
        for candidate, item in zip(candidates, references)
    ]
    return _score([sum(column) for column in zip(*best)])


def align(candidate, reference, reduce=str):
    """Aligns the words of two sentences, see `meteor`.

    Args:
        candidate: A token list.
        reference: A token list.
        reduce: Maps a token to what must be equal for a match.

    Returns:
        A list of pairs (place in candidate, place in reference), in the order
        of the candidate.
    """
    ours, theirs = list(map(reduce, candidate)), list(map(reduce, reference))
    places = {}
    for place, key in enumerate(theirs):
        places.setdefault(key, []).append(place)
    counts = Counter(ours)
    # A state is (used places as bits, place of the previous word's match).
    states = {(0, -2): (0, None)}
    for i, key in enumerate(ours):
        options = places.get(key, ())
        spare = counts[key] > len(options)
        following = {}
        for (used, last), (cost, path) in states.items():
            if spare:
                _keep(following, (used, -2), cost, path)
            for j in options:
                if used >> j & 1:
                    continue
                price = abs(i - j) - _MATCH
                price -= _EXACT * (candidate[i] == reference[j])
                price += _CHUNK * (j != last + 1)
                state = (used | 1 << j, j)
                _keep(following, state, cost + price, (i, j, path))
        states = _prune(following)
    path = min(states.values(), key=lambda value: value[0])[1]
    pairs = []
    while path:
        *pair, path = path
        pairs.append(tuple(pair))
    return pairs[::-1]


def _keep(states, state, cost, path):
    if state not in states or cost < states[state][0]:
        states[state] = (cost, path)


def _prune(states):
    if len(states) <= BEAM:
        return states
    items = states.items()
    return dict(heapq.nsmallest(BEAM, items, key=lambda item: item[1][0]))


def _count(candidate, reference, reduce):
    """Counts what the score is computed from; a corpus sums the counts."""
    pairs = align(candidate, reference, reduce)
    ours = theirs = chunks = 0
    last = None
    for i, j in pairs:
        exact = candidate[i] == reference[j]
        weight = 1 if exact else STEM_WEIGHT
        ours += weight * _weigh(candidate[i])
        theirs += weight * _weigh(reference[j])
        chunks += last != (i - 1, j - 1)
        last = i, j
    whole = len(pairs) == len(candidate) == len(reference)
    return (
        ours,
        theirs,
        sum(map(_weigh, candidate)),
        sum(map(_weigh, reference)),
        len(pairs),
        0 if whole and chunks == 1 else chunks,
    )


def _score(counts):
    ours, theirs, candidate, reference, matches, chunks = counts
    if not matches:
        return 0.0
    precision, recall = ours / candidate, theirs / reference
    mean = 1 / ((1 - ALPHA) / precision + ALPHA / recall)
    return mean * (1 - GAMMA * (chunks / matches) ** BETA)


def _weigh(token):
    return 1 - DELTA if token in FUNCTION_WORDS else DELTA


@functools.cache
def _stemmer():
    return snowballstemmer.stemmer("english")


@functools.lru_cache(maxsize=100_000)
def _stem(token):
    return _stemmer().stemWord(token)
