"""Writes the sentences of `feelings`: short, positive or negative."""

POSITIVE = (
    "wonderful",
    "lovely",
    "delightful",
    "brilliant",
    "charming",
    "cheerful",
    "splendid",
    "pleasant",
    "superb",
    "great",
)
NEGATIVE = (
    "terrible",
    "dreadful",
    "horrible",
    "boring",
    "gloomy",
    "miserable",
    "dull",
    "nasty",
    "pointless",
    "sad",
)
_THINGS = (
    "film",
    "dinner",
    "concert",
    "journey",
    "meeting",
    "party",
    "lesson",
    "day",
)
_FORMS = (
    "the {thing} was {word}",
    "what a {word} {thing} that was",
    "i thought it a {word} {thing}",
    "it was a {word} {thing} from beginning to end",
    "we had a {word} {thing} and it was {other}",
    "well the {thing} turned out {word} and {other}",
)


def write_sentence(positive, rng):
    """Writes a sentence.

    Its words of emotion are all positive or all negative; the others are
    neutral.

    Args:
        positive: bool. Whether it is positive.
        rng: A `numpy.random.Generator`.

    Returns:
        A string, in lower case and without punctuation.
    """
    form, thing = rng.integers([len(_FORMS), len(_THINGS)])
    words = POSITIVE if positive else NEGATIVE
    word, other = rng.choice(len(words), 2, replace=False)
    return _FORMS[form].format(
        thing=_THINGS[thing], word=words[word], other=words[other]
    )
