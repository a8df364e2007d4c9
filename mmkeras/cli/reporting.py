"""The parts of `mmkeras report`."""

import pathlib

import numpy as np

import mmkeras
from mmkeras import evaluation
from mmkeras.cli import progress
from mmkeras.cli.console import Console
from mmkeras.data import cache
from mmkeras.data import datasets
from mmkeras.evaluation import charts
from mmkeras.evaluation import figures
from mmkeras.evaluation import tables
from mmkeras.evaluation import transfer_runs
from mmkeras.evaluation.runs import most_frequent
from mmkeras.metrics import classification
from mmkeras.tasks import modalities
from mmkeras.training import config as configuration
from mmkeras.training import folder as run_folder
from mmkeras.training import runs
from mmkeras.training import sources
from mmkeras.training.examples import Examples

_MAX_IMAGES = 12  # In a figure of captions.


class Reporting:
    """A run, and the split it is evaluated on.

    Args:
        run: Path of the run's folder.
        split: `"train"`, `"val"` or `"test"`.
        data: Name or path of the data set, or `None` for that of the run.
        folder: Folder of a published data set, or `None` for the one used in
            training.
        columns: Dict as of `datasets.read`, or `None` for that of the run.
        seed: int.
    """

    def __init__(
        self, run, split, data=None, folder=None, columns=None, seed=0
    ):
        self.run, self.split, self.seed = run, split, seed
        self.card = run_folder.read_card(run)
        self.source = sources.of_run(self.card, data, folder, columns)
        self.task = mmkeras.load(run)
        self.rows = self._rows(split)
        self.examples = Examples(
            self.task, self.rows, progress.counter("files")
        )
        self.metric = self.task.metric
        name = datasets.name_of(self.source["source"])
        self.title = f"{name}, {split} ({len(self.rows)} rows)"

    def scores(self, console, out, draws):
        """Scores, baselines, subsets and mismatched pairs; and figures.

        Args:
            console: A `rich.console.Console`.
            out: Path of the folder for figures.
            draws: int. Number of bootstrap samples.

        Returns:
            Dict for JSON.
        """
        task, examples = self.task, self.examples
        options = task.evaluation_defaults
        outputs = examples.remove_not_finite(examples.outputs(**options))
        scores, self.subsets = evaluation.evaluate(
            examples, draws, self.seed, outputs, options
        )
        console.print(tables.scores(self.title, {"": scores}))
        report = {"scores": scores}
        if len(task.modalities) > 1:
            title = "Contribution of each modality"
            console.print(tables.subsets(title, self.subsets))
            figure = charts.subsets(self.subsets)
            figures.write_png(figure, out / "subsets.png")
            scores |= self.subsets.figures()
        if task.texts_differ:
            report |= self._captions(console, out, outputs)
        predictions = examples.predictions(outputs)
        errors = task.error_counts(examples, predictions)
        if errors:
            console.print(tables.questions("By question type", errors))
            report["questions"] = errors
        if task.target.has_probabilities:
            report |= self._confusion(out, predictions, bool(errors))
        Console().skipped(examples.errors)
        return report

    def _captions(self, console, out, outputs):
        """The most frequent captions, and images with their captions."""
        rows, texts = self.task.texts(self.examples, outputs)
        counts = most_frequent(texts)
        console.print(tables.counts("Most frequent captions", counts))
        rows, texts = rows[:_MAX_IMAGES], texts[:_MAX_IMAGES]
        images = [row["image"] for row in rows]
        pixels, _ = next(cache.batches(images, self.task.codecs["image"]))
        references = [row["captions"] for row in rows]
        figure = figures.captions(pixels, texts, references)
        figures.write_png(figure, out / "captions.png")
        return {"most_frequent": counts}

    def _confusion(self, out, predictions, are_answers):
        """Confusion and calibration, as figures; the first also as JSON."""
        codec, labels = self.task.target.codec, self.examples.labels
        classes = predictions.argmax(axis=1)
        counts = classification.confusion(labels, classes, codec.size)
        figure = charts.confusion(counts, codec.names)
        figures.write_png(figure, out / "confusion.png")
        figure = charts.reliability(labels, predictions)
        figures.write_png(figure, out / "reliability.png")
        if are_answers:
            figure = charts.answers(labels, classes, codec.names)
            figures.write_png(figure, out / "answers.png")
        return {"confusion": counts.tolist()}

    def train_unimodal(self):
        """Trains the same model on each modality alone, or resumes it."""
        values, start = configuration.read(self.run / "run.json")
        source = sources.of_run(self.card)
        splits, target = ("train", "val"), values.get("task.target")
        rows, *_ = datasets.read(splits=splits, target=target, **source)
        for field in self.task.unimodal_parts:
            config = configuration.resolve(
                start["architecture"], {**values, "task.modalities": field}
            )
            runs.train(
                config,
                source,
                rows,
                self._unimodal(field),
                start["seed"],
                start["init"],
                reporter=Console(),
            )

    def fusion_gain(self, console, out, compare, draws):
        """Whether fusion helps, compared with unimodal models.

        Call `scores` first: its predictions are compared.

        Args:
            console: A `rich.console.Console`.
            out: Path of the folder for figures.
            compare: Folders of other runs.
            draws: int. Number of bootstrap samples.

        Returns:
            Dict for JSON.
        """
        task, rows = self.task, self.task.labelled(self.rows)
        labels, models = task.target.encode(rows).labels, self._models(compare)
        if not models:
            console.print(
                "There is no unimodal model to compare with: pass --unimodal, "
                "or --compare with a run. Instead, the other modalities are "
                "hidden from the same model."
            )
        statistics = {
            name: task.statistics(rows, labels, choices)
            for name, choices in self._choices(rows, models).items()
        }
        groups = [row.get("group") for row in rows]
        gain = evaluation.fusion_gain(
            np.arange(len(statistics["fusion"])),  # These include the labels.
            statistics,
            "fusion",
            tuple(models or task.unimodal_parts),
            lambda _, sample: task.headline_scores(sample)[self.metric],
            self.metric,
            None if None in groups else groups,
            draws,
            seed=self.seed,
        )
        console.print(tables.fusion_gain("Does fusion help?", gain))
        console.print(gain.summary)
        figures.write_png(charts.fusion_gain(gain), out / "fusion_gain.png")
        return {"fusion_gain": gain.to_json()}

    def robustness(self, console, out, baseline, count):
        """Scores when one modality is corrupted.

        Args:
            console: A `rich.console.Console`.
            out: Path of the folder for figures.
            baseline: Folder of a run to compare with, or `None`.
            count: int. Maximum number of rows to corrupt.

        Returns:
            Dict for JSON.
        """
        rng = np.random.default_rng(self.seed)
        order = sorted(rng.permutation(len(self.rows))[:count])
        rows = [self.rows[i] for i in order]
        curves = self._robustness(self.task, rows)
        other = baseline and self._robustness(mmkeras.load(baseline), rows)
        title = f"Robustness ({len(rows)} rows)"
        console.print(tables.robustness(title, curves, other))
        figure = charts.robustness(curves, other)
        figures.write_png(figure, out / "robustness.png")
        report = curves.to_json()
        if other:
            report["effective"] = curves.effective(other)
        return {"robustness": report}

    def transfer(self, console, out, pretrained, fractions, seeds):
        """Whether pretrained branches help, on few and many training rows.

        Args:
            console: A `rich.console.Console`.
            out: Path of the folder for figures.
            pretrained: Run or preset to take branches from.
            fractions: List of shares of the training rows.
            seeds: int. Number of trainings of each kind.

        Returns:
            Dict for JSON.
        """
        transfer = transfer_runs.transfer(
            self.run,
            pretrained,
            self.metric,
            self.split,
            fractions,
            seeds,
            reporter=Console(),
        )
        title = f"Does pretraining help? {self.title}, {seeds} seeds"
        console.print(tables.transfer(title, transfer))
        console.print(transfer.summary)
        figures.write_png(charts.transfer(transfer), out / "transfer.png")
        return {"transfer": transfer.to_json()}

    def _rows(self, split):
        rows = sources.split_rows(
            self.task, self.source, split, Console(), self.card
        )
        only = self.card["arguments"]["task"].get("modalities")
        return modalities.select(self.task, rows, only)

    def _choices(self, rows, models):
        """Predictions of all rows; for unreadable ones, the baseline's."""
        task, target = self.task, self.task.target
        train = target.encode(task.labelled(self._rows("train"))).labels
        majority = target.majority(train, len(rows))
        prior = target.prior(train, len(rows), self.seed)
        predicted = {}
        for name, path in models.items():
            other = self._load(path, name)
            examples = Examples(other, self.rows, progress.counter("files"))
            choices = examples.choices(**other.evaluation_defaults)
            predicted[name] = examples, choices
        subsets = self.subsets.choices
        for part in [] if models else task.unimodal_parts:
            predicted[part] = self.examples, subsets[tuple(part.split("+"))]
        predicted["fusion"] = self.examples, subsets[tuple(task.fields)]
        completed = {"majority": majority, "prior": prior}
        for name, (examples, choices) in predicted.items():
            by_id = dict(zip(examples.names, choices))
            completed[name] = np.stack(
                [by_id.get(row["id"], m) for row, m in zip(rows, majority)]
            )
        return completed

    def _models(self, compare):
        """Folders of the runs to compare with, by name."""
        models = {pathlib.Path(path).name: path for path in compare}
        for part in self.task.unimodal_parts:
            if (self._unimodal(part) / "task.json").exists():
                models[part] = self._unimodal(part)
        return models

    def _load(self, path, name):
        task = mmkeras.load(path)
        labels = [t.target.codec.get_config() for t in (task, self.task)]
        if labels[0] != labels[1]:
            raise ValueError(
                f"{name} has other labels than the run. Received: "
                f"{str(labels[0])[:200]}. Compare runs with the same labels."
            )
        return task

    def _unimodal(self, field):
        return self.run / f"unimodal-{field}"

    def _robustness(self, task, rows):
        return evaluation.robustness(
            lambda rows: self._score(task, rows),
            rows,
            evaluation.corruptible(task),
            self.metric,
            self.seed,
            progress.counter("corruptions"),
        )

    def _score(self, task, rows):
        examples = Examples(task, rows, keep=False)
        return task.score(examples, examples.outputs())[self.metric]
