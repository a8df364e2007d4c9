"""Checks the types of the values of a configuration."""

import types
import typing

_NAMES = {
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "text",
    tuple: "names separated by commas",
    dict: "an object",
    object: "any value",
}


def describe(expected):
    """Describes the values of a type.

    Args:
        expected: A type, a `Literal`, or a union of these and `None`.
    """
    parts = _parts(expected)
    words = [_describe_one(part) for part in parts if part is not type(None)]
    if type(None) in parts:
        words.append("null")
    return " or ".join(words)


def convert(value, expected):
    """Converts a value to a type.

    Integers become floats, and lists of names and names separated by commas
    become tuples, where the type asks for it.

    Args:
        value: Any value.
        expected: As of `describe`.

    Returns:
        The value.

    Raises:
        TypeError: If the value is not of the type.
    """
    for part in _parts(expected):
        try:
            return _convert_to(value, part)
        except TypeError:
            continue
    raise TypeError(f"expected {describe(expected)}")


def of(default):
    """The type of an argument without annotation: that of its default."""
    return object if default is None else type(default)


def _parts(expected):
    union = typing.get_origin(expected) in (typing.Union, types.UnionType)
    return typing.get_args(expected) if union else (expected,)


def _describe_one(part):
    if typing.get_origin(part) is typing.Literal:
        return f"one of {', '.join(map(str, typing.get_args(part)))}"
    return _NAMES.get(part, part.__name__)


def _convert_to(value, part):
    if part is object:
        return value
    if typing.get_origin(part) is typing.Literal:
        return _require(value, value in typing.get_args(part))
    if part is type(None):
        return _require(value, value is None)
    if part is tuple:
        return _names(value)
    is_bool = isinstance(value, bool)
    if part is float:
        number = isinstance(value, (int, float)) and not is_bool
        return float(_require(value, number))
    if part is int:
        return _require(value, isinstance(value, int) and not is_bool)
    return _require(value, isinstance(value, part))


def _names(value):
    if isinstance(value, str):
        value = [name.strip() for name in value.split(",") if name.strip()]
    is_list = isinstance(value, (list, tuple))
    names = is_list and all(isinstance(name, str) for name in value)
    return tuple(_require(value, names))


def _require(value, is_valid):
    if not is_valid:
        raise TypeError
    return value
