"""Finds a fusion by its name."""

import difflib
import inspect

import keras

import mmkeras.fusion


def get(fusion, **settings):
    """Returns a fusion layer.

    Args:
        fusion: A layer, which is returned as it is, or the name of one in
            kebab case: `"gated"` is `mmkeras.fusion.Gated`.
        **settings: What the layer is made with; those that it does not take
            are left out, so that a builder may offer its `dim` to all.

    Returns:
        A `keras.layers.Layer`.

    Raises:
        ValueError: If no fusion has the name; the error suggests one.

    Example:

    >>> fuse = fusion.get("gated", dim=64)
    """
    if isinstance(fusion, keras.layers.Layer):
        return fusion
    known = names()
    if fusion not in known:
        close = difflib.get_close_matches(str(fusion), known, n=1)
        hint = f"Did you mean {close[0]!r}? " if close else ""
        raise ValueError(
            f"Unknown fusion {fusion!r}. {hint}Expected one of "
            f"{', '.join(known)}; or a layer."
        )
    taken = {"name", *inspect.signature(known[fusion]).parameters}
    return known[fusion](**{k: v for k, v in settings.items() if k in taken})


def names():
    """Dict of the name of every fusion to its class, in order."""
    classes = {
        _to_name(cls): cls
        for cls in vars(mmkeras.fusion).values()
        if isinstance(cls, type)
    }
    return dict(sorted(classes.items()))


def _to_name(cls):
    """Returns the name of a fusion: of `low_rank.LowRank`, `"low-rank"`."""
    return cls.__module__.rpartition(".")[2].replace("_", "-")
