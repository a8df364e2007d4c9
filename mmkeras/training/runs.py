"""Trains an architecture in the folder of a run."""

import dataclasses

import keras

from mmkeras import hub
from mmkeras import metrics
from mmkeras import registry
from mmkeras import tasks
from mmkeras.data import check_texts
from mmkeras.data import truncation
from mmkeras.files import atomic
from mmkeras.files import digests
from mmkeras.tasks import modalities
from mmkeras.tasks import precision
from mmkeras.training import build
from mmkeras.training import commands
from mmkeras.training import engine
from mmkeras.training import few_shot
from mmkeras.training import folder as run_folder
from mmkeras.training import fraction
from mmkeras.training import initial_branches
from mmkeras.training import pretrained
from mmkeras.training import recipes
from mmkeras.training import sources
from mmkeras.training.examples import Data
from mmkeras.training.reporter import Reporter


def train(
    config,
    source,
    rows,
    out,
    seed=0,
    init=None,
    overwrite=False,
    reporter=None,
    fold=None,
    skip_finished=False,
):
    """Trains an architecture in a run's folder, or resumes its training.

    Args:
        config: A `config.Config`; values that it does not set depend on the
            number of training examples.
        source: Dict as of `sources.make`: the data set.
        rows: Tuple of its training and validation rows, and whether the
            latter were drawn from the former.
        out: Folder of the run.
        seed: int.
        init: Run or preset to start from, or `None`: of the same
            architecture, unless the recipe has `init_branches`.
        overwrite: bool. Whether to delete another run in the folder.
        reporter: A `reporter.Reporter`, or `None` to log.
        fold: Number of the fold that `rows` are of, or `None`; see `folds`.
        skip_finished: bool. Whether to do nothing if the folder has the same
            run, and its training has ended.

    Raises:
        ValueError: If the folder has another run, or as of `build.build`.
        ModuleNotFoundError: If a package of the task's scores is missing.
    """
    reporter = reporter or Reporter()
    kind = tasks.of(registry.get(config.architecture))
    kind.require_packages(rows[0])
    rows, counts = fraction.apply(Data(*rows), config.recipe.fraction, seed)
    config = _without_default_size(config)
    requested, choice = few_shot.choose(config, rows, init)
    count = build.num_examples(config.architecture, rows)
    recipe = recipes.resolve(requested, count)
    config = dataclasses.replace(config, recipe=recipe)
    arguments = _arguments(config, source, rows, seed, init, fold)
    notes = {
        "command": commands.train(config, source, out, seed, init),
        "generate": config.generate,
        **sources.place(source),
        "before": _previous_commands(init),
        **({"fraction": counts} if counts else {}),
    }
    owner = run_folder.RunFolder(out, reporter.warn)
    with (
        precision.own_policy(),
        owner.open(arguments, overwrite, **notes) as run,
    ):
        if skip_finished and run_folder.is_finished(run.path):
            return
        if counts:
            reporter.note(fraction.describe(recipe.fraction, counts))
        if choice:
            reporter.note(choice)
        chosen = _resolved_values(requested, recipe)
        if chosen:
            reporter.note(f"Chosen for {count} training examples: {chosen}")
        keras.utils.set_random_seed(seed)
        task = build.build(
            config.architecture, rows, recipe, init, **config.build_options()
        )
        if recipe.init_branches:
            reporter.note(
                initial_branches.describe(task, recipe.init_branches, init)
            )
        for note in _text_notes(task, [*rows.train, *rows.val], config.data):
            reporter.note(note)
        solve = few_shot.is_solved(recipe, init)
        if solve and rows.val_is_drawn:
            rows = dataclasses.replace(rows, train=[*rows.train, *rows.val])
        training = _fit(
            task, rows, run.path, config, recipe, seed, reporter, solve
        )
        task.save(run.path)
        digest = run_folder.digest(run.path)
        run.write("training.json", {**training, "run": digest})


