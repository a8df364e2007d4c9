"""Whether all questions that belong together are answered right."""

import numpy as np


def consistency(right, groups):
    """Share of groups of which every answer is right.

    Where a group is a sentence, and its members the images that it is true
    or false of, this is the consistency of NLVR.

    Args:
        right: Booleans of shape `(n,)`.
        groups: Sequence of n, what each belongs to.

    Returns:
        float in [0, 1].

    Reference:
        [Suhr et al., 2017](https://aclanthology.org/P17-2034), whose second
        version, NLVR2, reports it
    """
    _, places = np.unique(np.asarray(groups), return_inverse=True)
    wrong = np.bincount(places.reshape(-1), ~np.asarray(right, bool))
    return float(np.mean(wrong == 0))
