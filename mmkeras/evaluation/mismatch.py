"""Mismatched inputs: does a model use all of its inputs?"""

import numpy as np


def mismatched(score, fields, count, labels=None, repeats=5, seed=0):
    """Measures the drop of scores when one modality is permuted.

    Permuted among all examples, a modality no longer predicts the label.
    Permuted among those with the same label, it still does, and only its
    interaction with the other modalities is lost.

    Args:
        score: Function of a dict from fields to permutations of the examples
            to a number, or to an array of numbers; higher is better. The
            value of a field is taken from the example in the permutation.
        fields: Names of the modalities.
        count: int. Number of examples.
        labels: Array of `count` labels, or of rows of them, to permute
            within; `None` to permute among all examples only.
        repeats: int. Number of permutations to average over.
        seed: int.

    Returns:
        Dict of the drop, by `mismatch_<field>` and, with labels,
        `mismatch_within_<field>`.
    """
    keys = {"mismatch": np.zeros(count, int)}
    if labels is not None:
        _, numbers = np.unique(labels, axis=0, return_inverse=True)
        keys["mismatch_within"] = numbers.reshape(-1)
    matched, drops = score({}), {}
    for kind, numbers in keys.items():
        for field in fields:
            rng = np.random.default_rng(seed)
            scores = [
                score({field: _cycle(numbers, rng)}) for _ in range(repeats)
            ]
            drops[f"{kind}_{field}"] = matched - np.mean(scores, axis=0)
    return drops


def shuffle_gap(examples, seed=0):
    """Loss with permuted inputs, minus the loss without.

        gap = L(captions of i | image of s(i)) - L(captions of i | i)

    with L the mean cross-entropy per token and s one random cycle through all
    images, so that none keeps its own.

    Args:
        examples: A `mmkeras.training.examples.Examples` of a task that
            generates text, with at least two images, or other inputs.
        seed: int. Seed of the cycle.

    Returns:
        float, nats per token. At 0 the model does not use its inputs.

    Raises:
        ValueError: If there are fewer than two images.
    """
    units = examples.task.units(examples.rows)
    _, first = np.unique(units, return_index=True)
    if len(first) < 2:
        raise ValueError(
            f"Expected at least 2 images to permute. Received: {len(first)}"
        )
    rng = np.random.default_rng(seed)
    others = np.argsort(_cycle(np.zeros(len(first), int), rng))
    permutations = dict.fromkeys(examples.fields, first[others[units]])
    return examples.loss(permutations=permutations) - examples.loss()


def _cycle(keys, rng):
    """Draws a permutation that is one cycle through the places of each key."""
    others = np.arange(len(keys))
    for key in np.unique(keys):
        members = rng.permutation(np.flatnonzero(keys == key))
        others[members] = np.roll(members, 1)
    return others
