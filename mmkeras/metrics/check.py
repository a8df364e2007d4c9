"""What all metrics refuse."""


def check(candidates, references):
    """Raises `ValueError` unless every candidate has references of tokens."""
    if not candidates or len(candidates) != len(references):
        raise ValueError(
            "Expected at least one candidate, and references for each. "
            f"Received: {len(candidates)} candidates, references for "
            f"{len(references)}"
        )
    for row, (candidate, several) in enumerate(zip(candidates, references)):
        if not several:
            raise ValueError(f"Candidate {row} has no references.")
        if any(isinstance(tokens, str) for tokens in [candidate, *several]):
            raise ValueError(
                f"Row {row} holds a sentence, not a list of tokens: see "
                "`mmkeras.metrics.tokenize`."
            )


def ngrams(tokens, order):
    """Lists the n-grams of one order, as tuples."""
    return [
        tuple(tokens[i : i + order]) for i in range(len(tokens) - order + 1)
    ]
