"""Words that are hidden from sources, so that only an image tells them."""

COLOURS = (
    *("black", "white", "red", "blue", "green", "yellow", "brown", "gray"),
    *("grey", "orange", "pink", "purple", "tan", "blond", "blonde", "brunette"),
    *("golden", "gold", "silver", "beige", "maroon", "turquoise", "teal"),
    *("khaki", "violet", "navy", "bronze", "cream", "peach", "lavender"),
    *("burgundy", "scarlet", "crimson", "aqua", "magenta"),
)
PERSONS = (
    *("man", "men", "woman", "women", "boy", "boys", "girl", "girls"),
    *("person", "people", "child", "children", "kid", "kids", "lady"),
    *("ladies", "guy", "guys", "gentleman", "gentlemen", "male", "males"),
    *("female", "females", "baby", "babies", "toddler", "toddlers", "teen"),
    *("teens", "teenager", "teenagers", "adult", "adults", "youth", "youths"),
)
_WORDS = {"colours": COLOURS, "persons": PERSONS}
NAMES = tuple(_WORDS)


def get(name, language=None):
    """Lists the words of a kind, in lower case, in English.

    Args:
        name: One of `NAMES`, several joined by `+`; or `None` for no words.
        language: Code of the language of the sources, `None` if unknown.

    Returns:
        Tuple of words.

    Raises:
        ValueError: If there is no such kind, or the language is not English.

    Reference:
        [Caglayan et al., 2019](https://arxiv.org/abs/1903.08678)
    """
    names = name.split("+") if name else []
    if not set(names) <= set(NAMES):
        raise ValueError(
            f"`data.mask_words` must be {' or '.join(NAMES)}, or both joined "
            f"by +. Received: data.mask_words={name}"
        )
    if names and language not in (None, "en"):
        raise ValueError(
            "`data.mask_words` has words of English. Received: "
            f"data.mask_words={name}, task.source={language}"
        )
    return tuple(word for name in names for word in _WORDS[name])
