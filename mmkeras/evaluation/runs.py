"""Evaluates a run and records its scores."""

import collections
import dataclasses
import pathlib

from mmkeras import hub
from mmkeras import tasks
from mmkeras.data import datasets
from mmkeras.evaluation import recognition
from mmkeras.evaluation.evaluate import evaluate as evaluate_examples
from mmkeras.files import atomic
from mmkeras.tasks import modalities
from mmkeras.tasks import transcripts
from mmkeras.training import commands
from mmkeras.training import few_shot
from mmkeras.training import folder as run_folder
from mmkeras.training import precision
from mmkeras.training import results as result_files
from mmkeras.training import sources
from mmkeras.training.examples import Examples
from mmkeras.training.reporter import Reporter

_ALL = "all"
_TRAINED_ON = (
    "These validation rows were drawn from the training rows, and trained on: "
    "see cross_validation in training.json for the accuracy on other rows."
)


@dataclasses.dataclass
class Evaluation:
    """Scores of a run on a split.

    Attributes:
        task: The run's task, whose compiled functions can be reused.
        title: Name of the data set and the split.
        scores: Dict of metrics, without those of `subsets`.
        subsets: A `Subsets` of modalities, or `None`.
        common: Most frequent captions and their counts, or `None`.
        skipped: List of `(row id, error)` of rows that could not be read.
    """

    task: tasks.Task
    title: str
    scores: dict
    subsets: object = None
    common: list | None = None
    skipped: list = dataclasses.field(default_factory=list)

    @property
    def metrics(self):
        """Dict of all metrics."""
        subsets = self.subsets.figures() if self.subsets else {}
        return self.scores | subsets


def evaluate(
    run,
    split="val",
    data=None,
    folder=None,
    columns=None,
    generate=None,
    results=None,
    task=None,
    reporter=None,
    transcriber=None,
):
    """Evaluates a run on a split; writes its metrics and captions.

    Nothing is written into a preset or a pretrained network, whose files do
    not change.

    Args:
        run: Path of the folder of a run, of a preset, or of a pretrained
            network that answers without training.
        split: `"train"`, `"val"` or `"test"`; for a pretrained network also
            `"all"`.
        data: Name or path of the data set, a DataFrame or rows, or `None` for
            the data of the run.
        folder: Folder of a published data set, or `None` for the one used in
            training.
        columns: Dict as of `datasets.read`, or `None` for that of the run.
        generate: Dict of options of `mmkeras.generation.SequenceGenerator`.
        results: Folder of results to add test metrics to, or a file in it, as
            of `training.results.merge`; or `None`.
        task: The run's task, if already loaded.
        reporter: A `training.reporter.Reporter`, or `None` to log.
        transcriber: Run or pretrained network whose transcripts of the rows'
            recordings replace their texts, see `tasks.transcripts`; `None`
            for the texts of the data set.

    Returns:
        An `Evaluation`.
    """
    run, reporter = pathlib.Path(run), reporter or Reporter()
    is_preset = hub.is_preset(run) or hub.is_network(run)
    if is_preset and results:
        raise ValueError(
            f"{run} is a preset; only the results of a run can be added to "
            "others. Leave out --results, or train a run."
        )
    if transcriber and results:
        raise ValueError(
            "Results are those of the texts of the data set: leave out "
            "`results` (`--results`) or `transcriber` (`--transcriber`)."
        )
    run_folder.check(run)
    task = task or tasks.load(run)
    card = _card(run, task, data)
    if hub.is_network(run):
        source = sources.of_task(task, data, folder, columns)
    else:
        source = sources.of_run(card, data, folder, columns)
    if split == _ALL and hub.is_network(run):  # It was trained on none.
        rows = datasets.scan(**source).rows
    else:
        rows = sources.split_rows(task, source, split, reporter, card)
    if split == "val" and few_shot.trained_on_validation(run):
        reporter.warn(_TRAINED_ON)
    name = datasets.name_of(source["source"])
    title = f"{name}, {split} ({len(rows)} rows)"
    selected = card["arguments"]["task"].get("modalities")
    rows = modalities.select(task, rows, selected)
    silent = []
    if transcriber:
        progress = reporter.counter("recordings")
        rows, silent = transcripts.replace_texts(
            task, rows, transcriber, progress
        )
        title = f"{name}, {split} ({len(rows)} transcripts by {transcriber})"
    generate = task.generation_options(**(generate or {}))
    if task.is_streamed:
        progress = reporter.counter("recordings")
        scores, skipped = recognition.evaluate(task, rows, generate, progress)
        evaluation = Evaluation(task, title, scores, skipped=skipped)
        reporter.skipped(skipped)
        reporter.evaluated(evaluation)
        return evaluation
    part = f"{split}-transcripts" if transcriber else split
    examples = Examples(task, rows, reporter.counter("files"))
    outputs = examples.remove_not_finite(examples.outputs(**generate))
    scores, subsets = evaluate_examples(
        examples, outputs=outputs, generate=generate
    )
    evaluation = Evaluation(
        task,
        title,
        scores,
        subsets if len(task.modalities) > 1 else None,
        skipped=[*silent, *examples.errors],
    )
    if task.texts_differ:
        rows, texts = task.texts(examples, outputs)
        evaluation.common = most_frequent(texts)
        if not is_preset:
            _write_captions(run / f"captions-{part}.jsonl", rows, texts)
    if not is_preset:
        _record(run, part, name, generate, evaluation.metrics)
    reporter.skipped(evaluation.skipped)
    reporter.evaluated(evaluation)
    for note in task.score_notes():
        reporter.note(note)
    if results and split == "test":
        path = _publish(run, card, task, name, results)
        reporter.note(f"Added to {path}.")
    return evaluation


