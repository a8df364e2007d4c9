"""The parts of `mmkeras report`."""

import pathlib

import numpy as np

import mmkeras
from mmkeras import evaluation
from mmkeras.cli import progress
from mmkeras.cli import skipped
from mmkeras.cli.console import Console
from mmkeras.data import cache
from mmkeras.data import datasets
from mmkeras.evaluation import charts
from mmkeras.evaluation import figures
from mmkeras.evaluation import tables
from mmkeras.evaluation.questions import errors
from mmkeras.metrics import classification
from mmkeras.tasks import groups
from mmkeras.tasks import modalities
from mmkeras.training import config as configuration
from mmkeras.training import folder as run_folder
from mmkeras.training import runs
from mmkeras.training import sources
from mmkeras.training.examples import Examples

_DRAWN = 12  # Images with captions.


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
        self.metric = self.task.metric
        name = datasets.name_of(self.source["source"])
        self.title = f"{name}, {split} ({len(self.rows)} rows)"

    def scores(self, console, out, draws):
        """Scores, subsets, mismatched pairs; confusion and calibration.

        Args:
            console: A `rich.console.Console`.
            out: Path of the folder for figures.
            draws: int. Number of bootstrap samples.

        Returns:
            Dict for JSON.
        """
        examples = self._examples(self.task, self.rows)
        if self.task.texts_differ:
            return self._captions(console, out, examples)
        scores, subsets = evaluation.evaluate(examples, draws, self.seed)
        console.print(tables.scores(self.title, {"": scores}))
        if len(self.task.fields) > 1:
            title = "Contribution of each modality"
            console.print(tables.subsets(title, subsets))
            figures.write_png(charts.subsets(subsets), out / "subsets.png")
            scores |= subsets.figures()
        written = {"scores": scores}
        predictions = examples.predictions(examples.outputs())
        fields = self.task.fields
        answers = "question" in fields and "candidates" not in fields
        if answers:
            wrong = errors(examples, predictions)
            console.print(tables.questions("By question type", wrong))
            written["questions"] = wrong
        if self.task.target.has_probabilities:
            written |= self._confusion(out, examples, predictions, answers)
        skipped.show(examples.bad)
        return written

    def _captions(self, console, out, examples):
        """Scores of captions, and images with their captions."""
        options = self.task.evaluation_defaults
        found = evaluation.summarise(examples, **options)
        scores, rows, texts, common = found
        console.print(tables.scores(self.title, {"": scores}))
        console.print(tables.counts("Most frequent captions", common))
        images = [row["image"] for row in rows[:_DRAWN]]
        pixels, _ = next(cache.batches(images, self.task.codecs["image"]))
        drawn = figures.captions(
            pixels,
            texts[:_DRAWN],
            [row["captions"] for row in rows[:_DRAWN]],
        )
        figures.write_png(drawn, out / "captions.png")
        skipped.show(examples.bad)
        return {"scores": scores, "most_frequent": common}

    def _confusion(self, out, examples, predictions, answers):
        """Confusion and calibration, as figures; the first also as JSON."""
        label, chosen = self.task.target.codec, predictions.argmax(axis=1)
        labels = examples.labels
        counts = classification.confusion(labels, chosen, label.size)
        drawn = charts.confusion(counts, label.names)
        figures.write_png(drawn, out / "confusion.png")
        drawn = charts.reliability(labels, predictions)
        figures.write_png(drawn, out / "reliability.png")
        if answers:
            drawn = charts.answers(labels, chosen, label.names)
            figures.write_png(drawn, out / "answers.png")
        return {"confusion": counts.tolist()}

    def train_unimodal(self):
        """Trains the same model on each modality alone, or resumes it."""
        values, start = configuration.read(self.run / "run.json")
        source = sources.of_run(self.card)
        splits, target = ("train", "val"), values.get("task.target")
        rows, _, _ = datasets.read(splits=splits, target=target, **source)
        for field in self._parts():
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

    def fusion_gain(self, console, out, against, draws):
        """Whether fusion helps, compared with unimodal models.

        Args:
            console: A `rich.console.Console`.
            out: Path of the folder for figures.
            against: Folders of other runs.
            draws: int. Number of bootstrap samples.

        Returns:
            Dict for JSON.
        """
        models = {pathlib.Path(path).name: path for path in against}
        for field in self._parts():
            if (self._unimodal(field) / "task.json").exists():
                models[field] = self._unimodal(field)
        target = self.task.target
        known = self._labels(self._rows("train"))
        labels = self._labels(self.rows)
        majority = target.majority(known, len(labels))
        prior = target.prior(known, len(labels), self.seed)
        predicted = {"majority": majority, "prior": prior}
        for name, path in models.items():
            other = mmkeras.load(path)
            predicted[name] = self._chosen(other, majority, name)
        if not models:
            console.print(
                "There is no unimodal model to compare with: pass --unimodal, "
                "or --compare with a run. Instead, the other modalities are "
                "hidden from the same model."
            )
            models = dict.fromkeys(self._parts())
            for field in models:
                predicted[field] = self._chosen(
                    self.task, majority, field, field
                )
        predicted["fusion"] = self._chosen(self.task, majority, "fusion")
        members = [row.get("group") for row in self.rows]
        found = evaluation.fusion_gain(
            labels,
            predicted,
            "fusion",
            tuple(models),
            target.agreement,
            self.metric,
            None if None in members else members,
            draws,
            seed=self.seed,
        )
        console.print(tables.fusion_gain("Does fusion help?", found))
        console.print(found.summary)
        figures.write_png(charts.fusion_gain(found), out / "fusion_gain.png")
        return {"fusion_gain": found.to_json()}

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
        draw = np.random.default_rng(self.seed)
        some = sorted(draw.permutation(len(self.rows))[:count])
        rows = [self.rows[i] for i in some]
        found = self._corrupted(self.task, rows)
        other = baseline and self._corrupted(mmkeras.load(baseline), rows)
        title = f"Robustness ({len(rows)} rows)"
        console.print(tables.robustness(title, found, other))
        drawn = charts.robustness(found, other)
        figures.write_png(drawn, out / "robustness.png")
        written = found.to_json()
        if other:
            written["effective"] = found.effective(other)
        return {"robustness": written}

    def _rows(self, split):
        rows = sources.split_rows(self.task, self.source, split, Console())
        only = self.card["arguments"]["task"].get("modalities")
        return modalities.select(self.task, rows, only)

    def _labels(self, rows):
        """Encoded labels of rows, whether or not their inputs are readable."""
        if "candidates" in self.task.fields:
            rows = groups.label_by_candidate(rows)
        return self.task.target.encode(rows).labels

    def _parts(self):
        """Each modality; for dialogues about an image, all except one.

        A question cannot be answered without itself, nor candidates ranked
        without them.
        """
        fields = self.task.fields
        if "history" not in fields:
            return list(fields)
        return [
            "+".join(f for f in fields if f != gone)
            for gone in ("image", "history")
        ]

    def _unimodal(self, field):
        return self.run / f"unimodal-{field}"

    def _examples(self, task, rows):
        return Examples(task, rows, progress.counter("files"))

    def _chosen(self, task, majority, name, only=None):
        """Predictions of all rows; the majority class if one is unreadable."""
        names = [t.target.codec.get_config() for t in (task, self.task)]
        if names[0] != names[1]:
            raise ValueError(
                f"{name} has other labels than the run. Received: "
                f"{str(names[0])[:200]}. Compare runs with the same labels."
            )
        examples = self._examples(task, self.rows)
        chosen = examples.chosen(only and only.split("+"))
        known = dict(zip(examples.names, chosen))
        return np.stack(
            [known.get(row["id"], m) for row, m in zip(self.rows, majority)]
        )

    def _corrupted(self, task, rows):
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
