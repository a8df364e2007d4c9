"""Reads what docstrings say about arguments and attributes."""

import inspect


def summary(thing):
    """Returns a docstring up to its first section, `Args:` or `Attributes:`.

    Args:
        thing: A function or class.
    """
    text = inspect.getdoc(thing) or ""
    for title in ("Args:", "Attributes:"):
        text = text.partition(f"\n{title}\n")[0]
    return text.strip()


def parameters(thing):
    """Reads the sections `Args:` and `Attributes:` of a docstring.

    Args:
        thing: A function or class.

    Returns:
        Dict from names to what the docstring says about them, in one line.
    """
    found, name, inside = {}, None, False
    for line in (inspect.getdoc(thing) or "").splitlines():
        indent = len(line) - len(line.lstrip())
        if not indent:
            if line:
                inside = line in ("Args:", "Attributes:")
        elif inside and indent == 4:
            name, _, doc = line.strip().partition(": ")
            found[name] = doc
        elif inside and name:
            found[name] += f" {line.strip()}"
    return found
