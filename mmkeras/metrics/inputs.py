"""Checks of the arguments of corpus metrics."""


def check_corpus(candidates, references):
    """Checks that a corpus consists of token lists, each with references.

    Args:
        candidates: One token list per item.
        references: A list of token lists per item.

    Raises:
        ValueError: If the two differ in length, are empty, an item has no
            reference, or a sentence is a string rather than a token list.
    """
    check_lengths(candidates, references)
    for row, (candidate, sentences) in enumerate(zip(candidates, references)):
        _check_tokens(candidate, f"candidates[{row}]")
        for number, sentence in enumerate(sentences):
            _check_tokens(sentence, f"references[{row}][{number}]")


def check_lengths(candidates, references):
    """Checks that there is one non-empty list of references per candidate.

    Raises:
        ValueError: If not.
    """
    _check_list(candidates, "candidates")
    check_references(references)
    if len(candidates) != len(references):
        raise ValueError(
            "`candidates` and `references` must have the same length, with "
            f"one entry per item. Received: {len(candidates)} candidates and "
            f"{len(references)} lists of references."
        )


def check_references(references):
    """Checks that there are items, each with a non-empty list of references.

    Raises:
        ValueError: If not.
    """
    _check_list(references, "references")
    for row, sentences in enumerate(references):
        if isinstance(sentences, str):
            raise ValueError(
                f"`references[{row}]` must be a list of sentences, even if "
                f"there is only one. Received: {_shorten(sentences)}."
            )
        if len(sentences) == 0:
            raise ValueError(
                "Every item needs at least one reference. "
                f"Received: references[{row}]=[]."
            )


def check_sentences(candidates):
    """Checks that candidates are a non-empty list of token lists.

    Raises:
        ValueError: If not.
    """
    _check_list(candidates, "candidates")
    for row, candidate in enumerate(candidates):
        _check_tokens(candidate, f"candidates[{row}]")


def _check_list(value, name):
    if isinstance(value, str) or len(value) == 0:
        raise ValueError(
            f"`{name}` must be a list with one entry per item, and not empty. "
            f"Received: {name}={_shorten(value)}."
        )


def _check_tokens(tokens, where):
    if not isinstance(tokens, list | tuple):
        raise ValueError(
            f"`{where}` must be a list of tokens. "
            f"Received: {_shorten(tokens)}. "
            "Split sentences with `mmkeras.metrics.tokenize`."
        )


def _shorten(value, limit=60):
    text = repr(value)
    return text if len(text) <= limit else text[:limit] + "..."
