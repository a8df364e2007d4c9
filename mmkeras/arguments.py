"""Checks the arguments of builders and layers before Keras does."""

import numbers

_MINIMUM = {"vocabulary_size": 5}
_RANKS = {"features_shape": (1, 2), "image_shape": (3,), "tabular_shape": (1,)}
_BRANCHES = ("image", "audio", "text", "question", "features")
_REMEDIES = {
    "num_classes": "Pass the number of classes, or 1 to predict a number.",
    "vocabulary_size": "Ids 0 to 3 are reserved for padding, start, end and "
    "unknown words; count them too.",
    "image_shape": "Pass (height, width, channels), e.g. (64, 64, 3) for "
    "color images.",
    "features_shape": "Pass (size,) for vectors, (length, size) for sequences.",
    "tabular_shape": "Pass (size,), the shape of a `codecs.Tabular`.",
}


def check(name, defaults, values):
    """Checks arguments of a builder against their defaults.

    Args:
        name: Name of the architecture, for errors.
        defaults: Dict from the builder's keywords to their defaults.
        values: Dict from keywords to their values in the call.

    Raises:
        ValueError: If a size is not a positive integer, a shape is not a tuple
            of the default's length, a rate is not in [0, 1), a switch is not a
            bool, a branch is not a model, or `heads` does not divide `dim`.
    """
    for keyword, value in values.items():
        expected = _expected(keyword, defaults[keyword], value)
        if expected:
            raise ValueError(
                f"{name!r} expects `{keyword}` to be {expected}. Received: "
                f"{keyword}={value!r}. {_remedy(keyword, defaults[keyword])}"
            )
    if "dim" in defaults and "heads" in defaults:
        check_heads(**{k: {**defaults, **values}[k] for k in ("dim", "heads")})


def check_heads(dim, heads):
    """Checks that attention heads divide the size of the features.

    Args:
        dim: int.
        heads: int.

    Raises:
        ValueError: If they do not.
    """
    if dim % heads:
        raise ValueError(
            f"`heads` must divide `dim`. Received: dim={dim}, heads={heads}. "
            f"Choose a `dim` that is a multiple of {heads}, e.g. "
            f"{_next_multiple(dim, heads)}, or another number of heads."
        )


def check_even(dim):
    """Checks that the features can be halved for two directions.

    Args:
        dim: int.

    Raises:
        ValueError: If `dim` is odd.
    """
    if dim % 2:
        raise ValueError(
            "`dim` must be even: half of it comes from each direction. "
            f"Received: dim={dim}. Choose e.g. {dim + 1}."
        )


def check_multiple(name, value, divisor):
    """Checks that a size is a multiple of a divisor.

    Args:
        name: Name of the argument, for the error.
        value: int.
        divisor: int.

    Raises:
        ValueError: If `divisor` does not divide `value`.
    """
    if value % divisor:
        raise ValueError(
            f"`{name}` must be a multiple of {divisor}. Received: "
            f"{name}={value}. Choose e.g. {_next_multiple(value, divisor)}."
        )


def check_minimum(name, value, minimum):
    """Checks that a size is large enough.

    Args:
        name: Name of the argument, for the error.
        value: int.
        minimum: int.

    Raises:
        ValueError: If `value` is smaller than `minimum`.
    """
    if value < minimum:
        raise ValueError(
            f"`{name}` must be at least {minimum}. Received: {name}={value}. "
            "Choose a larger one."
        )


def check_patch(patch, shape):
    """Checks that square patches cover an image.

    Args:
        patch: int. Side of a patch, in pixels.
        shape: Tuple `(height, width, channels)` of the image.

    Raises:
        ValueError: If `patch` does not divide height and width.
    """
    if shape[0] % patch or shape[1] % patch:
        raise ValueError(
            "`patch` must divide the height and the width of an image. "
            f"Received: patch={patch}, image shape {tuple(shape)}. Choose "
            "another `patch`, or resize the images, e.g. to "
            f"{tuple(_next_multiple(x, patch) for x in shape[:2])}."
        )


