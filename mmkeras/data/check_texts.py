"""Says what is unusual about the texts that a model is trained on."""

import collections

from mmkeras.data import codecs
from mmkeras.data.codecs import scripts

_FEW = 10  # Texts, of which nothing can be said.
_SHOWN = 30  # Characters of an example.


def describe_split(taken):
    """Says which texts are split into characters instead of words.

    Args:
        taken: Dict of codecs by field.

    Returns:
        List of strings.
    """
    fields = [
        field
        for field, codec in taken.items()
        if getattr(getattr(codec, "words", codec), "split", "") == "mixed"
    ]
    if not fields:
        return []
    return [
        f"{', '.join(fields)}: written without spaces, so each character of "
        "Chinese, Japanese, Thai, Lao, Khmer and Myanmar is a token."
    ]


def notes(rows):
    """Looks for texts of which no words can be learnt.

    Args:
        rows: Rows of a data set, with `"captions"` or texts.

    Returns:
        List of strings, empty if nothing is unusual.
    """
    found = []
    for field in ("captions", "text", "question"):
        texts = [text for row in rows for text in _texts(row.get(field))]
        found += _notes(field, [text for text in texts if text.strip()])
    return found


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
        found = words.tokenize(
            [text.encode("utf-8", "replace") for text in texts]
        )
        tokens = found.to_list()
    single = sum(len(words) == 1 for words in tokens)
    if 2 * single > len(texts):
        yield (
            f"{field}: {single} of {len(texts)} texts are a single word, e.g. "
            f"{texts[0][:_SHOWN]!r}. Words are separated by spaces."
        )
    counts = collections.Counter(word for words in tokens for word in words)
    once = sum(count == 1 for count in counts.values())
    if len(texts) >= _FEW and 2 * once > counts.total():
        yield (
            f"{field}: {once} of {counts.total()} words occur only once, too "
            "rarely to learn from. Add texts, or train with `data.min_count=1`."
        )
