"""Consistency: are all questions of a group answered correctly?"""

import numpy as np


def consistency(right, groups):
    """Computes the share of groups with no wrong answer.

    If a group is a sentence, and its members are the images of which it is
    true or false, this is the consistency of NLVR.

    Args:
        right: Booleans of shape `(n,)`.
        groups: Sequence of n group names or numbers, one per answer.

    Returns:
        float in [0, 1].

    Reference:
        [Suhr et al., 2017](https://aclanthology.org/P17-2034), whose second
        version, NLVR2, reports it
    """
    _, places = np.unique(np.asarray(groups), return_inverse=True)
    wrong = np.bincount(places.reshape(-1), ~np.asarray(right, bool))
    return float(np.mean(wrong == 0))