def _card(run, task, data):
    """The `run.json` of a run; a pretrained network has none."""
    if not hub.is_network(run):
        return run_folder.read_card(run)
    if data is None:
        raise ValueError(
            f"{run} is a pretrained network, without data of its own. Name the "
            "data set with `data` (`--data`)."
        )
    architecture = task.model.name.replace("_", "-")
    return {"arguments": {"architecture": architecture, "task": {}}}


def most_frequent(texts):
    """Counts the three most frequent texts; returns `(text, count)` pairs."""
    return collections.Counter(texts).most_common(3)


def _write_captions(path, rows, texts):
    lines = [
        atomic.encode_json({"id": row["id"], "caption": text})
        for row, text in zip(rows, texts)
    ]
    atomic.write(path, lambda file: file.write(b"".join(lines)))


def _record(run, split, name, generate, metrics):
    """Adds the scores of a split, or of its transcripts, to `results.json`."""
    entry = {"data": name, "generate": generate, "metrics": metrics}
    atomic.update_json(
        run / "results.json",
        lambda old: {**(old or {}), split: entry},
        dict,
    )


def _publish(run, card, task, data, folder):
    """Adds the test metrics to the file of results; returns its path."""
    results = atomic.read_json(run / "results.json")
    training = atomic.read_json(
        run / "training.json", {"seconds": (int, float), "epochs": int}
    )
    arguments, before = card["arguments"], card.get("before") or {}
    entry = {
        "metrics": results["test"]["metrics"],
        "validation": results.get("val", {}).get("metrics"),
        "parameters": task.model.count_params(),
        "seconds": training["seconds"] + before.get("seconds", 0),
        "epochs": training["epochs"],
        "precision": precision.choose(arguments["train"]["precision"]),
        "before": before.get("commands", []),
        "command": commands.portable(card["command"]),
        "evaluation": commands.evaluate(run, results["test"]["generate"]),
        **{k: card[k] for k in ("versions", "machine", "backend")},
        "fingerprint": arguments["fingerprint"],
    }
    return result_files.merge(
        folder,
        arguments["architecture"],
        data,
        arguments["seed"],
        entry,
        arguments["task"].get("modalities"),
    )
