"""Prints what runs report."""

import contextlib

import typer

from mmkeras.training.reporter import Reporter


class Console(Reporter):
    """Prints notes and scores; shows progress bars."""

    verbose = 0

    def note(self, text):
        from mmkeras.data.problems import printable

        typer.echo(printable(text))

    def warn(self, text):
        typer.echo(text, err=True)

    def skipped(self, rows):
        from mmkeras.data.problems import printable

        for row, error in rows:
            self.warn(printable(f"Skipped {row}: {error}"))

    def counter(self, unit):
        from mmkeras.cli import progress

        return progress.counter(unit)

    @contextlib.contextmanager
    def epochs(self, total):
        from mmkeras.cli import progress

        with progress.epochs(total) as callback:
            yield [callback]

    def evaluated(self, evaluation):
        import rich.console

        from mmkeras.evaluation import tables

        console = rich.console.Console(highlight=False)
        scores = {"": evaluation.scores}
        console.print(tables.scores(evaluation.title, scores))
        if evaluation.subsets:
            title = "Contribution of each modality"
            console.print(tables.subsets(title, evaluation.subsets))
        if evaluation.common is not None:
            title = "Most frequent captions"
            console.print(tables.counts(title, evaluation.common))
