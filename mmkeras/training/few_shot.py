"""How a model on frozen pretrained networks is trained on few examples."""

import dataclasses
import pathlib

from mmkeras import hub
from mmkeras import registry
from mmkeras import tasks
from mmkeras.data import label_kinds
from mmkeras.files import atomic
from mmkeras.tasks import fit_codecs
from mmkeras.training import folder as run_folder
from mmkeras.training import linear_head

MAX_EXAMPLES = 5000
# Training begins at the optimum of a ridge regression, and stays near.
RECIPE = {
    "epochs": 10,
    "batch_size": 256,
    "learning_rate": 1e-5,
    "label_smoothing": 0.0,
    "ema": 0.0,
    "modality_dropout": 0.0,
    "pool_image": True,  # Only the mean is used; little is cached.
}
# Keys with which the rest of an architecture is wanted.
_KEEP = ("fine_tune", "lora", "all_subsets", "balance", "reward", "cache_at")


def choose(config, rows, init=None):
    """Chooses the head, and how it is trained, if `train.head` does not.

    Args:
        config: A `config.Config`.
        rows: A `training.examples.Data`.
        init: Folder of the run to start from, or `None`.

    Returns:
        Tuple of a `recipes.Recipe`, and a line that says what was chosen and
        why, or `""`.

    Raises:
        ValueError: If `train.head=linear` is impossible.
    """
    recipe, count = config.recipe, len(rows.train)
    count += len(rows.val) if rows.val_is_drawn else 0
    if init and not recipe.init_branches:
        return dataclasses.replace(recipe, head=_head_of(init)), ""
    obstacle = _obstacle(config, rows)
    if "train.head" not in config.given:
        is_linear = recipe.head == linear_head.NAME or bool(config.networks)
        is_linear &= count <= MAX_EXAMPLES and not obstacle
        is_linear &= not _other_model_keys(config)
        head = linear_head.NAME if is_linear else None
        recipe, is_default = dataclasses.replace(recipe, head=head), is_linear
    else:
        is_default = False
    if recipe.head == linear_head.NAME and obstacle:
        raise ValueError(
            f"`train.head=linear` needs {obstacle}. Received: "
            f"{config.architecture}"
        )
    if recipe.head != linear_head.NAME:
        return recipe, ""
    changes = {
        k: v for k, v in RECIPE.items() if f"train.{k}" not in config.given
    }
    recipe = dataclasses.replace(recipe, head=linear_head.NAME, **changes)
    return recipe, _note(config, count, rows) if is_default else ""


def is_solved(recipe, init=None):
    """Whether the head begins as a ridge regression, not as that of a run."""
    return recipe.head == linear_head.NAME and not init


def trained_on_validation(run):
    """Whether a run was trained on the rows assigned to validation.

    Args:
        run: Folder of the run.
    """
    path = pathlib.Path(run, "training.json")
    if not path.exists():
        return False
    return bool(atomic.read_json(path, dict).get("trains_on_val"))


def _obstacle(config, rows):
    """What a linear head lacks, or `""`."""
    architecture, recipe = registry.get(config.architecture), config.recipe
    model, kind = architecture.smallest_model, tasks.of(architecture)
    for key in _KEEP:
        if getattr(recipe, key):
            return f"train.{key}={getattr(type(recipe), key, None)}"
    if len(model.output_shape) != 2 or tasks.task.TOKENS in model.input:
        return "one prediction per example"
    frozen = {*config.networks, *linear_head.VECTORS}
    fields = fit_codecs.input_fields(model, rows.train, architecture.arguments)
    others = [field for field in fields if field not in frozen]
    if others:
        names = ", ".join(f"model.{field}" for field in others)
        return f"pretrained networks as {names}"
    labels = [row["label"] for row in kind.expand([*rows.train, *rows.val])]
    target = config.task.target or kind.label_type or label_kinds.infer(labels)
    return "one class or number per example" if target == "labels" else ""


def _other_model_keys(config):
    """Keys of layers that a linear head does not have."""
    own = {f"model.{field}" for field in config.networks}
    given = [k for k, v in config.given.items() if v is not None]
    return [k for k in given if k.startswith("model.") and k not in own]


def _head_of(init):
    """The head of another run; `None` if it is that of the architecture."""
    try:
        card = run_folder.read_card(hub.find(init))
        return card["arguments"]["train"].get("head")
    except FileNotFoundError:
        return None


def _note(config, count, rows):
    vectors = [
        field
        for field in linear_head.VECTORS
        if any(row.get(field) is not None for row in rows.train)
    ]
    names = ", ".join(config.networks) or f"{' and '.join(vectors)} alone"
    text = (
        f"Frozen pretrained networks ({names}) and {count} training examples, "
        f"at most {MAX_EXAMPLES}: only a linear head is trained "
        "(train.head=linear; train.head=full trains all layers of "
        f"{config.architecture})."
    )
    if not rows.val_is_drawn:
        return text
    return (
        f"{text} Cross-validation takes the place of validation: the rows "
        "assigned to it are trained on as well, so their val_... below are "
        "too high."
    )
