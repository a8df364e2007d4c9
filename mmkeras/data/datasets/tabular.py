"""Reads tables: JSONL, CSV and TSV, one example per line.

The format is inferred from the content, not from the file's suffix: JSONL has
an object in braces on each line; the separator of other tables is the one of
comma, semicolon and tab that splits the first line into most known columns.
"""

import csv
import functools
import io
import json
import re

from mmkeras.data import files
from mmkeras.data.datasets import columns

PATTERNS = ("*.jsonl", "*.csv", "*.tsv")
_MAX_BYTES = 1 << 32
_DEPTH = 50  # Of JSON: far below what Python's recursion allows.
_HEAD = 1 << 20  # Characters of a table that are searched for its first line.
_PEEK = 100  # Lines of JSON that are searched for columns.
_USUAL = {".tsv": "\t"}
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_LINE_END = re.compile("\r\n|\r|\n")
_ARRAY = re.compile(r"\[\s*(\{|$)")


def lines(path, data, schema):
    """Reads the lines of a table.

    Names of columns are recognised in any case, e.g. `Label`. Cells of CSV
    are strings; several columns `caption` become one list, `captions`.

    Args:
        path: A JSONL, CSV or TSV file.
        data: The `Dataset` that collects notes and problems.
        schema: A `columns.Schema`.

    Yields:
        Tuples of a line's number and its values, a dict.
    """
    text = _text(path, data)
    if text is None:
        return
    names, keys = {}, None
    read = _json_lines if _is_json(path, text, schema) else _csv_lines
    for number, values in read(path, text, data, schema):
        if values.keys() != keys:
            keys = values.keys()
            names.update(dict.fromkeys(keys))
        yield number, values
    if names:
        columns.describe(list(names), schema, data, path)


def column_names(path, schema):
    """Lists the columns of a table that occur in its first lines.

    Args:
        path: A JSONL, CSV or TSV file.
        schema: A `columns.Schema`.

    Returns:
        Set of names as of `columns.canonical_name`; empty if it is unreadable.
    """
    try:
        text = _decode(files.read(path, _MAX_BYTES))
    except ValueError:
        return set()
    if _is_json(path, text, schema):
        names = set().union(*_keys(_LINE_END.split(text[:_HEAD])[:_PEEK]))
    else:
        names = _names(_first_line(text), _separator(path, text, schema))
    return {columns.canonical_name(name, schema) for name in names}


def _keys(lines):
    """Yields the keys of JSON objects; skips those that cannot be read."""
    for line in lines:
        try:
            yield parse(line).keys()
        except ValueError:
            continue


def published_lines(path, data, column):
    """Reads the lines of a CSV file of a published data set.

    Args:
        path: The file.
        data: The `Dataset` that collects problems.
        column: Name of a required column.

    Yields:
        Tuples of a line's number and its cells, a dict of strings.
    """
    report = functools.partial(data.report, "corrupt")
    text = io.StringIO(_text(path, data) or "", newline="")
    reader = csv.reader(text, strict=True)
    names = next(reader, [])
    if column not in names:
        report(f"{path}:1", f"expected columns {column}. Received: {names}")
        return
    for number, cells in _csv_cells(path, reader, names, report):
        yield number, dict(zip(names, cells))


def parse(line):
    """Reads the JSON object of a line.

    Raises:
        ValueError: If it is not valid JSON, or not an object.
    """
    try:
        values = _DECODER.decode(line)
    except RecursionError as error:
        raise ValueError("invalid JSON: nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"invalid JSON: {error}") from error
    if not isinstance(values, dict):
        raise ValueError("expected a JSON object")
    if line.count("[") + line.count("{") > _DEPTH and _depth(values) > _DEPTH:
        raise ValueError("invalid JSON: nested too deeply")
    if isinstance(values, _DuplicateKeys):
        raise ValueError(f"the column `{values.name}` occurs twice")
    return values


class _DuplicateKeys(dict):
    """A JSON object in which a key occurs twice."""

    name = ""


def _object(pairs):
    values = dict(pairs)
    if len(values) < len(pairs):
        values = _DuplicateKeys(values)
        values.name = columns.duplicates([name for name, _ in pairs])[0]
    return values


_DECODER = json.JSONDecoder(object_pairs_hook=_object)


def _depth(value):
    """Returns how deeply containers are nested."""
    level, depth = [value], 0
    while level := [x for x in level if isinstance(x, (dict, list))]:
        level = [
            inner
            for x in level
            for inner in (x.values() if isinstance(x, dict) else x)
        ]
        depth += 1
    return depth


def check_texts(values, *fields):
    """Raises an error if a line lacks a text in one of the fields.

    Args:
        values: Dict of a line, as of `lines`.
        *fields: Names.

    Raises:
        ValueError: If a text is missing or empty.
    """
    for field in fields:
        value = values.get(field)
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"expected a text in `{field}`")


def check_unicode(values, fields):
    """Refuses texts with half of a surrogate pair, as of an emoji cut in two.

    Args:
        values: Dict of a line, as of `lines`.
        fields: Names of fields that are texts or lists of texts.

    Raises:
        ValueError: If there is one.
    """
    for field, value in values.items():
        if field in fields:
            for text in value if isinstance(value, list) else (value,):
                if isinstance(text, str) and not text.isascii():
                    _check_unicode(text, field)


def id_of(values, number):
    """Returns the id of a line: that of its column `id`, or its number.

    Raises:
        ValueError: If the id is not a string or a number.
    """
    value = values.get("id")
    if value is None or value == "":
        return str(number)
    if not isinstance(value, (str, int, float)):
        raise ValueError("expected a string or a number in `id`")
    return str(value)


