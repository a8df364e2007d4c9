"""The parts of `mmkeras report`."""

import dataclasses
import pathlib

import numpy as np

import mmkeras
from mmkeras import evaluation
from mmkeras.cli import progress
from mmkeras.cli import reading
from mmkeras.cli import skipped
from mmkeras.data import datasets
from mmkeras.evaluation import baselines
from mmkeras.evaluation import charts
from mmkeras.evaluation import figures
from mmkeras.evaluation import tables
from mmkeras.evaluation.questions import errors
from mmkeras.metrics import classification
from mmkeras.training import folder as run_folder
from mmkeras.training import judgements
from mmkeras.training import recipes


class Reporting:
    """A run of a classifier, and the split it is evaluated on.

    Args:
        run: Path of the run's folder.
        split: `"train"`, `"val"` or `"test"`.
        data: Name or path of the data set, or `None` for that of the run.
        folder: Folder of a published data set, or `None` for the one used in
            training.
        columns: Dict as of `datasets.read`, or `None` for that of the run.
        seed: int.

    Raises:
        ValueError: If the run is not of a classifier.
    """

    def __init__(
        self, run, split, data=None, folder=None, columns=None, seed=0
    ):
        self.run, self.split, self.seed = run, split, seed
        self.card = run_folder.read_card(run)
        self.source = reading.source_of(self.card, data, folder, columns)
        self.task = mmkeras.load(run)
        if self.task.name != "classify":
            raise ValueError(
                "`mmkeras report` expects the run of a classifier. Received: "
                f"{run}, a captioning model. Use `mmkeras evaluate` for its "
                "metrics."
            )
        self.rows = self._rows(split)
        self.metric = baselines.headline_metric(self.task)
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
        found = self._examples(self.task, self.rows)
        scores, subsets = evaluation.evaluate(
            self.task, found, draws, self.seed
        )
        console.print(tables.scores(self.title, {"": scores}))
        if len(self.task.fields) > 1:
            title = "Contribution of each modality"
            console.print(tables.subsets(title, subsets))
            figures.write_png(charts.subsets(subsets), out / "subsets.png")
            scores |= subsets.figures()
        written = {"scores": scores}
        label, fields = self.task.codecs["label"], self.task.fields
        chances = found.chances(self.task, found.logits(self.task))
        answers = "question" in fields and "candidates" not in fields
        if answers:
            wrong = errors(self.task, found, chances)
            console.print(tables.questions("By question type", wrong))
            written["questions"] = wrong
        if label.kind == "single":
            said = chances.argmax(axis=1)
            counts = classification.confusion(found.labels, said, label.size)
            drawn = charts.confusion(counts, label.names)
            figures.write_png(drawn, out / "confusion.png")
            drawn = charts.reliability(found.labels, chances)
            figures.write_png(drawn, out / "reliability.png")
            written["confusion"] = counts.tolist()
            if answers:
                drawn = charts.answers(found.labels, said, label.names)
                figures.write_png(drawn, out / "answers.png")
        skipped.show(found.bad)
        return written

    def train_alone(self):
        """Trains the same model on each modality alone, or resumes it."""
        from mmkeras.cli import train

        asked = dict(self.card["arguments"])
        asked.pop("files", None)  # Digests, which training computes again.
        known = ("model", "data", "fingerprint", "seed", "recipe")
        name, _, _, seed, recipe = (asked.pop(key) for key in known)
        recipe = recipes.Recipe(**recipe)
        recipe = dataclasses.replace(recipe, views=tuple(recipe.views))
        source, target = reading.source_of(self.card), asked.get("target")
        splits = ("train", "val")
        rows, _, _ = datasets.read(splits=splits, target=target, **source)
        for field in self._parts():
            given = name, source, rows, recipe, asked, seed, self._alone(field)
            train.train(*given, only=field)

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
        judges = {pathlib.Path(path).name: path for path in against}
        for field in self._parts():
            if (self._alone(field) / "task.json").exists():
                judges[field] = self._alone(field)
        label = self.task.codecs["label"]
        train = judgements.placed(self.task, self._rows("train"))
        known = np.array([label(row["label"]) for row in train])
        rows = judgements.placed(self.task, self.rows)
        labels = np.array([label(row["label"]) for row in rows])
        plain = baselines.majority(self.task, known, len(labels))
        drawn = baselines.prior(self.task, known, len(labels), self.seed)
        said = {"majority": plain, "prior": drawn}
        for name, path in judges.items():
            said[name] = self._said(mmkeras.load(path), plain, name)
        if not judges:
            console.print(
                "There is no unimodal model to compare with: pass --alone, or "
                "--against with a run. Instead, the other modalities are "
                "hidden from the same model."
            )
            judges = dict.fromkeys(self._parts())
            for field in judges:
                said[field] = self._said(self.task, plain, field, field)
        said["fusion"] = self._said(self.task, plain, "fusion")
        groups = [row.get("group") for row in self.rows]
        found = evaluation.fusion_gain(
            labels,
            said,
            "fusion",
            tuple(judges),
            baselines.scorer(self.task),
            self.metric,
            None if None in groups else groups,
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
        rows = reading.split_rows(self.task, self.source, split)
        only = self.card["arguments"].get("only")
        return judgements.only(self.task, rows, only)

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

    def _alone(self, field):
        return self.run / f"alone-{field}"

    def _examples(self, task, rows):
        return judgements.examples(task, rows, progress.counter("files"))

    def _said(self, task, plain, name, only=None):
        """Predictions of all rows; the majority class if one is unreadable."""
        if task.codecs["label"].names != self.task.codecs["label"].names:
            raise ValueError(
                f"{name} has other classes than the run. Received: "
                f"{task.codecs['label'].names[:10]}. Compare runs with the "
                "same classes."
            )
        found = self._examples(task, self.rows)
        only = only and only.split("+")
        said = found.judgements(task, only)
        known = dict(zip(found.names, said))
        return np.stack(
            [known.get(row["id"], p) for row, p in zip(self.rows, plain)]
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
        found = judgements.examples(task, rows, keep=False)
        chances = found.chances(task, found.logits(task))
        return task.score(found.labels, chances)[self.metric]
