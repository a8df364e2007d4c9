"""The columns of tables: how they are spelled, and which are needed."""

import collections
import dataclasses
import difflib
import functools

CAPTIONS = ("caption", "captions")
FILES = ("image", "audio", "features")


@dataclasses.dataclass(frozen=True)
class Schema:
    """The columns of a kind of table.

    Attributes:
        data: Name of the data set that it is read as.
        needed: Tuples of columns; of each a table has one at least.
        optional: Further columns.
        lists: Columns that are lists, in CSV separated by `|`.
        marks: Columns that no other kind of table has.
        lenient: Whether texts that are not valid Unicode are left to the
            reader.
    """

    data: str
    needed: tuple
    optional: tuple = ()
    lists: tuple = ()
    marks: tuple = ()
    lenient: bool = False

    @functools.cached_property
    def names(self):
        """All columns."""
        return *(n for group in self.needed for n in group), *self.optional

    @functools.cached_property
    def texts(self):
        """Columns that are texts, or lists of texts."""
        return () if self.lenient else tuple(set(self.names) - set(FILES))


SCHEMAS = {
    "dialogues": Schema(
        "dialogues",
        (("image",), ("question",), ("answer",)),
        ("history", "candidates", "type", "id", "split"),
        ("history", "candidates"),
        ("history", "candidates"),
    ),
    "questions": Schema(
        "questions",
        (("image",), ("question",), ("answer", "answers")),
        ("type", "id", "split"),
        ("answers",),
        ("question",),
    ),
    "table": Schema(
        "table",
        (("image",), CAPTIONS),
        ("split",),
        ("captions",),
        CAPTIONS,
    ),
    "labelled": Schema(
        "labelled",
        (("label",), ("text", "image", "audio", "features")),
        ("group", "id", "split"),
        ("label",),
        ("label",),
    ),
}
ALL = {name for schema in SCHEMAS.values() for name in schema.names}
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


def to_predict(fields):
    """Makes the schema of tables of examples that a task is asked about.

    Args:
        fields: Names of the task's fields.
    """
    lists = {name for schema in SCHEMAS.values() for name in schema.lists}
    return Schema(
        "",
        (tuple(fields),),
        tuple(sorted(ALL - set(fields))),
        tuple(sorted(lists & set(fields))),
        lenient=True,
    )


def spelled(name, schema):
    """Returns the column that a name means, whatever its case and spaces."""
    plain = name.strip().casefold()
    return plain if plain in schema.names else name.strip()


def repeated(names):
    """Names the columns that occur more than once, the nameless left out."""
    counts = collections.Counter(name for name in names if name)
    return [name for name, count in counts.items() if count > 1]


def check(names, schema, strict=True):
    """Refuses columns that cannot be read as a data set.

    Args:
        names: Names of the columns, as of `spelled`.
        schema: A `Schema`.
        strict: bool. Whether columns that are needed must be there; else
            they are asked for only if it is known what to do.

    Raises:
        ValueError: If a column is missing, or occurs twice; captions may.
    """
    names = list(names)
    spare = CAPTIONS if "caption" in schema.names else ()
    twice = [name for name in repeated(names) if name not in spare]
    if twice:
        raise ValueError(f"the column `{twice[0]}` occurs twice")
    lacking = [g for g in schema.needed if not set(g) & set(names)]
    hint = _hint(names, schema) if lacking else ""
    if lacking and (strict or hint):
        wanted = " and ".join(_one_of(group) for group in schema.needed)
        shown = names[:_SHOWN]
        raise ValueError(f"expected columns {wanted}. Received: {shown}{hint}")


def note(names, schema):
    """Names the columns that are not read, or returns `""`."""
    meant = _meant(names, schema)
    unknown = [
        f"`{name}`"
        + (f" (did you mean `{meant[name]}`?)" if name in meant else "")
        for name in names
        if name and name not in schema.names
    ]
    if not unknown:
        return ""
    more = f" and {len(unknown) - _SHOWN} more" * (len(unknown) > _SHOWN)
    return f"Ignored columns: {', '.join(unknown[:_SHOWN])}{more}."


def _hint(names, schema):
    """Says what to do about a table that lacks columns, or returns `""`."""
    others = [o.data for o in SCHEMAS.values() if set(o.marks) & set(names)]
    if schema.data and others and schema.data not in others:
        return f". Use `--data {others[0]}` for such a table"
    meant = _meant(names, schema)
    pairs = [f"`{new}` for `{old}`" for old, new in meant.items()]
    return f". Did you mean {', '.join(pairs)}?" * bool(pairs)


def _meant(names, schema):
    """Guesses which columns were meant by those that are not known."""
    free = [name for name in schema.names if name not in names]
    found = {}
    for name in names:
        if name in schema.names:
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
