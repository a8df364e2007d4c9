"""The model card of a preset, generated from its run."""

import pathlib
import textwrap

import mmkeras
from mmkeras import registry
from mmkeras.evaluation import formats
from mmkeras.files import atomic
from mmkeras.training import commands
from mmkeras.training import pretrained

_SPLITS = {"val": "validation", "test": "test"}
# Raw values for the examples of use, by kind of codec.
_FILES = {
    "image": "photo.jpg",
    "audio": "recording.wav",
    "video": "clip.gif",
}
_LISTED = (  # Metrics in the metadata, besides the headline metric.
    *("accuracy", "f1_weighted", "f1_macro", "bleu_4", "cider", "mae"),
    *("vqa_accuracy", "meteor", "rouge_l"),
)
_WIDTH = 79


def write(facts, task, card, run):
    """Writes the card of a preset.

    Args:
        facts: Dict of `metadata.json` that describes the preset.
        task: Its `tasks.Task`.
        card: Dict of its `run.json`, without paths.
        run: Folder of the run or of the preset, with its results.

    Returns:
        Markdown with the metadata of the Hugging Face Hub as YAML.
    """
    results = atomic.read_json(pathlib.Path(run, "results.json"), dict)
    training = atomic.read_json(pathlib.Path(run, "training.json"), dict)
    parts = [
        _metadata(facts, task, card, results),
        _title(facts),
        _use(facts, task),
        _figures(facts, card, results),
        _inputs(results),
        _limits(facts, task, results),
        _terms(facts, card),
        _training(card, training),
    ]
    return "\n".join(part for part in parts if part)


def _metadata(facts, task, card, results):
    """The metadata of the hub, with the test metrics."""
    import huggingface_hub

    options = {}
    if facts["license_name"]:
        options["license_name"] = facts["license_name"]
    bases = _base_models(card)
    if bases:
        options["base_model"] = bases
    data = huggingface_hub.ModelCardData(
        license=facts["license"],
        library_name="keras",
        pipeline_tag=task.pipeline_tag,
        datasets=[facts["data"]],
        tags=["mmkeras", facts["architecture"]],
        model_name=facts["name"],
        eval_results=_evaluations(facts, task, results) or None,
        **options,
    )
    return f"---\n{data.to_yaml().strip()}\n---\n"


def _evaluations(facts, task, results):
    from huggingface_hub import EvalResult

    metrics = results.get("test", {}).get("metrics", {})
    names = [name for name in _LISTED if name in metrics]
    return [
        EvalResult(
            task_type=task.pipeline_tag,
            dataset_type=facts["data"],
            dataset_name=facts["data"],
            dataset_split="test",
            metric_type=name,
            metric_name=formats.title(name),
            metric_value=round(metrics[name], 4),
        )
        for name in names
    ]


def _base_models(card):
    """Handles on the Hugging Face Hub of the networks that it began with."""
    mark = "hub:hf://"
    names = _networks(card)
    return [n.removeprefix(mark) for n in names if n.startswith(mark)]


def _networks(card):
    """Names of the pretrained networks that the run began with."""
    arguments = card["arguments"]
    branches = pretrained.modalities(arguments["architecture"])
    values = [arguments["model"].get(name) for name in branches]
    own = (None, pretrained.OWN)
    return [value for value in values if value not in own]


def _title(facts):
    architecture = registry.get(facts["architecture"])
    return (
        f"# {facts['name']}\n\n"
        + _wrap(
            f"`{facts['architecture']}` of mmkeras {mmkeras.__version__} "
            f"({facts['parameters']:,} parameters; task: {facts['task']}), "
            f"trained on {facts['data']}. Architecture: "
            f"{architecture.paper}. This card is generated from the run."
        )
        + "\n"
    )


def _use(facts, task):
    name, inputs = facts["name"], []
    values, flags, kinds = {}, [], set()
    for field in task.fields:
        kind = task.codecs[field].kind
        kinds.add(kind)
        if kind in _FILES:
            inputs.append(_FILES[kind])
            values[field] = f'["{_FILES[kind]}"]'
        elif kind == "text":
            flag = "text" if field == task.text_field else field
            flags.append(f'--{flag} "..."')
            values[field] = '["..."]'
        elif kind == "dialogue":
            flags.append("""--text $'Ann: Hello!\\nBob: Hi.'""")
            values[field] = '[["Hello!", "Hi."]]'
        else:
            columns = task.codecs[field].columns(field)
            values |= dict.fromkeys(columns, "[...]")
    batch = ", ".join(f'"{k}": {v}' for k, v in values.items())
    command = " ".join(["mmkeras predict", name, *inputs, *flags])
    if "dialogue" in kinds and "image" in kinds:
        command = f"mmkeras chat {name} --image photo.jpg"
    return (
        "## Use\n\n"
        f"```\n{command}\n```\n\n```python\nimport mmkeras\n\n"
        f'task = mmkeras.load("{name}")\n'
        f"task.answer({{{batch}}})\n```\n\n"
        + _wrap(
            "The name is that of a folder in `$MMKERAS_PRESETS`, or give the "
            "folder itself. The weights are in half precision and are "
            "computed with in float32. Nothing is executed on loading, and "
            "the SHA-256 of every file is verified."
        )
        + "\n"
    )


