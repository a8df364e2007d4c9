"""`mmkeras evaluate`."""

import json
import pathlib
from typing import Annotated

import typer

from mmkeras.cli import options


def run(
    folder: options.Run,
    split: Annotated[str, typer.Option(help="train, val or test.")] = "val",
    data: Annotated[
        str | None, typer.Option(help="Data set. [default: the run's]")
    ] = None,
    data_folder: Annotated[
        str | None, typer.Option(help="Where the data lies.")
    ] = None,
    beam: options.Beam = 3,
    length_penalty: options.LengthPenalty = 0.7,
    results: Annotated[
        str | None,
        typer.Option(help="Folder of results to add the figures to."),
    ] = None,
):
    """Measure a run: BLEU, METEOR, ROUGE-L, CIDEr, and whether it looks."""
    evaluate(
        pathlib.Path(folder),
        split,
        data,
        data_folder,
        beam,
        length_penalty,
        results,
    )


def evaluate(run, split, data, folder, beam, length_penalty, results):
    """Measures a run on a split; writes its figures and its captions."""
    import mmkeras
    from mmkeras import reports
    from mmkeras.data import datasets
    from mmkeras.training import atomic
    from mmkeras.training.captions import Pictures

    card = atomic.read_json(run / "run.json")
    data = data or card["arguments"]["data"]
    rows = datasets.find(data).rows(split, folder)
    task = mmkeras.load(run)
    pictures = Pictures(task, rows, progress=options.counter("pictures"))
    asked = {"beam": beam, "length_penalty": length_penalty}
    figures, texts, common = reports.summarise(task, pictures, **asked)
    lines = [
        json.dumps({"id": row["id"], "caption": text}, ensure_ascii=False)
        for row, text in zip(rows, texts)
    ]
    text = "\n".join(lines) + "\n"
    atomic.write(
        run / f"captions-{split}.jsonl", lambda f: f.write(text.encode())
    )
    path = run / "results.json"
    known = atomic.read_json(path) if path.exists() else {}
    known[split] = {"data": data, **asked, "metrics": figures}
    atomic.write_json(path, known)
    _show(figures, common, f"{data} {split}, beam {beam}")
    if results and split == "test":
        _publish(run, card, task, data, known, results)


def _show(figures, common, title):
    from rich.console import Console
    from rich.table import Table

    table = Table("figure", "value", title=title, title_justify="left")
    for name, value in figures.items():
        table.add_row(name, f"{value:.4g}")
    console = Console()
    console.print(table)
    for text, count in common:
        console.print(f"{count} times: {text}", markup=False)


def _publish(run, card, task, data, known, folder):
    from mmkeras.training import atomic
    from mmkeras.training import results

    training = atomic.read_json(run / "training.json")
    arguments = card["arguments"]
    entry = {
        "metrics": known["test"]["metrics"],
        "validation": known.get("val", {}).get("metrics"),
        "parameters": task.model.count_params(),
        "seconds": training["seconds"],
        "epochs": training["epochs"],
        "precision": arguments["policy"],
        "command": _portable(card["command"]),
        **{k: card[k] for k in ("versions", "machine", "backend")},
        "fingerprint": arguments["fingerprint"],
    }
    seed = arguments["seed"]
    path = results.merge(folder, arguments["model"], data, seed, entry)
    typer.echo(f"Added to {path}.")


def _portable(command):
    """Leaves of every path in a command the last part alone."""
    words = [pathlib.PurePath(word).name for word in command.split()]
    return " ".join(words)
