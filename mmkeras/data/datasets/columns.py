"""The columns of tables: how they are spelled, and which are needed."""

import collections
import difflib

# What a table of each data set has: of each tuple one column at least.
NEEDED = {
    "table": [("image",), ("caption", "captions")],
    "labelled": [("label",), ("text", "image", "audio", "features")],
    "questions": [("image",), ("question",), ("answer", "answers")],
    "dialogues": [("image",), ("question",), ("answer",)],
}
_OPTIONAL = {
    "table": ("split",),
    "labelled": ("group", "id", "split"),
    "questions": ("type", "id", "split"),
    "dialogues": ("history", "candidates", "type", "id", "split"),
}
COLUMNS = {
    data: (*(name for group in needed for name in group), *_OPTIONAL[data])
    for data, needed in NEEDED.items()
}
ALL = {name for names in COLUMNS.values() for name in names}
CAPTIONS = ("caption", "captions")
FILES = {"image", "audio", "features"}
LISTS = {
    "table": ("captions",),
    "labelled": ("label",),
    "questions": ("answers",),
    "dialogues": ("history", "candidates"),
}
# Columns that no table but those of one data set has.
_MARKS = {
    "dialogues": {"history", "candidates"},
    "questions": {"question"},
    "table": set(CAPTIONS),
    "labelled": {"label"},
}
_OTHER_NAMES = {
    "label": ("class", "category", "target", "y", "tag", "sentiment"),
    "text": ("sentence", "content", "review", "tweet", "utterance"),
    "image": ("file", "filename", "path", "img", "picture", "photo"),
    "audio": ("wav", "sound", "speech", "voice"),
    "features": ("embedding", "embeddings", "vector", "vectors"),
    "caption": ("description",),
    "split": ("fold", "set", "subset", "partition"),
}
_SHOWN = 20


def spelled(name, data):
    """Returns the column that a name means, whatever its case and spaces."""
    plain = name.strip().casefold()
    return plain if plain in COLUMNS[data] else name.strip()


def repeated(names):
    """Names the columns that occur more than once, the nameless left out."""
    counts = collections.Counter(name for name in names if name)
    return [name for name, count in counts.items() if count > 1]


def check(names, data, strict=True):
    """Refuses columns that cannot be read as a data set.

    Args:
        names: Names of the columns, as of `spelled`.
        data: Name of the data set.
        strict: bool. Whether columns that are needed must be there; else
            they are asked for only if it is known what to do.

    Raises:
        ValueError: If a column is missing, or occurs twice; captions may.
    """
    names = list(names)
    spare = CAPTIONS if data == "table" else ()
    twice = [name for name in repeated(names) if name not in spare]
    if twice:
        raise ValueError(f"the column `{twice[0]}` occurs twice")
    lacking = [g for g in NEEDED[data] if not set(g) & set(names)]
    hint = _hint(names, data) if lacking else ""
    if lacking and (strict or hint):
        wanted = " and ".join(_one_of(group) for group in NEEDED[data])
        shown = names[:_SHOWN]
        raise ValueError(f"expected columns {wanted}, found {shown}{hint}")


def note(names, data):
    """Names the columns that are not read, or returns `""`."""
    meant = _meant(names, data)
    unknown = [
        f"`{name}`"
        + (f" (did you mean `{meant[name]}`?)" if name in meant else "")
        for name in names
        if name and name not in COLUMNS[data]
    ]
    if not unknown:
        return ""
    more = f" and {len(unknown) - _SHOWN} more" * (len(unknown) > _SHOWN)
    return f"Columns that are not read: {', '.join(unknown[:_SHOWN])}{more}."


def _hint(names, data):
    """Says what to do about a table that lacks columns, or returns `""`."""
    others = [d for d, m in _MARKS.items() if d != data and m & set(names)]
    if others and not _MARKS[data] & set(names):
        return f". Such a table is read with `--data {others[0]}`"
    meant = _meant(names, data)
    pairs = [f"`{new}` for `{old}`" for old, new in meant.items()]
    return f". Did you mean {', '.join(pairs)}?" * bool(pairs)


def _meant(names, data):
    """Guesses which columns were meant by those that are not known."""
    free = [name for name in COLUMNS[data] if name not in names]
    found = {}
    for name in names:
        if name in COLUMNS[data]:
            continue
        plain = name.casefold()
        others = [k for k in free if plain in _OTHER_NAMES.get(k, ())]
        close = difflib.get_close_matches(plain, free, n=1, cutoff=0.7)
        for guess in (others or close)[:1]:
            found[name] = guess
            free.remove(guess)
    return found


def _one_of(names):
    head, last = ", ".join(names[:-1]), names[-1]
    return f"{head} or {last}" if head else last
