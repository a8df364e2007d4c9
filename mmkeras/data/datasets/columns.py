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
        kind: One of `KINDS`, or `""` for tables of examples to predict.
        needed: Tuples of columns; of each a table has one at least.
        optional: Further columns.
        lists: Columns that are lists, in CSV separated by `|`.
        marks: Columns that no other kind of table has.
        lenient: Whether texts that are not valid Unicode are left to the
            reader.
        renamed: Tuples of a column and the name that the table has for it.
    """

    kind: str
    needed: tuple
    optional: tuple = ()
    lists: tuple = ()
    marks: tuple = ()
    lenient: bool = False
    renamed: tuple = ()

    @functools.cached_property
    def names(self):
        """All columns."""
        return *(n for group in self.needed for n in group), *self.optional

    @functools.cached_property
    def texts(self):
        """Columns that are texts, or lists of texts."""
        return () if self.lenient else tuple(set(self.names) - set(FILES))


SCHEMAS = {
    "captions": Schema(
        "captions",
        (("image",), CAPTIONS),
        ("id", "split"),
        ("captions",),
        CAPTIONS,
    ),
    "labels": Schema(
        "labels",
        (("label",), ("text", "image", "audio", "features")),
        ("group", "id", "split"),
        ("label",),
        ("label",),
    ),
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
}
KINDS = tuple(SCHEMAS)
ALL = {name for schema in SCHEMAS.values() for name in schema.names}
_FOR = {
    "captions": "captioning models",
    "labels": "classifiers",
    "questions": "visual question answering",
    "dialogues": "dialogue about images",
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


def check_kind(kind):
    """Raises a `ValueError` if a kind is neither `None` nor known."""
    if kind is not None and kind not in KINDS:
        raise ValueError(
            f"`kind` must be one of {', '.join(KINDS)}. Received: kind={kind!r}"
        )


def check_renamed(renamed):
    """Returns the names of columns in a table, as `Schema.renamed` has them.

    Args:
        renamed: Dict from columns to the names that the table has for them,
            or `None`.

    Raises:
        ValueError: If there is no such column.
    """
    for name in renamed or {}:
        if name not in ALL:
            close = difflib.get_close_matches(str(name), sorted(ALL), n=1)
            hint = f"Did you mean {close[0]!r}? " if close else ""
            raise ValueError(
                f"`columns` (`--column`) has an unknown column, {name!r}. "
                f"{hint}Columns: {', '.join(sorted(ALL))}."
            )
    return tuple((renamed or {}).items())


def of_kind(kind, renamed=()):
    """Returns the schema of a kind of table, with columns renamed.

    Raises:
        ValueError: If such a table has no such column.
    """
    schema = SCHEMAS[kind]
    for name, _ in renamed:
        if name not in schema.names:
            raise ValueError(
                f"tables of {kind} have no column `{name}`. Expected one of "
                f"{', '.join(schema.names)}. Received: "
                f"columns={dict(renamed)}"
            )
    return dataclasses.replace(schema, renamed=tuple(renamed))


def of_any_kind(renamed=()):
    """Returns the schema of a table of which nothing is known yet."""
    return Schema("", (tuple(sorted(ALL)),), renamed=tuple(renamed))


def infer(names):
    """Decides by its columns which of `KINDS` a table is."""
    for kind in ("captions", "dialogues", "questions"):
        if set(SCHEMAS[kind].marks) & set(names):
            return kind
    return "labels"


def to_predict(fields, renamed=()):
    """Makes the schema of tables of examples that a task is asked about.

    Args:
        fields: Names of the task's fields.
        renamed: As of a `Schema`.
    """
    lists = {name for schema in SCHEMAS.values() for name in schema.lists}
    return Schema(
        "",
        (tuple(fields),),
        tuple(sorted(ALL - set(fields))),
        tuple(sorted(lists & set(fields))),
        lenient=True,
        renamed=tuple(renamed),
    )


def spelled(name, schema):
    """Returns the column that a name means, whatever its case and spaces."""
    plain = name.strip().casefold()
    for column, other in schema.renamed:
        if plain == str(other).strip().casefold():
            return column
    if plain in dict(schema.renamed):  # Another column is read in its place.
        return f"{name.strip()} of the table"
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
    if strict:
        check_present(names, schema)
    lacking = [g for g in schema.needed if not set(g) & set(names)]
    hint = _hint(names, schema, lacking) if lacking else ""
    if lacking and (strict or hint):
        wanted = " and ".join(_one_of(group) for group in schema.needed)
        shown = names[:_SHOWN]
        hint = hint or _remedy(lacking[0][0], "NAME")
        raise ValueError(f"expected columns {wanted}. Received: {shown}{hint}")


def check_present(names, schema):
    """Refuses a table without a column that is renamed.

    Raises:
        ValueError: If there is none of that name.
    """
    for column, other in schema.renamed:
        if column not in names:
            close = difflib.get_close_matches(str(other), names, n=1)
            hint = f". Did you mean `{close[0]}`?" if close else ""
            raise ValueError(
                f"there is no column `{other}` to read `{column}` from. "
                f"Received: {list(names)[:_SHOWN]}{hint}"
            )


def describe(names, schema, scan, where):
    """Names the columns of a whole table that are not read, or missing.

    Args:
        names: List of names, as of `spelled`.
        schema: A `Schema`.
        scan: The `layout.Scan` that takes notes and problems.
        where: The table.
    """
    try:
        check_present(names, schema)
    except ValueError as error:
        scan.blame("corrupt", where, str(error))
    note = _unread(names, schema)
    if note:
        scan.notes.append(note)


def _unread(names, schema):
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


def _hint(names, schema, lacking):
    """Says what to do about a table that lacks columns, or returns `""`."""
    others = [o.kind for o in SCHEMAS.values() if set(o.marks) & set(names)]
    other = schema.kind and others and schema.kind not in others
    meant = _meant(names, schema)
    if other and not {n for group in lacking for n in group} & {
        *meant.values()
    }:
        return (
            f". This is a table of {others[0]}, for {_FOR[others[0]]}; a table "
            f"of {schema.kind} is expected, for {_FOR[schema.kind]}"
            + _remedy(lacking[0][0], "NAME")
        )
    if not meant:
        return ""
    pairs = [f"`{new}` for `{old}`" for old, new in meant.items()]
    old, new = next(iter(meant.items()))
    remedy = _remedy(new, old).removeprefix(".")
    return f". Did you mean {', '.join(pairs)}?{remedy}"


def _remedy(column, name):
    """Says how to read a column from one of another name."""
    return (
        f". To read `{column}` from a column of another name, pass "
        f"`--column {column}={name}` (`columns={{{column!r}: {name!r}}}`)"
    )


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
