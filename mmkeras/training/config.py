"""The configuration of a training run, from keys and values.

A configuration has five groups: `train.epochs=10 model.dim=256
data.max_length=20 task.target=class generate.beam=5`. See `config_keys`.
"""

import dataclasses
import difflib
import json
import pathlib

from mmkeras import registry
from mmkeras.files import atomic
from mmkeras.tasks import options
from mmkeras.training import config_keys
from mmkeras.training import pretrained
from mmkeras.training import recipes

# `encoder_lr_scale` with `fine_tune` or `lora`, and if all weights of a text
# network are fine-tuned.
_FINE_TUNED_SCALE, _FINE_TUNED_TEXT_SCALE = 0.2, 0.03
_COLUMNS = "data.columns."
_LANGUAGES = options.LanguageOptions


@dataclasses.dataclass(frozen=True)
class Config:
    """What is trained, and how.

    Attributes:
        architecture: Name of the architecture.
        recipe: A `recipes.Recipe`: the groups `train` and `model`.
        data: A `tasks.options.DataOptions`.
        task: A `tasks.options.TaskOptions`.
        generate: Dict of options of generation that were given.
        columns: Dict from columns to their names in a table.
        given: Dict of the keys that were given, with their values.
    """

    architecture: str
    recipe: recipes.Recipe
    data: options.DataOptions
    task: options.TaskOptions
    generate: dict
    columns: dict
    given: dict

    @property
    def networks(self):
        """The pretrained networks, by field; see `pretrained.of`."""
        return pretrained.of(self.architecture, self.recipe)

    def build_options(self):
        """Arguments of `build.build`, besides the recipe."""
        values = self._of("task", self.task)
        names = {"target", "max_answers"}
        return self._of("data", self.data) | {
            name: value for name, value in values.items() if name in names
        }

    def to_dict(self):
        """The groups that decide the training, as dicts for JSON."""
        values = self.recipe.to_dict()
        model = values.pop("model")
        return {
            "train": self._only("train", values),
            "model": {k: plain(v) for k, v in self._model(model).items()},
            "data": self._of("data", self.data),
            "task": self._of("task", self.task),
        }

    def _model(self, changes):
        """Arguments of the builder, without those of `None`."""
        keys = config_keys.keys(self.architecture)
        defaults = {
            name.removeprefix("model."): key.default
            for name, key in keys.items()
            if name.startswith("model.") and key.default is not None
        }
        return defaults | changes

    def _of(self, group, owner):
        return self._only(group, dataclasses.asdict(owner))

    def _only(self, group, values):
        keys = config_keys.keys(self.architecture)
        return {k: v for k, v in values.items() if f"{group}.{k}" in keys}


def resolve(name, given):
    """Checks a configuration and completes it.

    Args:
        name: Architecture.
        given: Dict from keys, such as `"train.epochs"`, to values.

    Returns:
        A `Config`.

    Raises:
        ValueError: If the architecture does not have a key, or a value is
            wrong. The error says what is expected.
    """
    columns = {
        key.removeprefix(_COLUMNS): value
        if isinstance(value, (list, tuple))
        else str(value)
        for key, value in given.items()
        if key.startswith(_COLUMNS)
    }
    keys = config_keys.keys(name)
    given = {k: v for k, v in given.items() if not k.startswith(_COLUMNS)}
    groups = split(check(name, keys, given))
    if "task.source" in keys:  # Languages, or columns of a table.
        names = [field.name for field in dataclasses.fields(_LANGUAGES)]
        languages = {x: groups["task"].pop(x, None) for x in names}
        columns |= {k: v for k, v in languages.items() if v is not None}
    task = options.TaskOptions(**groups["task"])
    recipe = _recipe(name, groups["train"], groups["model"], task.reward)
    data = _data(name, recipe, groups["data"])
    return Config(name, recipe, data, task, groups["generate"], columns, given)


def check(name, keys, given):
    """Checks keys and their values.

    Args:
        name: Name of the architecture, for errors.
        keys: Dict of `config_keys.Key`s.
        given: Dict from keys to values.

    Returns:
        Dict from keys to values of the right type.

    Raises:
        ValueError: If there is no such key, or a value is wrong.
    """
    for key in given:
        if key not in keys:
            raise ValueError(_unknown(name, key, keys))
    return {key: keys[key].convert(value) for key, value in given.items()}


def split(values):
    """Groups values: a dict by group, each a dict without the prefix."""
    groups = {group: {} for group in config_keys.GROUPS}
    for key, value in values.items():
        group, _, name = key.partition(".")
        groups[group][name] = value
    return groups


