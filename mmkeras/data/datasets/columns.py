"""The columns of tables: their names, and which are required."""

import collections
import dataclasses
import difflib
import functools
import json

CAPTIONS = ("caption", "captions")
FILES = ("image", "audio", "video", "features")
TABULAR = ("numbers", "categories")  # Lists of columns of a table.


@dataclasses.dataclass(frozen=True)
class Schema:
    """The columns of a kind of table.

    Attributes:
        kind: One of `KINDS`, or `""` for tables of examples to predict.
        required: Tuples of columns; a table needs at least one of each tuple.
        optional: Further columns.
        lists: Columns that are lists, in CSV separated by `|`.
        marks: Columns that no other kind of table has.
        lenient: Whether texts that are not valid Unicode are passed on to the
            reader.
        aliases: Tuples of a column and the name that the table has for it.
        numbers: Those of the required columns that are read as numbers.
        categories: Those that are read as categories.
    """

    kind: str
    required: tuple
    optional: tuple = ()
    lists: tuple = ()
    marks: tuple = ()
    lenient: bool = False
    aliases: tuple = ()
    numbers: tuple = ()
    categories: tuple = ()

    @functools.cached_property
    def names(self):
        """All columns."""
        required = [name for group in self.required for name in group]
        return *required, *self.optional

    @property
    def tabular(self):
        """Columns of numbers and of categories."""
        return *self.numbers, *self.categories

    @functools.cached_property
    def spellings(self):
        """Dict from names in lower case to columns, the first if several."""
        return {name.casefold(): name for name in reversed(self.names)}

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
        (("label",), ("text", "image", "audio", "video", "features")),
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
    "translations": Schema(
        "translations",
        (("source", "audio"), ("target",)),
        ("image", "group", "id", "split"),
        marks=("source",),
    ),
    "pairs": Schema(
        "pairs",
        (("text", "image", "audio", "features"),),
        ("group", "id", "split"),
    ),
    "transcripts": Schema(
        "transcripts",
        (("audio",), ("text",)),
        ("group", "id", "split"),
    ),
}
KINDS = tuple(SCHEMAS)
ALL = {name for schema in SCHEMAS.values() for name in schema.names}
_FOR = {
    "captions": "captioning models",
    "labels": "classifiers",
    "questions": "visual question answering",
    "dialogues": "dialogue about images",
    "pairs": "retrieval",
    "transcripts": "speech recognition",
    "translations": "translation",
}
_OTHER_NAMES = {
    "label": ("class", "category", "target", "y", "tag", "sentiment"),
    "text": ("sentence", "content", "review", "tweet", "utterance"),
    "image": ("file", "filename", "path", "img", "picture", "photo"),
    "audio": ("wav", "sound", "speech", "voice"),
    "video": ("clip", "movie", "gif"),
    "features": ("embedding", "embeddings", "vector", "vectors"),
    "caption": ("description",),
    "source": ("src", "original"),
    "target": ("tgt", "translation", "reference"),
    "split": ("fold", "set", "subset", "partition"),
}
_MAX_NAMES = 20
_REPLACED = " of the table"  # A column in whose place another one is read.


def check_kind(kind):
    """Raises a `ValueError` if a kind is neither `None` nor known."""
    if kind is not None and kind not in KINDS:
        raise ValueError(
            f"`kind` must be one of {', '.join(KINDS)}. Received: kind={kind!r}"
        )


def check_aliases(aliases):
    """Checks the names of columns in a table; returns `Schema.aliases`.

    Args:
        aliases: Dict from columns to the names that the table has for them,
            or `None`; those of `TABULAR` to lists of names, as of `split`.

    Raises:
        ValueError: If there is no such column.
    """
    names = sorted({*ALL, *TABULAR})
    for name in aliases or {}:
        if name not in names:
            close = difflib.get_close_matches(str(name), names, n=1)
            hint = f"Did you mean {close[0]!r}? " if close else ""
            raise ValueError(
                f"`columns` (`--column`) has an unknown column, {name!r}. "
                f"{hint}Columns: {', '.join(names)}."
            )
    return tuple((aliases or {}).items())