def check_steps(**shapes):
    """Checks that sequences of features have the same length.

    Args:
        **shapes: Tuples `(length, size)` by name of the argument.

    Raises:
        ValueError: If a shape is not such a tuple, or the lengths differ.
    """
    pairs = all(len(shape) == 2 for shape in shapes.values())
    if not pairs or len({length for length, _ in shapes.values()}) > 1:
        received = ", ".join(f"{k}={v}" for k, v in shapes.items())
        names = " and ".join(f"`{name}`" for name in shapes)
        raise ValueError(
            f"{names} must be (length, size) with the same length. Received: "
            f"{received}. Pad shorter sequences with zeros."
        )


def check_joined(name, value, choices):
    """Checks names that are joined by `+`.

    Args:
        name: Name of the argument, for the error.
        value: str, such as `"start+words"`; or `None` for no name.
        choices: Names that there are.

    Returns:
        List of the names, in the order of `choices`.

    Raises:
        ValueError: If there is no such name.
    """
    names = value.split("+") if value else []
    if not set(names) <= {*choices}:
        raise ValueError(
            f"`{name}` must be one of {', '.join(choices)}, or several joined "
            f"by +. Received: {name}={value!r}"
        )
    return [choice for choice in choices if choice in names]


def pair(value):
    """Returns a pair as it is, and two of a single value."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def check_vectors(vectors, vocabulary_size):
    """Checks that there is one word vector per token id.

    Args:
        vectors: Array, or `None` for random vectors.
        vocabulary_size: int.

    Raises:
        ValueError: If `vectors` is not of shape `(vocabulary_size, size)`.
    """
    if vectors is None:
        return
    shape = getattr(vectors, "shape", None)
    if shape is None or len(shape) != 2 or shape[0] != vocabulary_size:
        received = repr(vectors) if shape is None else f"shape {shape}"
        raise ValueError(
            "`vectors` must be an array with one row per token id. Received: "
            f"{received} for vocabulary_size={vocabulary_size}. "
            "`mmkeras.word_vectors.embedding_matrix` makes such an array."
        )


def _expected(keyword, default, value):
    """Returns a description of valid values, or "" if the value is valid."""
    if keyword.endswith("_shape"):
        return _expected_shape(keyword, default, value)
    if value is None and default is None:
        return ""
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else "true or false"
    if isinstance(default, int) or keyword in _MINIMUM:
        return _expected_sizes(keyword, default, value)
    if isinstance(default, float) and not _is_rate(value):
        return "a number in [0, 1)"
    if keyword in _BRANCHES and value is not None:
        if not hasattr(value, "input_shape"):
            return "a branch, as of `mmkeras.branches`, or None"
    return ""


def _expected_sizes(keyword, default, value):
    """The same for an integer, or, if the default is one, a pair of them."""
    minimum = _MINIMUM.get(keyword, 1)
    takes_pair = isinstance(default, tuple)
    is_pair = isinstance(value, (tuple, list)) and len(value) == 2
    sizes = value if takes_pair and is_pair else [value]
    if all(_is_integer(size) and size >= minimum for size in sizes):
        return ""
    expected = f"an integer of at least {minimum}"
    return f"{expected}, or a pair of such integers" * takes_pair or expected


def _is_size(size, default):
    """Whether a side of a shape is valid; `None` for any, as by default."""
    if size is None:
        return None in (default or ())
    return _is_integer(size) and size >= 1


def _expected_shape(keyword, default, value):
    ranks = _RANKS.get(keyword, default and (len(default),))
    if default is None and value is None:
        return ""
    fits = (
        isinstance(value, (tuple, list))
        and value
        and all(_is_size(size, default) for size in value)
    )
    if fits and (ranks is None or len(value) in ranks):
        return ""
    sizes = " or ".join(map(str, ranks or ())) or "some"
    return f"a tuple of {sizes} positive integers"


def _remedy(keyword, default):
    if keyword in _BRANCHES:
        return "Build one with a function of `mmkeras.branches`."
    return _REMEDIES.get(keyword, f"The default is {default!r}.")


def _is_integer(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _is_rate(value):
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return is_number and 0 <= value < 1


def _next_multiple(value, divisor):
    return -(-value // divisor) * divisor
