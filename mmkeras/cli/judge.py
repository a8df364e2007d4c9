"""What `mmkeras predict` does with a judge."""

import json
import pathlib

import typer

_SOUNDS = {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3"}


def answer(task, files, words=None, jsonl=False, figure=None):
    """Judges one example of files and words, or the rows of a table.

    Args:
        task: A `mmkeras.tasks.Classify`.
        files: List of paths: a picture and a sound, or one JSONL table whose
            rows name the fields; files relative to the table.
        words: Dict of strings by field, e.g. of `"question"`.
        jsonl: bool. Whether to write JSON objects.
        figure: PNG to write: the pictures, and where the model looked.

    Returns:
        How many examples could not be read.

    Raises:
        ValueError: If nothing is given, or what the model does not take.
    """
    if len(files) == 1 and files[0].endswith(".jsonl"):
        rows = _table(task, pathlib.Path(files[0]))
    else:
        rows = [("", _example(task, files, words or {}))]
    batch = {f: [row.get(f) for _, row in rows] for f in task.fields}
    said = task.answer(batch)
    if figure:
        good = [i for i, error in enumerate(said["error"]) if not error]
        _draw(
            task,
            {f: [v[i] for i in good] for f, v in batch.items()},
            [said["label"][i] for i in good],
            figure,
        )
    for i, (name, _) in enumerate(rows):
        _tell(
            task, name, {key: values[i] for key, values in said.items()}, jsonl
        )
    return sum(map(bool, said["error"]))


def _draw(task, batch, labels, path):
    from mmkeras.reports import figures

    figures.write_png(figures.of_judge(task, batch, labels), path)
    typer.echo(f"Drew {path}.", err=True)


def _example(task, files, words):
    given = dict(words)
    for path in map(pathlib.Path, files):
        field = "audio" if path.suffix.lower() in _SOUNDS else "image"
        if field in given:
            raise ValueError(
                f"{path} is a second {field}. Give one example at a time, or "
                "a JSONL table."
            )
        given[field] = path.read_bytes()
    strange = sorted(set(given) - set(task.fields))
    if strange or not given:
        raise ValueError(
            f"The model judges {', '.join(task.fields)}. Received: "
            f"{', '.join(given) or 'nothing'}"
        )
    return given


def _table(task, path):
    """Reads rows; each names its line."""
    rows = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ValueError(f"{where} is no JSON: {error}") from error
        if not isinstance(row, dict):
            raise ValueError(f"{where} is no object in braces.")
        kept = {f: row[f] for f in task.fields if row.get(f) is not None}
        for field in set(kept) & {"image", "audio"}:
            if isinstance(kept[field], str):
                kept[field] = (path.parent / kept[field]).read_bytes()
        rows.append((str(row.get("id", number)), kept))
    return rows


def _tell(task, name, said, jsonl):
    if said["error"] or isinstance(said["label"], str):
        return _tell_one(task, name, said, jsonl)
    there = [i for i, label in enumerate(said["label"]) if label]
    for i in there:  # Of a sequence, step by step.
        step = {key: said[key][i] for key in ("label", "probability")}
        where = f"{name}:{i + 1}".lstrip(":")
        _tell_one(task, where, {**step, "error": ""}, jsonl)


def _tell_one(task, name, said, jsonl):
    names = task.codecs["label"].names or ["value"]
    label, error = str(said["label"]), said["error"]
    chances = {
        known: round(float(chance), 4)
        for known, chance in zip(names, said["probability"])
    }
    if jsonl:
        row = {"id": name, "label": label, "probability": chances}
        row = {"id": name, "error": error} if error else row
        typer.echo(json.dumps(row, ensure_ascii=False))
    elif error:
        typer.echo(f"{name}: {error}".lstrip(": "), err=True)
    else:
        likely = sorted(chances.items(), key=lambda item: -item[1])[:5]
        told = ", ".join(f"{known} {chance:.3f}" for known, chance in likely)
        typer.echo("\t".join([*([name] if name else []), label, told]))