def split(names):
    """Reads a list of columns of a table.

    Args:
        names: List of strings; or a string of names separated by commas, or a
            JSON list, for names that have a comma.

    Returns:
        Tuple of different strings without outer white space.

    Raises:
        ValueError: If it is neither.
    """
    if isinstance(names, str):
        is_json = names.lstrip().startswith("[")
        try:
            names = json.loads(names) if is_json else names.split(",")
        except ValueError as error:
            raise ValueError(
                f"Expected a list of columns. Received: {names}"
            ) from error
    if not all(isinstance(name, str) for name in names):
        raise ValueError(f"Expected names of columns. Received: {names}")
    names = [name.strip() for name in names]
    return tuple(dict.fromkeys(name for name in names if name))


def join(names):
    """The reverse of `split`: names separated by commas, or a JSON list."""
    names = split(names)
    if any("," in name or name.startswith("[") for name in names):
        return json.dumps(names, ensure_ascii=False)
    return ",".join(names)


def of_kind(kind, aliases=()):
    """Returns the schema of a kind of table.

    Args:
        kind: One of `KINDS`.
        aliases: As of `Schema.aliases`.

    Raises:
        ValueError: If such a table has no such column; or if a column of
            numbers or categories is also read as something else.
    """
    schema, tabular = SCHEMAS[kind], {}
    names = (*schema.names, *(TABULAR if kind == "labels" else ()))
    for name, other in aliases:
        if name not in names:
            raise ValueError(
                f"tables of {kind} have no column `{name}`. Expected one of "
                f"{', '.join(names)}. Received: columns={dict(aliases)}"
            )
        if name in TABULAR:
            tabular[name] = split(other)
    aliases = tuple(pair for pair in aliases if pair[0] not in TABULAR)
    schema = dataclasses.replace(schema, aliases=aliases)
    _check_tabular(tabular, schema)
    if not tabular:
        return schema
    label, inputs = schema.required
    inputs += tuple(name for names in tabular.values() for name in names)
    required = label, inputs
    return dataclasses.replace(schema, required=required, **tabular)


def _check_tabular(tabular, schema):
    """Raises an error if a column has a second meaning."""
    meanings = {}
    for kind, names in tabular.items():
        for name in names:
            column = canonical_name(name, schema)
            other = meanings.setdefault(column.casefold(), kind)
            if column in schema.names or column == "tabular":
                other = f"`{column}`"
            if other != kind:
                raise ValueError(
                    f"the column `{name}` of `{kind}` is also read as "
                    f"{other}. Received: columns={tabular}"
                )


def of_any_kind(aliases=()):
    """Returns the schema of a table whose kind has not been inferred."""
    aliases = tuple(pair for pair in aliases if pair[0] not in TABULAR)
    return Schema("", (tuple(sorted(ALL)),), aliases=aliases)


def infer(names):
    """Returns which of `KINDS` a table is, by its columns."""
    for kind in ("captions", "dialogues", "questions"):
        if set(SCHEMAS[kind].marks) & set(names):
            return kind
    if {"source", "target"} <= set(names) and "label" not in names:
        return "translations"
    return "labels"


def to_predict(fields, aliases=()):
    """Makes the schema of tables of examples to predict.

    Args:
        fields: Names of the task's fields.
        aliases: As of `Schema.aliases`.
    """
    lists = {name for schema in SCHEMAS.values() for name in schema.lists}
    return Schema(
        "",
        (tuple(fields),),
        tuple(sorted(ALL - set(fields))),
        tuple(sorted(lists & set(fields))),
        lenient=True,
        aliases=tuple(aliases),
    )


def canonical_name(name, schema):
    """Returns the column of a name, ignoring case and outer spaces."""
    plain = name.strip().casefold()
    for column, other in schema.aliases:
        if plain == str(other).strip().casefold():
            return column
    if plain in dict(schema.aliases):  # Another column is read in its place.
        return f"{name.strip()}{_REPLACED}"
    return schema.spellings.get(plain, name.strip())


def unclaimed(names, schema):
    """Lists the columns that no field is read from.

    Args:
        names: Names of the columns, as of `canonical_name`.
        schema: A `Schema`; its columns of numbers and categories are listed.
    """
    fields = {*schema.names, "tabular"} - {*schema.tabular}
    return [
        name for name in names if name.removesuffix(_REPLACED) not in fields
    ]


def duplicates(names):
    """Lists the columns that occur more than once, ignoring empty names."""
    counts = collections.Counter(name for name in names if name)
    return [name for name, count in counts.items() if count > 1]