def _arguments(config, source, rows, seed, init, fold):
    """All that decides a training, for `run.json`."""
    return {
        "architecture": config.architecture,
        "dataset": sources.identity(source),
        "fingerprint": rows.fingerprint,
        "seed": seed,
        **config.to_dict(),
        **_initial_files(config, init),
        **({} if fold is None else {"fold": fold}),
    }


def _without_default_size(config):
    """Leaves the size of images to the branch of another run."""
    if not config.recipe.init_branches or "data.image_size" in config.given:
        return config
    data = dataclasses.replace(config.data, image_size=None)
    return dataclasses.replace(config, data=data)


def _fit(task, rows, path, config, recipe, seed, reporter, solve):
    names, trains_on_val = config.task.modalities, solve and rows.val_is_drawn
    parts = (rows.train, rows.val)
    rows = Data(*(modalities.select(task, part, names) for part in parts))
    with reporter.epochs(recipe.epochs) as callbacks:
        training = engine.fit(
            task,
            rows,
            path,
            recipe,
            seed,
            reporter.counter("files"),
            verbose=reporter.verbose,
            callbacks=callbacks,
            solve_head=solve,
        )
    reporter.skipped(training["corrupt"])
    if solve:
        solution = training["cross_validation"]
        reporter.note(solution.describe())
        training["cross_validation"] = dataclasses.asdict(solution)
        training["trains_on_val"] = trains_on_val
    if not trains_on_val:
        reporter.note(_best_epoch(training))
    return training


def _initial_files(config, init):
    """The initial run, and digests of all files that training reads."""
    networks = pretrained.of(config.architecture, config.recipe)
    files = {
        **{f"model.{k}": network.file for k, network in networks.items()},
        "data.word_vectors": config.data.word_vectors,
        "init": _card_of(init) if init else None,
    }
    hashes = {key: digests.digest(file) for key, file in files.items()}
    hashes = {key: value for key, value in hashes.items() if value}
    return {
        **({"init": str(init)} if init else {}),
        **({"files": hashes} if hashes else {}),
    }


def _card_of(init):
    """The file that has the digest of the weights of a run or preset."""
    folder = hub.find(init)
    return str(folder / (hub.CARD if hub.is_preset(folder) else "task.json"))


def _best_epoch(training):
    """Describes which epoch was kept, and by which metric."""
    lowest = metrics.lower_is_better(training["monitor"])
    is_loss = training["monitor"].endswith("loss")
    ties = "" if is_loss else "; equal ones: the lowest val_loss"
    return (
        f"Kept epoch {training['best_epoch']} of {training['epochs']}: "
        f"{'lowest' if lowest else 'highest'} {training['monitor']}{ties}."
    )


def _resolved_values(requested, recipe):
    """Describes the values chosen by the number of training examples."""
    pairs = [
        f"train.{name}={getattr(recipe, name)}"
        for name in ("batch_size", "epochs")
        if getattr(requested, name) is None
        and not (name == "batch_size" and recipe.batch_tokens)
    ]
    return " ".join(pairs)


def _text_notes(task, rows, options):
    """Describes how texts are tokenized and truncated."""
    texts = [{"text": x} for row in rows for x in row.get("captions", [])]
    sizes = truncation.measure(task.codecs, texts or rows)
    return [
        *check_texts.describe_split(task.codecs),
        *check_texts.describe_subwords(task.codecs, options.vocabulary_size),
        *truncation.describe(task.codecs, sizes),
    ]


def _previous_commands(init):
    """The commands of the initial run, and their time in seconds."""
    if not init:
        return None
    folder = hub.find(init)
    files = [folder / f"{name}.json" for name in ("run", "training")]
    if not all(file.exists() for file in files):
        return None
    card = run_folder.read_card(folder)
    training = atomic.read_json(files[1], {"seconds": (int, float)})
    previous = card.get("before") or {"commands": [], "seconds": 0}
    command = commands.portable(card["command"])
    return {
        "commands": [*previous["commands"], command],
        "seconds": previous["seconds"] + training["seconds"],
    }
