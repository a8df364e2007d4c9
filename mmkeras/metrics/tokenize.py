"""Splits English sentences as the captioning benchmarks do."""

import re
import sys
import unicodedata

_QUOTES = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201b\u00b4`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"')
)
_BRACKETS = {
    "(": "-lrb-",
    ")": "-rrb-",
    "[": "-lsb-",
    "]": "-rsb-",
    "{": "-lcb-",
    "}": "-rcb-",
}
# Coco-caption's list, by character, and characters that the Java tokenizer
# replaces by one of them: the ellipsis and dashes.
_PUNCTUATION = frozenset("'\".?!,:;-\u2026\u2010\u2011\u2012\u2013\u2014\u2015")

_ASSIMILATED = {
    "cannot": ("can", "not"),
    "gimme": ("gim", "me"),
    "gonna": ("gon", "na"),
    "gotta": ("got", "ta"),
    "lemme": ("lem", "me"),
    "wanna": ("wan", "na"),
    "'tis": ("'t", "is"),
    "'twas": ("'t", "was"),
}
_AMERICAN = {
    "armoured": "armored",
    "centre": "center",
    "coloured": "colored",
    "colouring": "coloring",
    "favourite": "favorite",
    "favourites": "favorites",
    "fibre": "fiber",
    "grey": "gray",
    "kerb": "curb",
    "neighbourhood": "neighborhood",
    "theatre": "theater",
    "travelled": "traveled",
    "travelling": "traveling",
}
_OUR = re.compile(
    "(arm|behavi|col|fav|flav|harb|hon|hum|lab|neighb|od|parl|rum|sav|splend"
    "|vap|vig)our(s?)"
)

# Vowel signs and accents belong to words, but are not in \w.
_MARKS = "".join(
    character
    for character in map(chr, range(0x300, min(0x10000, sys.maxunicode)))
    if unicodedata.category(character) in ("Mn", "Mc")
)
_LETTER = r"[^\W\d_]"
_ANY = rf"(?:[^\W_]|[{_MARKS}])"
_ATOM = rf"(?:\d+(?:[.,]\d+)+|{_ANY}+(?:[.!?]{_LETTER}{_ANY}*)*)"
_WORD = rf"{_ATOM}(?:[-_/]{_ATOM})*"
_ABBREVIATION = "mrs?|ms|dr|prof|st|mt|ft|ave|jr|sr|vs|etc|inc|ltd|corp|co"
_CLITIC = r"s|t|d|m|re|ve|ll|em|n'|n|tis|twas|till?|cause|\d0s"
_TOKEN = re.compile(
    "|".join(
        (
            r"-[lr][rsc]b-",
            r"(?:https?://|www\.)\S*[\w/]",
            r"[\w.+-]{1,64}@\w[\w-]*(?:\.\w[\w-]*)+",
            rf"[@#]{_LETTER}\w*",
            rf"'(?:{_CLITIC})(?!{_ANY}|['_/-])",
            rf"(?:{_LETTER}\.){{2,}}(?!{_ANY})",
            rf"(?:{_ABBREVIATION})\.(?!{_ANY})",
            r"\d+(?::\d+)+",
            rf"{_WORD}(?:'{_WORD})*",
            r"\S",
        )
    )
)
_CONTRACTION = re.compile(rf"(.*{_ANY})(n't|'(?:s|d|m|re|ve|ll))")


def tokenize(sentence):
    """Splits a sentence into lower-case words without punctuation.

    Follows coco-caption, that is Stanford's Java PTBTokenizer (CoreNLP 3.4.1,
    lower-casing) and a list of punctuation that is dropped:

    - contractions are split: "don't" -> do n't, "man's" -> man 's,
      "cannot" -> can not, "gonna" -> gon na;
    - hyphenated words, numbers (1,000  3.5  12:30  1/2), acronyms (u.s.),
      titles (mr.) and addresses stay whole;
    - quotes, `. ? ! , : ; - --` and ellipses are dropped; other symbols are
      tokens of their own;
    - brackets become -lrb-, -rrb-, -lsb-, ... and *stay*, because the list of
      coco-caption names them in capitals after everything was lower-cased;
    - common British spellings become American: grey -> gray.

    It differs from the Java program by:

    - it has a few of its abbreviations, spellings and apostrophe words; others
      lose their last period, or stay as they are;
    - a run of punctuation such as "!!" or "-----" is dropped, Java keeps it; a
      sign is dropped from a number;
    - nothing is renamed where that changes no score: / and * are not escaped,
      currencies stay, fraction characters stay;
    - no mark-up: no SGML tags or entities, smileys, or telephone numbers;
    - text is normalised to NFC, and letters of every script with their accents
      and vowel signs form words. Scripts without spaces are not segmented:
      pass those split by character.

    Args:
        sentence: A string.

    Returns:
        A list of non-empty strings without white space; tokenizing them again
        changes nothing.

    Raises:
        ValueError: If `sentence` is not a string.

    Example:

    >>> tokenize("A man's T-shirt (grey) isn't clean.")
    ['a', 'man', "'s", 't-shirt', '-lrb-', 'gray', '-rrb-', 'is', "n't",
     'clean']
    """
    if not isinstance(sentence, str):
        raise ValueError(
            f"`sentence` must be a string. Received: sentence={sentence!r}."
        )
    text = unicodedata.normalize("NFC", sentence.translate(_QUOTES).lower())
    return [word for token in _TOKEN.findall(text) for word in _words(token)]


def _words(token):
    if token in _BRACKETS:
        return (_BRACKETS[token],)
    if token in _PUNCTUATION or _is_invisible(token):
        return ()
    if token in _ASSIMILATED:
        return _ASSIMILATED[token]
    contraction = _CONTRACTION.fullmatch(token)
    if contraction:
        return (*_words(contraction[1]), contraction[2])
    token = _AMERICAN.get(token, token)
    return (_OUR.sub(r"\1or\2", token) if _OUR.fullmatch(token) else token,)


def _is_invisible(token):
    return len(token) == 1 and unicodedata.category(token) in ("Cc", "Cf")