def check(names, schema, strict=True):
    """Raises an error if columns cannot be read as a data set.

    Args:
        names: Names of the columns, as of `canonical_name`.
        schema: A `Schema`.
        strict: bool. Whether a missing required column is always an error;
            otherwise only if the message can suggest a correction.

    Raises:
        ValueError: If a column is missing, or occurs twice; captions may.
    """
    names = list(names)
    spare = CAPTIONS if "caption" in schema.names else ()
    repeats = [name for name in duplicates(names) if name not in spare]
    if repeats:
        raise ValueError(f"the column `{repeats[0]}` occurs twice")
    if strict:
        check_present(names, schema)
    missing = [g for g in schema.required if not set(g) & set(names)]
    hint = _hint(names, schema, missing) if missing else ""
    if missing and (strict or hint):
        expected = " and ".join(_one_of(group) for group in schema.required)
        hint = hint or _remedy(missing[0][0], "NAME")
        raise ValueError(
            f"expected columns {expected}. Received: {names[:_MAX_NAMES]}{hint}"
        )


def check_present(names, schema):
    """Raises an error if a table lacks a column that the user named.

    Raises:
        ValueError: If there is none of that name.
    """
    for name in schema.tabular:
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f". Did you mean `{close[0]}`?" if close else ""
            raise ValueError(
                f"there is no column `{name}`, of numbers or categories. "
                f"Received: {list(names)[:_MAX_NAMES]}{hint}"
            )
    for column, other in schema.aliases:
        if column not in names:
            close = difflib.get_close_matches(str(other), names, n=1)
            hint = f". Did you mean `{close[0]}`?" if close else ""
            raise ValueError(
                f"there is no column `{other}` to read `{column}` from. "
                f"Received: {list(names)[:_MAX_NAMES]}{hint}"
            )


def describe(names, schema, data, where):
    """Reports the columns of a whole table that are ignored or missing.

    Args:
        names: List of names, as of `canonical_name`.
        schema: A `Schema`.
        data: The `dataset.Dataset` that collects notes and problems.
        where: The table.
    """
    try:
        check_present(names, schema)
    except ValueError as error:
        data.report("corrupt", where, str(error))
    note = _ignored_note(names, schema)
    if note:
        data.notes.append(note)


def _ignored_note(names, schema):
    """Returns a note on the columns that are ignored, or `""`."""
    suggestions = _suggestions(names, schema)
    unknown = [
        f"`{name}`"
        + (
            f" (did you mean `{suggestions[name]}`?)"
            if name in suggestions
            else ""
        )
        for name in names
        if name and name not in schema.names
    ]
    if not unknown:
        return ""
    more = f" and {len(unknown) - _MAX_NAMES} more" * (
        len(unknown) > _MAX_NAMES
    )
    return f"Ignored columns: {', '.join(unknown[:_MAX_NAMES])}{more}."


def _hint(names, schema, missing):
    """Returns how to correct a table that lacks columns, or `""`."""
    others = [o.kind for o in SCHEMAS.values() if set(o.marks) & set(names)]
    other = schema.kind and others and schema.kind not in others
    suggestions = _suggestions(names, schema)
    if other and not {n for group in missing for n in group} & {
        *suggestions.values()
    }:
        return (
            f". This is a table of {others[0]}, for {_FOR[others[0]]}; a table "
            f"of {schema.kind} is expected, for {_FOR[schema.kind]}"
            + _remedy(missing[0][0], "NAME")
        )
    if not suggestions:
        return ""
    pairs = [f"`{new}` for `{old}`" for old, new in suggestions.items()]
    old, new = next(iter(suggestions.items()))
    remedy = _remedy(new, old).removeprefix(".")
    return f". Did you mean {', '.join(pairs)}?{remedy}"


def _remedy(column, name):
    """Returns how to read a column from one of another name."""
    return (
        f". To read `{column}` from a column of another name, pass "
        f"`--column {column}={name}` (`columns={{{column!r}: {name!r}}}`)"
    )


def _suggestions(names, schema):
    """Returns a dict from unknown columns to those probably intended."""
    free = [name for name in schema.names if name not in names]
    guesses = {}
    for name in names:
        if name in schema.names:
            continue
        plain = name.casefold()
        others = [k for k in free if plain in _OTHER_NAMES.get(k, ())]
        close = difflib.get_close_matches(plain, free, n=1, cutoff=0.7)
        for guess in (others or close)[:1]:
            guesses[name] = guess
            free.remove(guess)
    return guesses


def _one_of(names):
    head, last = ", ".join(names[:-1]), names[-1]
    return f"{head} or {last}" if head else last
