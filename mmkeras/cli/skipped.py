"""Names the rows that are left out."""

import typer


def show(bad):
    """Names rows on the error stream.

    Args:
        bad: List of tuples of a row's id and why it could not be read.
    """
    from mmkeras.data.problems import printable

    for row, error in bad:
        typer.echo(printable(f"Left out {row}: {error}"), err=True)
