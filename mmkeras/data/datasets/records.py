"""Rows in memory: a pandas DataFrame, or a list of dicts."""

from mmkeras.data.datasets import columns
from mmkeras.data.datasets import tabular
from mmkeras.data.plain_values import plain

NAME = "rows"  # In reports: `rows:3` is the fourth row.


def dicts(source):
    """Returns the rows of a DataFrame, or of a list of dicts.

    Args:
        source: A list of dicts, or an object with `to_dict`, as a DataFrame.

    Raises:
        ValueError: If it is anything else.
    """
    check(source)
    if hasattr(source, "to_dict"):
        return source.to_dict("records")
    return list(source)


def check(source):
    """Raises a `ValueError` if a value is not valid for `dicts`."""
    if hasattr(source, "to_dict") or (
        isinstance(source, (list, tuple))
        and all(isinstance(row, dict) for row in source)
    ):
        return
    raise ValueError(
        "Expected the name of a data set, the path of a table or folder, a "
        "DataFrame or a list of dicts. Received: a value of type "
        f"{type(source).__name__}"
    )


def names(rows):
    """Lists the columns of rows."""
    return list(dict.fromkeys(str(name) for row in rows for name in row))


def lines(rows, data, schema):
    """Reads rows, as `tabular.lines` reads the lines of a table.

    Args:
        rows: List of dicts.
        data: The `Dataset` that collects notes and problems.
        schema: A `columns.Schema`.

    Yields:
        Tuples of a row's number, from 0, and its values, a dict.
    """
    column_names = {
        name: columns.canonical_name(name, schema) for name in names(rows)
    }
    try:
        columns.check(column_names.values(), schema)
    except ValueError as error:
        data.report("corrupt", NAME, str(error))
        return
    for number, row in enumerate(rows):
        values = {column_names[str(k)]: plain(v) for k, v in row.items()}
        try:
            tabular.check_unicode(values, schema.texts)
        except ValueError as error:
            data.skip(f"{NAME}:{number}", str(error))
        else:
            yield number, values
    columns.describe(list(column_names.values()), schema, data, NAME)
