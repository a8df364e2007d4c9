"""Splits sentences as the Penn Treebank does, for scoring."""

import re

_CONTRACTION = re.compile(r"(?<=\w)('s|'re|'ve|'d|'m|'ll|n't)\b")
_TOKEN = re.compile(r"n't|'(?:s|re|ve|d|m|ll)\b|\w+(?:[-'./,:]\w+)*")


def tokenize(sentence):
    """Lower-cases a sentence, splits it and drops its punctuation.

    As in the evaluation of COCO captions: "A dog's ball." becomes
    `["a", "dog", "'s", "ball"]`, "don't" becomes `["do", "n't"]`, and
    hyphenated words stay whole.

    Departure from the Java tokenizer: abbreviations lose their last dot
    ("u.s." becomes "u.s"), and "gonna", "cannot" and their like stay whole.

    Args:
        sentence: A string.

    Returns:
        List of tokens.

    Raises:
        ValueError: If the sentence is not a string.
    """
    if not isinstance(sentence, str):
        raise ValueError(f"Expected a sentence. Received: {sentence!r}")
    text = sentence.lower().replace("\u2019", "'")
    return _TOKEN.findall(_CONTRACTION.sub(r" \1", text))
