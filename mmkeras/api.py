"""Trains, evaluates, predicts and exports: what the command line calls."""

import os
import pathlib

from mmkeras import hub
from mmkeras import registry
from mmkeras import serving
from mmkeras import tasks
from mmkeras.data import datasets
from mmkeras.data import label_kinds
from mmkeras.evaluation import cross_validation
from mmkeras.evaluation import runs as evaluations
from mmkeras.tasks import predict as predictions
from mmkeras.training import config as configuration
from mmkeras.training import config_keys
from mmkeras.training import few_shot
from mmkeras.training import local_networks
from mmkeras.training import runs
from mmkeras.training import sources
from mmkeras.training.reporter import Reporter

_ANY = "-any"  # Of architectures of any set of modalities.


def train(
    name=None,
    data=None,
    out=None,
    *,
    folder=None,
    columns=None,
    init=None,
    config=None,
    seed=None,
    overwrite=False,
    results=None,
    reporter=None,
    **settings,
):
    """Trains a model of the zoo, or resumes an interrupted training.

    The best epoch is selected on the validation split, which is evaluated at
    the end, unless that is by cross-validation; the test split is evaluated
    only with `results`.

    Args:
        name: Architecture, one of `mmkeras.list_models()`; or `"classify"`
            for `"classify-any"`, which takes the modalities that the data
            has, with pretrained networks from the folder that
            `$MMKERAS_PRETRAINED` names.
        data: Name of a published data set; or the path of a table (JSONL, CSV
            or TSV) or folder, a pandas DataFrame, or a list of dicts.
        out: Folder of the run. The same run there is resumed.
        folder: Folder of a published data set. By default
            `$MMKERAS_DATA/<data>`.
        columns: Dict from columns to their names in your own table, e.g.
            `{"label": "class"}`; and `"numbers"` and `"categories"` to lists
            of columns, which are chosen by default.
        init: Run or preset of the same architecture to take the initial
            weights and the vocabulary from; or of any architecture, with the
            key `train.init_branches`.
        config: Dict from keys to values, e.g. `{"model.dim": 512}`, or of
            dicts by group; or the path of such a JSON file, or of the
            `run.json` of a run, which also gives the name, the data, `init`
            and the seed.
        seed: int, 0 by default.
        overwrite: bool. Whether to delete another run in the folder.
        results: Folder of results to add the test metrics to, or a file in
            it, `MODEL--DATA--VARIANT.json`; or `None`.
        reporter: A `mmkeras.training.reporter.Reporter` for the progress, or
            `None` to log.
        **settings: Keys of the group `train` without their group, e.g.
            `epochs=10`; they take precedence over `config`. See `mmkeras
            config` for the keys of an architecture.

    Returns:
        The trained `mmkeras.tasks.Task`, as `mmkeras.load` reads it; with
        `train.folds`, that of the last fold.

    Raises:
        ValueError: If the architecture does not have a key, a value is wrong,
            the data cannot be trained on, or the folder has another run.
        FileNotFoundError: If the data does not exist.
    """
    reporter = reporter or Reporter()
    values, notes = _read(config)
    values |= _with_group("train", settings)
    name, out = name or notes.get("architecture"), out and pathlib.Path(out)
    if data is None:
        data, folder = notes.get("data"), folder or notes.get("folder")
    init = init or notes.get("init")
    seed = notes.get("seed") if seed is None else seed
    _require(name=name, data=data, out=out)
    name = _architecture(name)
    resolved = configuration.resolve(name, values)
    _check_start(resolved, out, init)
    columns = {**resolved.columns, **(columns or {})}
    source = sources.make(name, data, folder, columns)
    if sources.takes_tabular(name) and not notes:  # Else as in that run.
        source = sources.with_tabular(source, reporter)
        columns = source["columns"]
    rows = _rows(resolved, source, reporter)
    if name.endswith(_ANY):
        chosen, choice = local_networks.choose(name, rows[0], values)
        reporter.note(choice)
        resolved = configuration.resolve(name, values | chosen)
    if resolved.recipe.folds:
        if results:
            raise ValueError(
                "Results are those of one model: leave out `results` "
                "(`--results`) or train.folds. `mmkeras evaluate` evaluates "
                "the run of a fold."
            )
        return cross_validation.train(
            resolved, source, rows, out, seed or 0, init, overwrite, reporter
        )
    runs.train(
        resolved, source, rows, out, seed or 0, init, overwrite, reporter
    )
    task, names = None, ["val", "test"] if results else ["val"]
    if few_shot.trained_on_validation(out):
        task, names = tasks.load(out), names[1:]
    for split in names:
        evaluation = evaluations.evaluate(
            out,
            split,
            data,
            folder,
            columns,
            resolved.generate,
            results,
            task,
            reporter,
        )
        task = evaluation.task
    return task


