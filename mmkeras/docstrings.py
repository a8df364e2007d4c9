"""Reads summaries, arguments and attributes from docstrings."""

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
        Dict from names to their descriptions, each in one line.
    """
    docs, name, in_section = {}, None, False
    for line in (inspect.getdoc(thing) or "").splitlines():
        indent = len(line) - len(line.lstrip())
        if not indent:
            if line:
                in_section = line in ("Args:", "Attributes:")
        elif in_section and indent == 4:
            name, _, doc = line.strip().partition(": ")
            docs[name] = doc
        elif in_section and name:
            docs[name] += f" {line.strip()}"
    return docs