def _check_unicode(text, field):
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"`{field}` is not valid Unicode: it has half of a surrogate "
            f"pair, {ascii(text[error.start])}, e.g. of an emoji cut in two"
        ) from error


def _text(path, data):
    """Decodes a table: UTF-8, or UTF-16 if it begins with its mark.

    Returns:
        The text; `None` if it cannot be decoded, which is a problem.
    """
    try:
        return _decode(files.read(path, _MAX_BYTES))
    except ValueError as error:
        data.report("corrupt", path, str(error))
        return None


def _decode(data):
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        raise ValueError("the table is UTF-32; save it as UTF-8")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    if b"\0" in data[:4]:
        raise ValueError(
            "the table has null characters: UTF-16 without a byte order mark, "
            "or not text; save it as UTF-8"
        )
    # Bytes that are not UTF-8 become surrogates, reported with their row.
    return data.decode("utf-8-sig", "surrogateescape")


def _is_json(path, text, schema):
    start = _first_line(text).lstrip()[:1]
    if start == "{" or path.suffix.lower() not in (".jsonl", ".json"):
        return start == "{"
    names = _names(_first_line(text), _separator(path, text, schema))
    return start == "[" or not set(names) & set(schema.names)


def _json_lines(path, text, data, schema):
    if path.suffix.lower() in (".csv", ".tsv"):
        data.notes.append(f"{path.name} is read as JSONL.")
    if _ARRAY.match(_first_line(text).strip()):
        detail = "expected one JSON object per line, not a JSON array"
        data.report("corrupt", path, detail)
        return
    spellings = {}  # Most lines have the same names.
    for number, line in enumerate(_LINE_END.split(text), 1):
        if not line.strip():
            continue
        try:
            _check_utf8(line)
            values = parse(line)
            names = tuple(values)
            if names not in spellings:
                spellings[names] = _spelling(names, data, schema)
            if spellings[names] != names:
                values = dict(zip(spellings[names], values.values()))
            check_unicode(values, schema.texts)
        except ValueError as error:
            data.skip(f"{path}:{number}", str(error))
        else:
            yield number, values


def _csv_lines(path, text, data, schema):
    separator = _separator(path, text, schema)
    if separator != _USUAL.get(path.suffix.lower(), ","):
        kind = _SEPARATORS[separator]
        data.notes.append(f"{path.name} is read as separated by {kind}.")
    header = _names(_first_line(text), separator)
    has_spaces = len(header) > 1 and all(n.startswith(" ") for n in header[1:])
    reader = csv.reader(
        io.StringIO(text, newline=""),
        strict=True,
        delimiter=separator,
        skipinitialspace=has_spaces,
    )
    try:
        header = next(filter(None, reader), [])
        names = [columns.canonical_name(n, schema) for n in header]
        _note_spelling(zip(header, names), data)
        columns.check(names, schema)
    except (ValueError, csv.Error) as error:
        data.report("corrupt", f"{path}:1", str(error))
        return
    for number, cells in _csv_cells(path, reader, names, data.skip):
        yield number, _csv_values(names, cells, schema)


def _first_line(text):
    """Returns the start of the first line that is not blank."""
    return _LINE_END.split(text[:_HEAD].lstrip(), maxsplit=1)[0]


def _names(line, separator):
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def _separator(path, text, schema):
    """Returns the separator of the columns of the first line."""
    line = _first_line(text)

    def fits(separator):
        names = {
            columns.canonical_name(n, schema) for n in _names(line, separator)
        }
        return (
            len(names & set(schema.names)),
            len(names & columns.ALL),
            separator == _USUAL.get(path.suffix.lower(), ","),
            len(names),
        )

    return max(_SEPARATORS, key=fits)


def _spelling(names, data, schema):
    """Returns the canonical names of columns; checks them."""
    canonical = tuple(columns.canonical_name(name, schema) for name in names)
    _note_spelling(zip(names, canonical), data)
    repeats = columns.duplicates(canonical)
    if repeats:
        raise ValueError(f"the column `{repeats[0]}` occurs twice")
    columns.check(canonical, schema, strict=False)
    return canonical


def _note_spelling(pairs, data):
    for old, new in pairs:
        if old.strip() != new:
            note = f"The column {old!r} is read as {new!r}."
            data.notes += [note] * (note not in data.notes)


def _csv_cells(path, reader, names, report):
    """Yields the number of a row's line and its cells; reports bad rows."""
    while True:
        number, problem = reader.line_num + 1, ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = str(error)
        else:
            if not cells:
                continue
            number = reader.line_num
            problem = _csv_problem(cells, names)
        if problem:
            report(f"{path}:{number}", problem)
        else:
            yield number, cells


def _csv_problem(cells, names):
    """Returns the error of the cells of a line, or ""."""
    if len(cells) != len(names):
        return f"expected {len(names)} cells. Received: {len(cells)}"
    text = "".join(cells)
    if "\0" in text:
        return "has a null character"
    try:
        _check_utf8(text)
    except ValueError as error:
        return str(error)
    return ""


def _csv_values(names, cells, schema):
    """Makes a dict of cells; lists are separated by `|`."""
    values = dict(zip(names, cells))
    for name in schema.lists:
        value = values.get(name)
        if name == "label" and "|" not in (value or ""):
            continue
        if value or (name == "captions" and value is not None):
            values[name] = [part.strip() for part in value.split("|")]
    captions = [(n, c) for n, c in zip(names, cells) if n in columns.CAPTIONS]
    if "captions" in schema.lists and len(captions) > 1:
        values.pop("caption", None)
        texts = [
            text
            for name, cell in captions
            for text in (cell.split("|") if name == "captions" else [cell])
        ]
        values["captions"] = [t for t in texts if t.strip()] or [""]
    return values


def _check_utf8(text):
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("not valid UTF-8; save the table as UTF-8") from error