def _figures(facts, card, results):
    """Table of the metrics by split, and the commands that give them."""
    splits = {s: results[s]["metrics"] for s in _SPLITS if s in results}
    if not splits:
        return ""
    rows = [["metric", *(_SPLITS[split] for split in splits)]]
    rows.append(["---", *["---:"] * len(splits)])
    first = next(iter(splits.values()))
    for name in [name for name in formats.TITLES if name in first]:
        cells = [formats.figure(name, m[name]) for m in splits.values()]
        rows.append([formats.title(name), *cells])
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    run = pathlib.PurePath(facts["name"])
    evaluated = [
        commands.evaluate(run, results[split].get("generate", {}), split)
        for split in splits
    ]
    return (
        f"## Figures\n\nOn {card['arguments']['dataset']}, seed "
        f"{card['arguments']['seed']}:\n\n{table}\n\n"
        "Computed by these commands. The epoch was selected on validation.\n\n"
        "```\n" + "\n".join(evaluated) + "\n```\n"
    )


def _inputs(results):
    """Scores with a part of the inputs, and with those of other examples."""
    split = "test" if "test" in results else next(iter(results), None)
    metrics = results[split]["metrics"] if split else {}
    rows = []
    for name, value in metrics.items():
        if name.startswith("subset_"):
            given = name.removeprefix("subset_").replace("+", " and ")
            rows.append([given or "no input", f"{value:.3f}"])
        elif name.startswith("mismatch_"):
            rows.append([formats.title(name), f"{value:.3f}"])
        elif name == "shuffle_gap":
            rows.append([formats.title(name), f"{value:.3f}"])
    if not rows:
        return ""
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return (
        f"## What the inputs contribute\n\nOn the {_SPLITS.get(split, split)} "
        "split, the headline metric with these inputs alone, and what is lost "
        "if an input is that of another example:\n\n"
        f"| inputs | value |\n| --- | ---: |\n{table}\n"
    )


def _limits(facts, task, results):
    lines = [
        f"Evaluated on {facts['data']} alone: expect lower figures on other "
        "data, and evaluate on your own before use.",
    ]
    for field, codec in task.codecs.items():
        config = codec.get_config()
        if codec.kind == "text" and "vocabulary" in config:
            lines.append(
                f"{field}: {len(config['vocabulary']):,} words or word pieces "
                f"are known, and at most {config['length']} ids are used."
            )
        elif codec.kind == "image":
            height, width = config["size"]
            lines.append(f"{field}: resized to {height} x {width} pixels.")
        elif codec.kind == "video":
            height, width = config["size"]
            lines.append(
                f"{field}: {config['length']} evenly spaced frames, resized "
                f"to {height} x {width} pixels."
            )
        elif codec.kind == "tabular":
            lines.append(f"{field}: columns {', '.join(codec.columns(field))}.")
        elif "names" in config:
            names = config["names"]
            listed = ", ".join(map(str, names[:20]))
            more = ", ..." if len(names) > 20 else ""
            lines.append(f"{len(names):,} possible answers: {listed}{more}.")
    test = results.get("test", {}).get("metrics", {})
    if "unique" in test:
        lines.append(
            f"{formats.figure('unique', test['unique'])} of its captions of "
            "the test images are distinct."
        )
    lines.append(
        "Intended for research, teaching and as the start of a training of "
        "your own (`--init`); not for decisions about people."
    )
    items = "\n".join(_wrap(f"- {line}", indent="  ") for line in lines)
    return f"## Limits and intended use\n\n{items}\n"


def _terms(facts, card):
    networks = _networks(card)
    text = f"Training data: {facts['terms']}"
    if networks:
        text += (
            " Pretrained networks, whose terms apply as well: "
            f"{', '.join(networks)}."
        )
    return f"## Terms\n\n{_wrap(text)}\n"


def _training(card, training):
    before = (card.get("before") or {}).get("commands", [])
    lines = "\n".join([*before, card["command"]])
    seconds = training["seconds"] + (card.get("before") or {}).get("seconds", 0)
    machine = card["machine"]
    versions = ", ".join(f"{k} {v}" for k, v in card["versions"].items())
    text = (
        f"{seconds:,} seconds of training on {machine['cores']} cores "
        f"({machine['processor']}), with {versions}."
    )
    return f"## Training\n\n```\n{lines}\n```\n\n{_wrap(text)}\n"


def _wrap(text, indent=""):
    return textwrap.fill(
        text,
        _WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