def evaluate(
    run,
    split="val",
    *,
    data=None,
    folder=None,
    columns=None,
    results=None,
    reporter=None,
    transcriber=None,
    **generate,
):
    """Evaluates a run on a split.

    Args:
        run: Folder of a run, or a preset; see `mmkeras.load`. Results are
            written into the folder of a run, not into a preset.
        split: `"train"`, `"val"` or `"test"`.
        data: As of `train`; by default the data set of the run.
        folder: Folder of a published data set. By default the one used in
            training.
        columns: As of `train`; by default as in training.
        results: Folder of results to add the test metrics to, or a file in
            it, `MODEL--DATA--VARIANT.json`; or `None`.
        reporter: As of `train`.
        transcriber: Run or pretrained network, e.g. `"whisper:PRESET"`, whose
            transcripts of the recordings in the column `audio` replace the
            texts of the rows; rows without a recording are left out. Their
            metrics are written beside those of the split.
        **generate: For models that generate text: keys of the group
            `generate`, e.g. `beam=10`; see `mmkeras config`.

    Returns:
        Dict of metrics, which are also written to `results.json`.

    Raises:
        ValueError: If a file of the run is damaged, or an option is wrong.
        FileNotFoundError: If the run or data does not exist.
    """
    run = hub.find(run)
    task = tasks.load(run)
    options = generation_options(task, generate)
    evaluation = evaluations.evaluate(
        *(run, split, data, folder, columns, options, results, task, reporter),
        transcriber=transcriber,
    )
    return evaluation.metrics


def predict(run, inputs, batch_size=64, *, columns=None, **generate):
    """Predicts raw examples; any modality may be absent.

    Args:
        run: Folder of a run, or a preset; see `mmkeras.load`.
        inputs: List of examples: dicts of raw values by field; paths or bytes
            of images, or paths of other files; for models of one field, its
            raw values, e.g. texts. Or the path of a table (JSONL, CSV or TSV)
            whose columns are the fields.
        batch_size: int. Number of examples predicted at once.
        columns: As of `train`, for a table; by default as in training.
        **generate: As of `evaluate`.

    Returns:
        List of dicts, one per example: `"text"` and `"score"`, or `"label"`
        and `"probability"`; and `"error"`, empty or why it cannot be read.

    Raises:
        ValueError: If an example has a field that the model does not take.
        FileNotFoundError: If the run does not exist.
    """
    run = hub.find(run)
    task = tasks.load(run)
    options = task.generation_options(**generation_options(task, generate))
    columns = columns or sources.remembered_columns(run)
    return predictions.predict(task, inputs, batch_size, columns, **options)


def export(run, folder, version=None, **generate):
    """Exports a run as a SavedModel and verifies it in a separate process.

    Args:
        run: Folder of a run, or a preset; see `mmkeras.load`.
        folder: Folder that holds all versions.
        version: int, or `None` for the next one.
        **generate: As of `evaluate`.

    Returns:
        Path of the version's folder.

    Raises:
        RuntimeError: If the export's outputs differ from the model's.
    """
    task = tasks.load(run)
    options = task.generation_options(**generation_options(task, generate))
    return serving.export(task, folder, version, **options)


def generation_options(task, given):
    """Checks options of generation against a task.

    Args:
        task: A `tasks.Task`.
        given: Dict from keys of the group `generate`, with or without it, to
            values.

    Returns:
        Dict of options of `mmkeras.generation.SequenceGenerator`.

    Raises:
        ValueError: If the task generates no text, or an option is wrong.
    """
    values = _with_group("generate", given)
    generates = task.generator(task.model) is not None
    keys = config_keys.generate(task, task.model) if generates else []
    name = task.model.name.replace("_", "-")
    if values and not generates:
        raise ValueError(
            f"{name} generates no text, so it has no options of generation. "
            f"Received: {', '.join(values)}"
        )
    checked = configuration.check(name, {k.name: k for k in keys}, values)
    return configuration.split(checked)["generate"]


def _read(config):
    """Keys and values of a configuration, and other notes of a run.json."""
    if config is None:
        return {}, {}
    if isinstance(config, (str, os.PathLike)):
        return configuration.read(config)
    return configuration.flatten(config), {}


def _with_group(group, values):
    """Adds the name of a group to keys that have none."""
    return {
        key if "." in key else f"{group}.{key}": value
        for key, value in values.items()
    }


def _architecture(name):
    """The architecture of a name, which may be that of a task alone."""
    names = registry.list_models()
    is_task = name not in names and f"{name}{_ANY}" in names
    return f"{name}{_ANY}" if is_task else name


def _require(**arguments):
    """Raises an error if the architecture, data or folder is missing."""
    missing = [name for name, value in arguments.items() if value is None]
    if missing:
        raise ValueError(
            "Training needs the name of an architecture, `data` and `out` "
            "(`mmkeras train ARCH --data NAME|PATH --out RUN`), or a config "
            f"that has the first two. Missing: {', '.join(missing)}."
        )


def _check_start(config, out, init):
    if init and hub.find(init).resolve() == out.resolve():
        raise ValueError(
            "`--init` and `--out` must be different folders. Received: --init "
            f"{init} and --out {out}"
        )
    if config.recipe.init_branches and not init:
        raise ValueError(
            "train.init_branches takes branches of another run or preset: it "
            "expects --init with one. Received: train.init_branches="
            f"{','.join(config.recipe.init_branches)}, init=None"
        )
    if config.task.reward and not init:
        raise ValueError(
            "task.reward continues the training of a captioning model: it "
            "expects --init with a run of it. Received: "
            f"{config.architecture}, init={init}"
        )


def _rows(config, source, reporter):
    """Training and validation rows, and whether the latter were drawn.

    Notes about them are reported.
    """
    parts = datasets.read_parts(
        splits=("train", "val"), target=config.task.target, **source
    )
    rows = parts.rows
    kind = tasks.of(registry.get(config.architecture))
    if kind.target_field == "label" and "question" not in rows[0][0]:
        labels = [row["label"] for row in kind.expand(rows[0])]
        reporter.note(label_kinds.describe(labels))
    for note in parts.notes:
        reporter.note(note)
    if parts.skipped:
        reporter.warn(parts.skipped)
    return *rows, parts.val_is_drawn
