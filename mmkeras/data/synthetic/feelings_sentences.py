"""What is said in the world `feelings`: short sentences, glad or not."""

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


def say(positive, rng):
    """Says something.

    Words of feeling are glad or not throughout; all others are neutral.

    Args:
        positive: bool. Whether it is glad.
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
