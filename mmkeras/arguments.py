"""Checks the arguments of builders before Keras meets them."""

import numbers

_LEAST = {"vocabulary_size": 5}  # Four ids are reserved.
_RANKS = {"features_shape": (1, 2), "image_shape": (3,)}


def check(name, defaults, given):
    """Checks what is given to a builder against its defaults.

    Args:
        name: Name of the architecture, for errors.
        defaults: Dict from the builder's keywords to their defaults.
        given: Dict of the keywords that were given.

    Raises:
        ValueError: If a size is not a positive integer, a shape not a tuple of
            as many as the default has, or a rate not in [0, 1).
    """
    for keyword, value in given.items():
        expected = _expected(keyword, defaults[keyword], value)
        if expected:
            raise ValueError(
                f"{name!r} expects `{keyword}` to be {expected}. Received: "
                f"{keyword}={value!r}"
            )


def _expected(keyword, default, value):
    """Says what a keyword's value should be, unless it is that."""
    if keyword.endswith("_shape"):
        return _expected_shape(keyword, default, value)
    if isinstance(default, int):
        least = _LEAST.get(keyword, 1)
        if not _is_integer(value) or value < least:
            return f"an integer of at least {least}"
    if isinstance(default, float) and not _is_rate(value):
        return "a number in [0, 1)"
    if keyword in ("image", "audio", "text", "question", "features"):
        if value is not None and not callable(value):
            return "a branch, as of `mmkeras.branches`, or None"
    return ""


def _expected_shape(keyword, default, value):
    ranks = _RANKS.get(keyword, default and (len(default),))
    if default is None and value is None:
        return ""
    fits = (
        isinstance(value, (tuple, list))
        and value
        and all(_is_integer(size) and size >= 1 for size in value)
    )
    if fits and (ranks is None or len(value) in ranks):
        return ""
    sizes = " or ".join(map(str, ranks or ())) or "some"
    return f"a tuple of {sizes} positive integers" + (
        f", e.g. {default}" if default else ""
    )


def _is_integer(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _is_rate(value):
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return is_number and 0 <= value < 1
