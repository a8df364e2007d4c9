"""`mmkeras predict`."""

import collections
import json
import pathlib
from typing import Annotated

import typer

from mmkeras.cli import options
from mmkeras.cli import settings


def run(
    folder: options.Run,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            help="Images, or folders of images. For classifiers: the image "
            "and the audio file of one example, or one table of examples "
            "(JSONL, CSV or TSV) with the model's fields as columns; for "
            "models with one input also several files, or folders of them. "
            "Also KEY=VALUE for models that generate text, such as "
            "generate.beam=5; see `mmkeras config`.",
            show_default=False,
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(
            help="For classifiers: the text of the example. For translation: "
            "the text to translate. For models of dialogues: one line per "
            "turn, e.g. 'Ann: Hello!'."
        ),
    ] = None,
    image: Annotated[
        str | None,
        typer.Option(help="An image; the same as giving it as a file."),
    ] = None,
    question: Annotated[
        str | None,
        typer.Option(help="For visual question answering: the question."),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            help="For retrieval, and for hub:PRESET of CLIP or SigLIP: "
            "classify the files by these texts, separated by commas, e.g. "
            "'a dog,a cat'.",
        ),
    ] = None,
    column: options.RunColumns = None,
    figure: Annotated[
        str | None,
        typer.Option(
            help="PNG to write: the images with their captions and, for "
            "models with attention over image regions, the attention before "
            "each word, or before the answer."
        ),
    ] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Write one JSON object per image.")
    ] = False,
):
    """Caption images, translate texts or classify examples.

    Any modality may be absent.

    Inputs that cannot be read get an empty answer, and their errors are
    written to the error stream; with `--jsonl` the reason is in `error`. All
    other inputs are still predicted. The exit code is 1 if there were such
    errors, else 0.
    """
    import mmkeras
    from mmkeras import api
    from mmkeras import hub
    from mmkeras.training.sources import remembered_columns

    folder = hub.find(folder)
    task = mmkeras.load(folder)
    files, values = settings.split(files)
    files += [image] if image else []
    generate = api.generation_options(task, values)
    generate = task.generation_options(**generate)
    texts = {task.text_field: text, "question": question}
    texts = {k: v for k, v in texts.items() if v is not None}
    if labels is not None:
        _classify(task, files, labels, jsonl)
        return
    columns = options.columns_of(column) or remembered_columns(folder)
    examples, base = _examples(task, files, texts, columns)
    if write_answers(task, examples, base, jsonl, generate, figure):
        raise typer.Exit(1)


def _classify(task, files, labels, jsonl):
    """Classifies files by texts; prints the answers."""
    from mmkeras.tasks import raw_examples

    if not hasattr(task, "zero_shot"):
        raise ValueError(
            "`--labels` is an option of retrieval models. Received a run of "
            f"{task.model.name.replace('_', '-')}"
        )
    names = [name.strip() for name in labels.split(",")]
    names = list(dict.fromkeys(name for name in names if name))
    if not files:
        raise ValueError("`--labels` classifies files. Received: no files.")
    field = raw_examples.field_of(task, files[0])
    if field not in task.fields:
        raise ValueError(
            f"The model embeds {', '.join(task.fields)}. Received: {field}, "
            f"{files[0]}"
        )
    examples = raw_examples.from_each(task, files, field)
    values = [example.values[field] for example in examples]
    answers = task.zero_shot(values, names, field)
    for example, label, shares, error in zip(examples, *answers.values()):
        probability = dict(zip(names, shares.round(4).tolist()))
        row = {
            "id": example.name,
            "label": label,
            "probability": {} if error else probability,
            **({"error": error} if error else {}),
        }
        _echo(row, task.row_texts(row), jsonl)
    if any(answers["error"]):
        raise typer.Exit(1)


