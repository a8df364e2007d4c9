"""Returns a fusion by its name."""

import difflib
import inspect

import keras

import mmkeras.fusion


def get(fusion, **settings):
    """Returns a fusion layer.

    Args:
        fusion: A layer, which is returned as it is, or the name of one in
            kebab case: `"gated"` is `mmkeras.fusion.Gated`.
        **settings: Arguments of the layer; those that it does not take are
            ignored, so that a builder can pass its `dim` to any fusion.

    Returns:
        A `keras.layers.Layer`.

    Raises:
        ValueError: If no fusion has the name; the error suggests one.

    Example:

    >>> fuse = fusion.get("gated", dim=64)
    """
    if isinstance(fusion, keras.layers.Layer):
        return fusion
    classes = names()
    if fusion not in classes:
        close = difflib.get_close_matches(str(fusion), classes, n=1)
        hint = f"Did you mean {close[0]!r}? " if close else ""
        raise ValueError(
            f"Unknown fusion {fusion!r}. {hint}Expected one of "
            f"{', '.join(classes)}; or a layer."
        )
    parameters = {"name", *inspect.signature(classes[fusion]).parameters}
    return classes[fusion](
        **{k: v for k, v in settings.items() if k in parameters}
    )


def names():
    """Dict from the name of each fusion to its class, sorted."""
    classes = {
        _to_name(cls): cls
        for cls in vars(mmkeras.fusion).values()
        if isinstance(cls, type)
    }
    return dict(sorted(classes.items()))


def _to_name(cls):
    """Returns the name of a fusion, e.g. `"low-rank"` for `LowRank`."""
    return cls.__module__.rpartition(".")[2].replace("_", "-")
