"""Trains a run with and without pretrained branches, on few and many rows."""

import dataclasses
import pathlib
import shlex

import keras

from mmkeras import hub
from mmkeras import tasks
from mmkeras.data import datasets
from mmkeras.evaluation import runs as evaluations
from mmkeras.evaluation.transfer import Transfer
from mmkeras.files import atomic
from mmkeras.training import config as configuration
from mmkeras.training import config_keys
from mmkeras.training import folder as run_folder
from mmkeras.training import initial_branches
from mmkeras.training import linear_head
from mmkeras.training import runs
from mmkeras.training import sources
from mmkeras.training.reporter import Reporter

FRACTIONS = (0.01, 0.1, 0.3, 1.0)
_WITHOUT, _PRETRAINED = "without", "pretrained"
_REPLACED = ("train.init_branches", "train.fraction", "train.folds")


@dataclasses.dataclass(frozen=True)
class Arms:
    """What is compared: the keys of a run, and the same with branches.

    Attributes:
        architecture: Name of the architecture.
        values: Dict by `"without"` and `"pretrained"`, of dicts from keys to
            values.
        pretrained: Path of the pretrained run.
        about: Dict of a text about each.
    """

    architecture: str
    values: dict
    pretrained: pathlib.Path
    about: dict

    def init(self, arm):
        """The run that branches are taken from, or `None`."""
        return str(self.pretrained) if arm == _PRETRAINED else None


def transfer(
    run,
    pretrained,
    metric,
    split="val",
    fractions=FRACTIONS,
    seeds=3,
    reporter=None,
):
    """Trains a run's model with and without pretrained branches.

    Both have the keys that the run was trained with, the same rows and the
    same seeds. The runs are in a sub-folder of the run; those that have ended
    are not trained again.

    Args:
        run: Path of the run's folder.
        pretrained: Run or preset to take branches from: those that
            `train.init_branches` of the run names, or all that fit.
        metric: Name of the metric that is compared.
        split: Split that is scored.
        fractions: Shares of the training rows; see `train.fraction`.
        seeds: int. Number of trainings of each kind, with the seeds 0, 1, ...
        reporter: A `training.reporter.Reporter`, or `None` to log.

    Returns:
        A `Transfer`.

    Raises:
        ValueError: If the run does not begin with the weights of its
            architecture, or no branch fits; or as of `training.runs.train`.
    """
    run, reporter = pathlib.Path(run), reporter or Reporter()
    fractions = _checked(fractions, seeds)
    card = run_folder.read_card(run)
    arms = find_arms(run, card, pretrained)
    for text in arms.about.values():
        reporter.note(text)
    source = sources.of_run(card)
    target = arms.values[_WITHOUT].get("task.target")
    parts = datasets.read_parts(
        splits=("train", "val"), target=target, **source
    )
    rows = *parts.rows, parts.val_is_drawn
    home, scores, counts = _home(run, arms.pretrained), {}, {}
    plan = [
        (fraction, seed, arm)
        for fraction in fractions
        for seed in range(seeds)
        for arm in arms.values
    ]
    for number, key in enumerate(plan, 1):
        fraction, seed, arm = key
        name = f"{100 * fraction:g}-percent-seed-{seed}-{arm}"
        reporter.note(f"Training {number} of {len(plan)}: {home / name}")
        config = configuration.resolve(
            arms.architecture,
            {**arms.values[arm], "train.fraction": fraction},
        )
        runs.train(
            *(config, source, rows, home / name, seed, arms.init(arm)),
            overwrite=True,
            reporter=reporter,
            skip_finished=True,
        )
        scores[key] = _score(home / name, split, config, metric)
        card = run_folder.read_card(home / name)
        counts[fraction] = card["fraction"]["rows"][0]
        keras.utils.clear_session()
    table = {
        arm: [[scores[f, s, arm] for s in range(seeds)] for f in fractions]
        for arm in arms.values
    }
    rows = tuple(counts[fraction] for fraction in fractions)
    return Transfer(metric, fractions, rows, **table, about=arms.about)