def write_answers(task, examples, base, jsonl, generate, figure=None):
    """Prints the answers to examples.

    Args:
        task: A `tasks.Task`.
        examples: List of `raw_examples.Example`s.
        base: `pathlib.Path` that their paths are relative to.
        jsonl: bool. Whether to print JSON.
        generate: Dict of options of generation.
        figure: PNG to write, or `None`.

    Returns:
        Number of examples with an error.
    """
    from mmkeras.data import truncation
    from mmkeras.tasks import predict

    print_answer = _print_caption if task.texts_differ else _print_answer
    failed, drawable, sizes = 0, [], collections.defaultdict(list)
    for example, answer in predict.answers(task, examples, base, **generate):
        measured = truncation.measure(task.codecs, [example.values])
        for field, lengths in measured.items():
            sizes[field] += lengths
        failed += bool(answer["error"])
        print_answer(task, example.name, answer, jsonl)
        if figure and not answer["error"]:
            drawable.append((example.values, answer))
    advice = task.truncation_advice
    for note in truncation.describe(task.codecs, sizes, advice):
        typer.echo(note, err=True)
    if drawable:
        _draw(task, drawable, figure)
    return failed


def _examples(task, files, texts, columns):
    """Examples of files, or of a table, and the folder of their paths."""
    from mmkeras.data.problems import printable
    from mmkeras.tasks import raw_examples

    if not any(map(raw_examples.is_table, files)):
        return _examples_of_files(task, files, texts), pathlib.Path()
    if len(files) > 1 or texts:
        raise ValueError(
            "Give a table by itself, without other files or texts. "
            f"Received: {', '.join([*files, *texts])}"
        )
    examples, notes = raw_examples.from_table(task, files[0], columns)
    for note in notes:
        typer.echo(printable(note), err=True)
    return examples, pathlib.Path(files[0]).absolute().parent


def _examples_of_files(task, files, texts):
    from mmkeras.tasks import raw_examples

    if task.texts_differ and not files:
        raise ValueError(
            "Expected at least one image. Received: no files. Give images, or "
            "folders of images."
        )
    several = not texts and raw_examples.are_several(task, files)
    if several or task.texts_differ:
        return raw_examples.from_each(task, files)
    return [raw_examples.from_files(task, files, texts)]


def _print_caption(task, path, answer, jsonl):
    from mmkeras.data.problems import printable

    error = answer["error"].removeprefix("image: ").removeprefix(f"{path}: ")
    if error:
        typer.echo(printable(f"{path}: {error}"), err=True)
    if jsonl:
        row = task.table_row(path, {**answer, "error": error})
        typer.echo(json.dumps(row, ensure_ascii=False))
    else:
        typer.echo(f"{printable(path)}\t{printable(answer['text'])}")


def _print_answer(task, name, answer, jsonl):
    if answer["error"] or isinstance(answer.get("label", ""), str):
        return _print_row(task, name, answer, jsonl)
    steps = [i for i, label in enumerate(answer["label"]) if label]
    for i in steps:  # For sequences: one line per step.
        step = {key: answer[key][i] for key in ("label", "probability")}
        where = f"{name}:{i + 1}".lstrip(":")
        _print_row(task, where, {**step, "error": ""}, jsonl)


def _print_row(task, name, answer, jsonl):
    row = task.table_row(name, answer)
    _echo(row, task.row_texts(row), jsonl)


def _echo(row, texts, jsonl):
    """Prints a row as of `Task.table_row`."""
    from mmkeras.data.problems import printable

    error, name = row.get("error", ""), row["id"]
    if error:
        where = f"{name}: {error}".removeprefix(": ")
        typer.echo(printable(where), err=True)
    if jsonl:
        typer.echo(json.dumps(row, ensure_ascii=False))
    elif name or not error:
        cells = [*([name] if name else []), *texts]
        typer.echo("\t".join(map(printable, cells)))


def _draw(task, predictions, path):
    from mmkeras.evaluation import figures

    values, answers = zip(*predictions)
    if task.texts_differ:
        images = [value["image"] for value in values]
        pixels, _ = task.codecs["image"].try_batch(images)
        texts = [answer["text"] for answer in answers]
        figure = figures.of_captioner(task, pixels.numpy(), texts)
    else:
        batch = {f: [v.get(f) for v in values] for f in task.fields}
        labels = [answer["label"] for answer in answers]
        figure = figures.of_classifier(task, batch, labels)
    figures.write_png(figure, path)
    typer.echo(f"Wrote figure {path}.", err=True)
