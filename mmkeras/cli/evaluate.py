"""`mmkeras evaluate`."""

import pathlib
import shlex

import typer

from mmkeras.cli import options
from mmkeras.cli import reading
from mmkeras.cli import skipped

_SEARCH = ("beam", "length_penalty", "consensus", "samples", "word_penalty")


def run(
    folder: options.Run,
    split: options.Split = "val",
    data: options.RunData = None,
    data_folder: options.RunFolder = None,
    column: options.RunColumns = None,
    beam: options.Beam = None,
    length_penalty: options.LengthPenalty = None,
    consensus: options.Consensus = 0.0,
    samples: options.Samples = 0,
    word_penalty: options.WordPenalty = 0.5,
    results: options.Results = None,
):
    """Evaluate a run on a split.

    For captioning models: BLEU, METEOR, ROUGE-L, CIDEr, and the image-shuffle
    gap. For classifiers: accuracy, F1, calibration, and the contribution of
    each modality.
    """
    asked = options.search(
        beam, length_penalty, consensus, samples, word_penalty
    )
    folder = pathlib.Path(folder)
    columns = reading.columns_of(column)
    evaluate(folder, split, data, data_folder, columns, asked, results)


def evaluate(
    run,
    split,
    data=None,
    folder=None,
    columns=None,
    asked=None,
    results=None,
    task=None,
):
    """Evaluates a run on a split; writes its metrics and captions.

    Args:
        run: Path of the run's folder.
        split: `"train"`, `"val"` or `"test"`.
        data: Name or path of the data set, or `None` for that of the run.
        folder: Folder of a published data set, or `None` for the one used in
            training.
        columns: Dict as of `datasets.read`, or `None` for that of the run.
        asked: Dict of options of `mmkeras.generation.SequenceGenerator`.
        results: Folder of results to add test metrics to, or `None`.
        task: The run's task, if already loaded.

    Returns:
        The run's task, whose compiled functions the next split can reuse.
    """
    import mmkeras
    from mmkeras.data import datasets
    from mmkeras.files import atomic
    from mmkeras.tasks import modalities
    from mmkeras.training import folder as run_folder

    run_folder.check(run)
    card = run_folder.read_card(run)
    source = reading.source_of(card, data, folder, columns)
    task = task or mmkeras.load(run)
    rows = reading.split_rows(task, source, split)
    data = datasets.name_of(source["source"])
    title = f"{data}, {split} ({len(rows)} rows)"
    rows = modalities.select(task, rows, card["arguments"].get("only"))
    asked = {**task.evaluation_defaults, **(asked or {})}
    figures = (_captions if task.texts_differ else _predictions)(
        run, task, rows, split, asked, title
    )
    path = run / "results.json"
    measured = {"data": data, **asked, "metrics": figures}
    atomic.update_json(path, lambda old: {**(old or {}), split: measured}, dict)
    known = atomic.read_json(path)
    if results and split == "test":
        _publish(run, card, task, data, known, results)
    return task


def _captions(run, task, rows, split, asked, title):
    from mmkeras import evaluation
    from mmkeras.cli import progress
    from mmkeras.training.examples import Examples

    examples = Examples(task, rows, progress.counter("images"))
    found = evaluation.summarise(examples, **asked)
    scores, rows, texts, common = found
    answers = [{"caption": text} for text in texts]
    _write_rows(run / f"captions-{split}.jsonl", rows, answers)
    skipped.show(examples.bad)
    _show(scores, common, title)
    return scores


def _predictions(run, task, rows, split, asked, title):
    from rich.console import Console

    from mmkeras import evaluation
    from mmkeras.cli import progress
    from mmkeras.evaluation import tables
    from mmkeras.training.examples import Examples

    examples = Examples(task, rows, progress.counter("files"))
    scores, subsets = evaluation.evaluate(examples, **asked)
    console = Console(highlight=False)
    console.print(tables.scores(title, {"": scores}))
    if len(task.fields) > 1:
        console.print(tables.subsets("Contribution of each modality", subsets))
        scores |= subsets.figures()
    skipped.show(examples.bad)
    return scores


def _write_rows(path, rows, answers):
    from mmkeras.files import atomic

    lines = [
        atomic.encode_json({"id": row["id"], **answer})
        for row, answer in zip(rows, answers)
    ]
    data = b"".join(lines)
    atomic.write(path, lambda file: file.write(data))


def _show(figures, common, title):
    from rich.console import Console

    from mmkeras.evaluation import tables

    console = Console(highlight=False)
    console.print(tables.scores(title, {"": figures}))
    console.print(tables.counts("Most frequent captions", common))


def _publish(run, card, task, data, known, folder):
    from mmkeras.files import atomic
    from mmkeras.training import precision
    from mmkeras.training import results

    training = atomic.read_json(
        run / "training.json", {"seconds": (int, float), "epochs": int}
    )
    arguments, before = card["arguments"], card.get("before") or {}
    entry = {
        "metrics": known["test"]["metrics"],
        "validation": known.get("val", {}).get("metrics"),
        "parameters": task.model.count_params(),
        "seconds": training["seconds"] + before.get("seconds", 0),
        "epochs": training["epochs"],
        "precision": precision.choose(arguments["policy"]),
        "before": before.get("commands", []),
        "command": portable(card["command"]),
        "evaluation": _evaluation(run, known["test"]),
        **{k: card[k] for k in ("versions", "machine", "backend")},
        "fingerprint": arguments["fingerprint"],
    }
    seed, only = arguments["seed"], arguments.get("only")
    path = results.merge(folder, arguments["model"], data, seed, entry, only)
    typer.echo(f"Added to {path}.")


def _evaluation(run, measured):
    """The command that reproduces the evaluation on the test split."""
    options = [
        f"--{name.replace('_', '-')} {measured[name]}"
        for name in _SEARCH
        if name in measured
    ]
    name = shlex.quote(run.name)
    return " ".join(["mmkeras evaluate", name, "--split test", *options])


def portable(command):
    """Reduces every path in a command to its last part."""
    words = shlex.split(command)
    return shlex.join(pathlib.PurePath(word).name for word in words)
