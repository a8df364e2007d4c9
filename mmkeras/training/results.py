"""Results by seed, and the table of results of the zoo."""

import pathlib
import re
import statistics

from mmkeras.files import atomic
from mmkeras.training import published

_COLUMNS = {
    "bleu_1": ("BLEU-1", 100),
    "bleu_4": ("BLEU-4", 100),
    "meteor": ("METEOR", 100),
    "rouge_l": ("ROUGE-L", 100),
    "cider": ("CIDEr", 1),
    "unique": ("unique %", 100),
    "shuffle_gap": ("shuffle gap", 1),
    "bleu": ("BLEU", 100),
    "bleu_tokenized": ("BLEU, Moses tokens in lower case", 100),
    "chrf": ("chrF", 100),
    "ter": ("TER", 100),
    "word_error_rate": ("WER", 100),
    "character_error_rate": ("CER", 100),
    "accuracy": ("accuracy", 100),
    "f1_weighted": ("F1, weighted", 100),
    "f1_macro": ("F1, macro", 100),
    "acc_2_non0": ("acc-2", 100),
    "mae": ("MAE", 1),
    "calibration_error": ("ECE", 1),
    "majority": ("majority", 100),
    "vqa_accuracy": ("VQA accuracy", 100),
    "consistency": ("consistency", 100),
    **{
        f"{way}_recall_{k}": (f"{way.replace('_', ' ')}, R@{k}", 100)
        for way in ("image_to_text", "text_to_image")
        for k in (1, 5, 10)
    },
    **{
        f"{way}_recall_10": (f"{way.replace('_', ' ')}, R@10", 100)
        for way in (
            "image_to_audio",
            "audio_to_image",
            "text_to_audio",
            "audio_to_text",
        )
    },
}
EXPECTED = {  # Contents of a results file.
    "model": str,
    "data": str,
    "mean": dict,
    "spread": dict,
    "published": list,
    "seeds": dict,
}
_OPTION = re.compile(r"(model|task|data|train)\.[\w.]+=")
_SUBSET = "subset_"  # Accuracy with a subset of the modalities.
_WORTH = "worth_"  # Shapley value of a modality.
_TYPE = "type_"  # Accuracy of questions of a type.


def merge(folder, model, data, seed, entry, modalities=None):
    """Adds the results of one seed to `<folder>/<model>--<data>.json`.

    The seeds of a file are trained with the same options. Those of other
    options need a file of their own.

    Args:
        folder: The folder of results, `zoo/results` in the repository; or a
            file `<model>--<data>--<variant>.json`, with a few words for what
            is different about this training, joined by hyphens.
        model: Name of the architecture.
        data: Name of the data set.
        seed: int. Results of the same seed are replaced.
        entry: Dict with `"metrics"`, `"command"` and other notes about the
            run.
        modalities: If the model was trained on some modalities only, these,
            joined by `"+"`: such results have a file of their own,
            `<model>--<data>--<modalities>.json`.

    Returns:
        Path of the file.

    Raises:
        ValueError: If the name of a file does not begin with the model and
            the data, or if the file has seeds of other options.
    """
    path, variant = _path(folder, model, data, modalities)
    path.parent.mkdir(parents=True, exist_ok=True)

    def add(previous):
        seeds = {**(previous["seeds"] if previous else {}), str(seed): entry}
        seeds = dict(sorted(seeds.items(), key=lambda item: int(item[0])))
        _check_options(path, seeds, entry)
        metrics = [entry["metrics"] for entry in seeds.values()]
        return {
            "model": model,
            "data": data,
            **({"only": modalities} if modalities else {}),
            **({"variant": variant} if variant else {}),
            "mean": _each(metrics, statistics.mean),
            "spread": _each(metrics, _spread),
            "published": [
                row
                for row in published.PUBLISHED.get(data, [])
                if any(key in row for key in entry["metrics"])
            ],
            "seeds": seeds,
        }

    atomic.update_json(path, add, {"seeds": dict})
    return path


def _path(folder, model, data, modalities):
    """The file of results, and the words of its name for the variant."""
    path, name = pathlib.Path(folder), f"{model}--{data}"
    if path.suffix != ".json":
        label = f"--{modalities}" if modalities else ""
        return path / f"{name}{label}.json", None
    start, _, variant = path.stem.rpartition("--")
    if start != name or not variant:
        raise ValueError(
            "A file of results must be named after the model, the data and "
            f"what is different about the training: {name}--VARIANT.json. "
            f"Received: {path.name}"
        )
    return path, variant


def _check_options(path, seeds, entry):
    """Refuses seeds of other options than those of `entry`."""
    for seed, other in seeds.items():
        if _options(other) != _options(entry):
            raise ValueError(
                f"{path} has seed {seed} of a training with other options "
                f"({other['command']}). Name a file for these results, "
                f"{path.stem}--VARIANT.json, or move the old one away. "
                f"Received: {entry['command']}"
            )


