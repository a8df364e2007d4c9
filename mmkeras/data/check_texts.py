"""Notes on unusual training texts."""

import collections

from mmkeras.data import codecs
from mmkeras.data.codecs import scripts

_MIN_TEXTS = 10  # Statistics of fewer texts are meaningless.
_MAX_CHARACTERS = 30  # Of an example.


def describe_split(field_codecs):
    """Describes the fields whose texts are split into characters.

    Args:
        field_codecs: Dict of codecs by field.

    Returns:
        List of strings.
    """
    fields = [
        field
        for field, codec in field_codecs.items()
        if getattr(getattr(codec, "words", codec), "split", "") == "mixed"
    ]
    if not fields:
        return []
    return [
        f"{', '.join(fields)}: written without spaces, so each character of "
        "Chinese, Japanese, Thai, Lao, Khmer and Myanmar is a token."
    ]


def notes(rows):
    """Describes texts whose words cannot be learned.

    Args:
        rows: Rows of a data set, with `"captions"` or texts.

    Returns:
        List of strings, empty if nothing is unusual.
    """
    lines = []
    for field in ("captions", "text", "question"):
        texts = [text for row in rows for text in _texts(row.get(field))]
        lines += _notes(field, [text for text in texts if text.strip()])
    return lines


def _texts(value):
    if isinstance(value, str):
        return [value]
    return value if isinstance(value, list) else []


def _notes(field, texts):
    if not texts:
        return
    if scripts.is_unspaced(texts):
        yield describe_split({field: codecs.Text([], split="mixed")})[0]
        tokens = [list(scripts.spaced(text).split()) for text in texts]
    else:
        words = codecs.Text([], emoji="keep", normalization="NFC")
        encoded = [text.encode("utf-8", "replace") for text in texts]
        tokens = words.tokenize(encoded).to_list()
    single = sum(len(words) == 1 for words in tokens)
    if 2 * single > len(texts):
        yield (
            f"{field}: {single} of {len(texts)} texts are a single word, e.g. "
            f"{texts[0][:_MAX_CHARACTERS]!r}. Words are separated by spaces."
        )
    counts = collections.Counter(word for words in tokens for word in words)
    once = sum(count == 1 for count in counts.values())
    if len(texts) >= _MIN_TEXTS and 2 * once > counts.total():
        yield (
            f"{field}: {once} of {counts.total()} words occur only once, too "
            "rarely to learn from. Add texts, or train with `data.min_count=1`."
        )


def describe_subwords(field_codecs, size):
    """Describes how many subwords were learned.

    Args:
        field_codecs: Dict of codecs by field.
        size: int. Maximum number of subwords.

    Returns:
        List of one string, or empty if none were learned.
    """
    counts = {
        codec.num_pieces
        for codec in field_codecs.values()
        if hasattr(codec, "num_pieces")
    }
    if not counts:
        return []
    few = "" if max(counts) >= size else f"; the texts are too few for {size:,}"
    numbers = " and ".join(f"{count:,}" for count in sorted(counts))
    return [f"Subwords learned from the training texts: {numbers}{few}."]
