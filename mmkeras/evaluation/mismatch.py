"""Mismatched pairs: does a judge use what it is given?"""

import numpy as np


def mismatched(score, fields, count, labels=None, repeats=5, seed=0):
    """Scores a judge whose examples have another's value of one modality.

    Exchanged among all examples, what a modality tells of the label is lost;
    exchanged among those of one label, that is kept, and what it says only
    together with the others is lost.

    Args:
        score: Function of a dict from fields to permutations of the examples,
            whose value each is given instead of its own, to a number; higher
            is better.
        fields: Names of the modalities.
        count: int. How many examples there are.
        labels: Array of `count` labels, or of rows of them, to exchange
            within; `None` not to.
        repeats: int. Permutations to average over.
        seed: int.

    Returns:
        Dict of the score lost, by `mismatch_<field>` and, with labels,
        `mismatch_within_<field>`.
    """
    keys = {"mismatch": np.zeros(count, int)}
    if labels is not None:
        _, numbers = np.unique(labels, axis=0, return_inverse=True)
        keys["mismatch_within"] = numbers.reshape(-1)
    whole, lost = score({}), {}
    for kind, numbers in keys.items():
        for field in fields:
            rng = np.random.default_rng(seed)
            scores = [
                score({field: _exchanged(numbers, rng)}) for _ in range(repeats)
            ]
            lost[f"{kind}_{field}"] = float(whole - np.mean(scores))
    return lost


def _exchanged(keys, rng):
    """A permutation that goes round among those of one key."""
    others = np.arange(len(keys))
    for key in np.unique(keys):
        members = rng.permutation(np.flatnonzero(keys == key))
        others[members] = np.roll(members, 1)
    return others
