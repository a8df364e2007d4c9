"""`mmkeras predict` for classifiers."""

import collections
import json
import pathlib

import typer

_AT_ONCE = 64  # Examples whose files are in memory at the same time.


def answer(
    task,
    files,
    texts=None,
    jsonl=False,
    figure=None,
    columns=None,
    **options,
):
    """Classifies one example of files and texts, or several.

    Rows that cannot be read get an empty answer; the errors are written to
    the error stream.

    Args:
        task: A `mmkeras.tasks.Classify`.
        files: List of paths: an image and an audio file, or one table (JSONL,
            CSV or TSV) whose columns are the fields; its paths are relative
            to its folder. For tasks of one field also several files, or
            folders of them: an example each.
        texts: Dict of strings by field, e.g. of `"question"`.
        jsonl: bool. Whether to write JSON objects.
        figure: PNG to write: the images and the model's attention over them.
        columns: Dict from fields to the names that the table has for them,
            where it has such columns.
        **options: For models that generate text: options of generation.

    Returns:
        Number of examples that could not be read.

    Raises:
        ValueError: If there is no input, if an input is not a field of the
            model, or if the whole table cannot be read.
    """
    from mmkeras.cli import inputs
    from mmkeras.data import truncation
    from mmkeras.data.problems import printable

    folder = pathlib.Path()
    if any(map(inputs.is_table, files)):
        if len(files) > 1 or texts:
            raise ValueError(
                "Give a table by itself, without other files or texts. "
                f"Received: {', '.join([*files, *(texts or {})])}"
            )
        examples, notes = inputs.from_table(task, files[0], columns)
        for note in notes:
            typer.echo(printable(note), err=True)
        folder = pathlib.Path(files[0]).absolute().parent
    elif not texts and inputs.are_several(task, files):
        examples = inputs.from_each(task, files)
    else:
        examples = [inputs.from_files(task, files, texts or {})]
    failed, good, sizes = 0, [], collections.defaultdict(list)
    for i in range(0, len(examples), _AT_ONCE):
        some = [
            inputs.read(task, e, folder) for e in examples[i : i + _AT_ONCE]
        ]
        values = [example.values for example in some]
        for field, found in truncation.measure(task.codecs, values).items():
            sizes[field] += found
        for example, said in zip(some, _answers(task, some, options)):
            failed += bool(said["error"])
            _tell(task, example.name, said, jsonl)
            if figure and not said["error"]:
                good.append((example.values, said["label"]))
    remedy = "train with a greater {} to use more"
    for note in truncation.describe(task.codecs, sizes, remedy):
        typer.echo(note, err=True)
    if good:
        values, labels = zip(*good)
        batch = {f: [v.get(f) for v in values] for f in task.fields}
        _draw(task, batch, list(labels), figure)
    return failed


def _answers(task, examples, options):
    """Predicts examples; those with an error get an empty answer."""
    readable = [e for e in examples if not e.error]
    batch = {f: [e.values.get(f) for e in readable] for f in task.fields}
    said = task.answer(batch, **options)
    rows = iter([dict(zip(said, row)) for row in zip(*said.values())])
    empty = {"label": "", "probability": []}
    return [
        {**empty, "error": e.error} if e.error else next(rows) for e in examples
    ]


def _draw(task, batch, labels, path):
    from mmkeras.evaluation import figures

    figures.write_png(figures.of_judge(task, batch, labels), path)
    typer.echo(f"Wrote figure {path}.", err=True)


def _tell(task, name, said, jsonl):
    if said["error"] or isinstance(said["label"], str):
        return _tell_one(task, name, said, jsonl)
    there = [i for i, label in enumerate(said["label"]) if label]
    for i in there:  # For sequences: one line per step.
        step = {key: said[key][i] for key in ("label", "probability")}
        where = f"{name}:{i + 1}".lstrip(":")
        _tell_one(task, where, {**step, "error": ""}, jsonl)


def _tell_one(task, name, said, jsonl):
    from mmkeras.data.problems import printable

    names = getattr(task.target.codec, "names", None) or ["value"]
    label, error = "" if said["error"] else str(said["label"]), said["error"]
    chances = {
        known: round(float(chance), 4)
        for known, chance in zip(names, said["probability"])
    }
    chances = {} if error else chances
    if error:
        where = f"{name}: {error}".removeprefix(": ")
        typer.echo(printable(where), err=True)
    if jsonl:
        row = {"id": name, "label": label, "probability": chances}
        row |= {"error": error} if error else {}
        typer.echo(json.dumps(row, ensure_ascii=False))
    elif name or not error:
        likely = sorted(chances.items(), key=lambda item: -item[1])[:5]
        told = ", ".join(f"{known} {chance:.3f}" for known, chance in likely)
        cells = [*([name] if name else []), label, told]
        typer.echo("\t".join(map(printable, cells)))