def find_arms(run, card, pretrained):
    """Determines what is compared.

    Args:
        run: Path of the run's folder.
        card: Its `run.json`.
        pretrained: Run or preset to take branches from.

    Returns:
        An `Arms`.

    Raises:
        ValueError: As of `transfer`.
    """
    arguments, pretrained = card["arguments"], hub.find(pretrained)
    name = arguments["architecture"]
    values = _given(card)
    named = values.get("train.init_branches")
    _check(run, arguments, named)
    initial = tasks.load(pretrained)
    fields = initial_branches.available(initial, name)
    if named:
        initial_branches.take(initial, _names(named), name, pretrained)
        fields = {field: fields[field] for field in _names(named)}
    if not fields:
        raise ValueError(
            f"{name} has no branch that can be replaced by one of {pretrained} "
            f"({initial.model.name.replace('_', '-')})."
        )
    values = {k: v for k, v in values.items() if k not in _REPLACED}
    keys = config_keys.keys(name)
    if "train.head" in keys:  # The branches are trained: no linear head.
        values["train.head"] = "full"
    taken_by = {f"model.{field}" for field in fields}
    networks = _networks(pretrained, fields)
    sizes = [
        initial.codecs[source].shape[0]
        for source in fields.values()
        if initial.codecs[source].kind == "image"
    ]
    without = {**networks, **values}
    if sizes:
        without.setdefault("data.image_size", sizes[0])
    branches = {k: v for k, v in values.items() if k not in taken_by}
    branches["train.init_branches"] = ",".join(fields)
    return Arms(
        name,
        {_WITHOUT: without, _PRETRAINED: branches},
        pretrained,
        _about(name, without, fields, pretrained),
    )


def _given(card):
    """The keys that a run was trained with, beside those chosen by its rows."""
    words = shlex.split(card["command"])
    groups = tuple(f"{group}." for group in config_keys.GROUPS)
    pairs = [word for word in words if "=" in word and word.startswith(groups)]
    return configuration.parse(pairs)


def _check(run, arguments, named):
    if arguments.get("init") and not named:
        raise ValueError(
            f"{run} continues {arguments['init']}, so its training without "
            "pretrained branches cannot be compared. Report on a run without "
            "--init, or with train.init_branches."
        )
    if arguments["train"].get("head") == linear_head.NAME:
        raise ValueError(
            f"{run} trained a linear head alone. Pretrained branches are "
            "trained with all layers: report on a run with train.head=full."
        )


def _checked(fractions, seeds):
    fractions = tuple(sorted(set(map(float, fractions))))
    if not fractions or not 0 < fractions[0] <= fractions[-1] <= 1 or seeds < 1:
        raise ValueError(
            "Expected shares of the training rows in (0, 1], e.g. 0.01,0.1,1, "
            f"and at least one seed. Received: {fractions}, seeds={seeds}"
        )
    return fractions


def _names(named):
    return named.split(",") if isinstance(named, str) else list(named)


def _networks(pretrained, fields):
    """The networks that the pretrained branches themselves began with."""
    if hub.is_preset(pretrained):  # It has no paths of files.
        return {}
    model = run_folder.read_card(pretrained)["arguments"]["model"]
    return {
        f"model.{field}": model[source]
        for field, source in fields.items()
        if isinstance(model.get(source), str)
    }


def _about(name, without, fields, pretrained):
    own = {field: without.get(f"model.{field}") for field in fields}
    networks = ", ".join(
        f"{field} {network or 'of the architecture, from scratch'}"
        for field, network in own.items()
    )
    return {
        _WITHOUT: f"Without pretraining: {name}, branches: {networks}.",
        _PRETRAINED: f"With pretraining: {name}, branches of {pretrained}: "
        f"{', '.join(fields)}.",
    }


def _home(run, pretrained):
    """The folder of the runs that are compared."""
    digest = atomic.read_json(pretrained / "task.json", dict).get("sha256", "")
    return run / f"transfer-{pretrained.name}-{digest[:8]}"


def _score(path, split, config, metric):
    """The score of a run, which is evaluated if it has none yet."""
    results = path / "results.json"
    saved = atomic.read_json(results, dict) if results.exists() else {}
    if split not in saved:
        evaluations.evaluate(path, split, generate=config.generate)
        saved = atomic.read_json(results, dict)
    return saved[split]["metrics"][metric]