def _options(entry):
    """The options of the commands that trained a model, sorted."""
    commands = [*entry.get("before", []), entry["command"]]
    return [
        sorted(word for word in command.split() if _OPTION.match(word))
        for command in commands
    ]


def render(folder):
    """Writes the table of all results as Markdown.

    Args:
        folder: The folder of results.

    Returns:
        The text of `zoo/README.md`.
    """
    entries = [
        atomic.read_json(path, EXPECTED)
        for path in sorted(
            pathlib.Path(folder).glob("*--*.json"), key=lambda path: path.stem
        )
    ]
    parts = [_HEAD]
    for data in sorted({entry["data"] for entry in entries}):
        same_data = [entry for entry in entries if entry["data"] == data]
        tasks = sorted({_task(entry) for entry in same_data})
        for task in tasks:
            group = [entry for entry in same_data if _task(entry) == task]
            title = f"{data}: {task}" if len(tasks) > 1 else data
            parts.append(_section(title, group))
    return "\n".join(parts)


_HEAD = """# The zoo: what each architecture scores

Generated by `mmkeras results` from [results](results); do not edit.
Metrics are means over seeds on the test split, with the sample standard
deviation. Every choice was made on the validation split. The shuffle gap is
the loss with the images permuted among the captions, minus the loss with the
right images: at 0 the image does not matter.
"""


def _task(entry):
    """The task of an entry: the first word of its architecture's name."""
    return entry["model"].partition("-")[0]


def _section(title, entries):
    keys = {key for entry in entries for key in entry["mean"]}
    columns = {k: column for k, column in _COLUMNS.items() if k in keys}
    order = sorted(keys, key=lambda k: (k.startswith(_WORTH), len(k), k))
    for key in order:
        if key.startswith(_SUBSET) and key != _SUBSET:
            columns[key] = f"{key.removeprefix(_SUBSET)} given", 100
        if key.startswith(_WORTH) and not key.endswith(("_low", "_high")):
            columns[key] = f"contribution of {key.removeprefix(_WORTH)}", 100
        if key.startswith(_TYPE):
            columns[key] = f"{key.removeprefix(_TYPE)} questions", 100
    names = [name for name, _ in columns.values()]
    lines = [f"## {title}", "", _row(["model", "seeds", *names])]
    lines.append(_row(["---"] * (len(names) + 2)))
    for entry in entries:
        cells = [
            _cell(entry["mean"], entry["spread"], key, factor)
            for key, (_, factor) in columns.items()
        ]
        lines.append(_row([_title(entry), len(entry["seeds"]), *cells]))
    label = title.replace(": ", "-")
    marks = {}  # From the text of a footnote to its mark.
    for other in entries[0]["published"]:
        note = f"{other['source']}; {other['like_for_like']}."
        mark = marks.setdefault(note, f"[^{label}-{len(marks) + 1}]")
        cells = [_cell(other, {}, k, f) for k, (_, f) in columns.items()]
        lines.append(_row([f"{other['model']} {mark}", "", *cells]))
    lines.append("")
    if marks:
        lines += [*(f"{mark}: {note}" for note, mark in marks.items()), ""]
    for entry in entries:
        lines += _provenance(entry)
    return "\n".join(lines)


def _title(entry):
    modalities, variant = entry.get("only"), entry.get("variant")
    return f"`{entry['model']}`" + (
        (f", {variant}" if variant else "")
        + (f", trained on {modalities} alone" if modalities else "")
    )


def _provenance(entry):
    first = next(iter(entry["seeds"].values()))
    seconds = statistics.mean(e["seconds"] for e in entry["seeds"].values())
    machine, time = first["machine"], max(round(seconds / 60), 1)
    return [
        f"{_title(entry)}: {first['parameters']:,} parameters, "
        f"{time} minute{'s' * (time > 1)} of training on "
        f"{machine['cores']} cores ({machine['processor']}), "
        f"{first['precision']}.",
        "",
        *[f"    {command}" for command in first.get("before", [])],
        f"    {first['command']}",
        f"    {first['evaluation']}",
        "",
    ]


def _cell(mean, spread, key, factor):
    if key not in mean:
        return ""
    digits = 1 if factor == 100 else 3
    text = f"{mean[key] * factor:.{digits}f}"
    if spread.get(key) is not None:
        text += f" ± {spread[key] * factor:.{digits}f}"
    return text


def _row(cells):
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _each(metrics, reduce):
    keys = [k for k in metrics[0] if all(k in m for m in metrics)]
    return {key: reduce([m[key] for m in metrics]) for key in keys}


def _spread(values):
    return statistics.stdev(values) if len(values) > 1 else None
