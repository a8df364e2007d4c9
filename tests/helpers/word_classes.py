"""A corpus in which words of one class have the same neighbours, no others."""

import random

CLASSES = {
    "animal": ("dog cat horse cow", "the", "eats sleeps runs barks"),
    "colour": ("red blue green yellow", "paint", "wall door fence chair"),
    "number": ("two three four five", "count", "times hours days weeks"),
}
MEMBERS = {
    word: name for name, parts in CLASSES.items() for word in parts[0].split()
}


def sentences(count=600, seed=0):
    """Writes sentences of a class's opening, a member, and an ending."""
    generator = random.Random(seed)
    for _ in range(count):
        members, opening, endings = generator.choice(list(CLASSES.values()))
        member = generator.choice(members.split())
        yield f"{opening} {member} {generator.choice(endings.split())}"


def nearest(vectors):
    """The nearest member of any class to each, as a dict."""
    rows = [vectors.row(word) for word in MEMBERS]
    cosines = vectors.unit[rows] @ vectors.unit[rows].T
    cosines -= 3 * (cosines > 1 - 1e-6)
    words = list(MEMBERS)
    return {a: words[i] for a, i in zip(words, cosines.argmax(axis=1))}