def flatten(groups):
    """The reverse of `split`; values that are not dicts stay as they are.

    Args:
        groups: Dict of dicts by group, or from keys to values.
    """
    flat = {}
    for group, values in groups.items():
        if group in config_keys.GROUPS and isinstance(values, dict):
            columns = values.get("columns")
            if group == "data" and isinstance(columns, dict):
                flat |= {f"{_COLUMNS}{k}": v for k, v in columns.items()}
                values = {k: v for k, v in values.items() if k != "columns"}
            flat |= {f"{group}.{name}": value for name, value in values.items()}
        else:
            flat[group] = values
    return flat


def parse(pairs):
    """Parses `key=value` pairs; values are JSON, or else text.

    Args:
        pairs: List of strings.

    Returns:
        Dict from keys to values.

    Raises:
        ValueError: If a pair has no `=`.
    """
    values = {}
    for pair in pairs:
        key, mark, value = pair.partition("=")
        if not mark or not key:
            raise ValueError(
                f"Expected key=value, e.g. train.epochs=10. Received: {pair}"
            )
        values[key.strip()] = _value(key, value)
    return values


def format_pair(key, value):
    """The reverse of `parse`, for one key."""
    text = value if isinstance(value, str) else json.dumps(value)
    if isinstance(value, str) and _value(key, value) != value:
        text = json.dumps(value)
    return f"{key}={text}"


def plain(value):
    """Converts a value for JSON; layers and models become their configs."""
    if not hasattr(value, "get_config"):
        return value
    import keras  # Late: reading configurations does not need it.

    return keras.saving.serialize_keras_object(value)


def read(path):
    """Reads the configuration in a JSON file.

    Args:
        path: Path of the `run.json` of a run, or of a file of groups or keys.

    Returns:
        Tuple of a dict from keys to values, and a dict of the other contents
        of a `run.json`: `"architecture"`, `"data"`, `"folder"`, `"seed"` and
        `"init"`, `None` where unknown.
    """
    content = atomic.read_json(pathlib.Path(path), dict)
    arguments = content.get("arguments")
    if not isinstance(arguments, dict):
        return flatten(content), {}
    groups = {k: v for k, v in arguments.items() if k in config_keys.GROUPS}
    groups["generate"] = content.get("generate", {})
    columns = content.get("columns") or {}
    values = flatten(groups)
    values |= {f"{_COLUMNS}{k}": v for k, v in columns.items()}
    return values, {
        "architecture": arguments.get("architecture"),
        "data": content.get("path") or arguments.get("dataset"),
        "folder": content.get("folder"),
        "seed": arguments.get("seed"),
        "init": arguments.get("init"),
    }


def _recipe(name, train, model, reward):
    recipe = recipes.get(name)
    if reward:
        recipe = recipes.self_critical(recipe, reward)
    model = pretrained.without_own(name, model)
    recipe = dataclasses.replace(recipe, model={**recipe.model, **model})
    if train.get("lora"):
        train = {"encoder_lr_scale": _FINE_TUNED_SCALE, **train}
    elif train.get("fine_tune"):
        networks = pretrained.of(name, recipe)
        tuned = pretrained.fine_tuned(networks, train["fine_tune"])
        texts = [networks[k].modality == "text" for k, v in tuned.items() if v]
        scale = _FINE_TUNED_TEXT_SCALE if any(texts) else _FINE_TUNED_SCALE
        train = {"encoder_lr_scale": scale, **train}
    return dataclasses.replace(recipe, **train)


def _data(name, recipe, given):
    architecture = registry.get(name)
    data = dataclasses.replace(options.defaults(architecture), **given)
    networks = pretrained.of(name, recipe)
    sizes = {
        f"{field}_size": options.resolve_image_size(
            architecture,
            getattr(data, f"{field}_size"),
            networks.get(field),
            field,
        )
        for field in ("image", "video")
    }
    return dataclasses.replace(data, **sizes)


def _value(key, value):
    if key.startswith(_COLUMNS):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _unknown(name, key, keys):
    """Error text for an unknown key, with suggestions."""
    group, mark, word = key.partition(".")
    groups = dict.fromkeys(k.partition(".")[0] for k in keys)
    members = [k for k in keys if k.startswith(f"{group}.")]
    same = [k for k in keys if k.partition(".")[2] == (word or key)]
    close = same or difflib.get_close_matches(key, keys, n=1)
    if not close:
        words = {k.partition(".")[2]: k for k in keys}
        near = difflib.get_close_matches(word or key, words, n=1)
        close = [words[x] for x in near]
    hint = f" Did you mean {close[0]!r}?" if close else ""
    if mark and members:
        words = ", ".join(k.partition(".")[2] for k in members)
        return f"{name} has no key {key!r}.{hint} Keys of {group}: {words}."
    return (
        f"{name} has no key {key!r}.{hint} Expected group.key=value; its "
        f"groups: {', '.join(groups)}. `mmkeras config {name}` lists all keys."
    )
