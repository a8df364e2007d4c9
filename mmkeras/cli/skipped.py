"""Prints the rows that are skipped."""

import typer


def show(bad):
    """Prints skipped rows to the error stream.

    Args:
        bad: List of tuples of a row's id and why it could not be read.
    """
    from mmkeras.data.problems import printable

    for row, error in bad:
        typer.echo(printable(f"Skipped {row}: {error}"), err=True)
