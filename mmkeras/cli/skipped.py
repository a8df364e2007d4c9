"""Prints the rows that are skipped."""

import typer


def show(errors):
    """Prints skipped rows to the error stream.

    Args:
        errors: List of tuples of a row's id and the error.
    """
    from mmkeras.data.problems import printable

    for row, error in errors:
        typer.echo(printable(f"Skipped {row}: {error}"), err=True)
