"""The keys of a configuration that an architecture has.

Names, types, defaults and descriptions come from the dataclass or function
that owns them: `train` from `recipes.Recipe`, `model` from the architecture's
builder, `data` and `task` from `tasks.options`, and `generate` from
`Task.generator`. A key that would have no effect on an architecture does not
exist for it.
"""

import dataclasses
import functools
import inspect
import re
import typing

from mmkeras import docstrings
from mmkeras import registry
from mmkeras import tasks
from mmkeras.tasks import fit_codecs
from mmkeras.tasks import options
from mmkeras.training import pretrained
from mmkeras.training import recipes
from mmkeras.training import value_types

GROUPS = ("train", "model", "data", "task", "generate")
# What keys need: see `_features`. Keys that are not listed need nothing.
_NEEDS = {
    "train.batch_tokens": "texts alone",
    "train.encoder_lr_scale": "encoder",
    "train.augment": "file",
    "train.examples_per_image": "image",
    "train.num_samples": "captions",
    "train.temperature": "captions",
    "train.views": "image network",
    "train.pool_image": "image network",
    "train.modality_dropout": "several",
    "train.all_subsets": "several",
    "train.balance": "several",
    "train.bucket_by_length": "text",
    "train.fine_tune": "network",
    "train.lora": "network",
    "train.cache_at": "image network",
    "train.head": "network",
    "train.class_weights": "class weights",
    "train.init_branches": "branches",
    "train.loss_weights": "losses",
    "train.r_drop": "generates",
    "data.image_size": "image",
    "data.video_frames": "video",
    "data.video_size": "video",
    "data.audio_seconds": "audio",
    "data.max_length": "text",
    "data.min_count": "words",
    "data.vocabulary_size": "subwords",
    "data.vocabularies": "source",
    "data.subwords": "subwords",
    "data.lowercase": "subwords",
    "data.mask_words": "source",
    "data.word_vectors": "words",
    "task.target": "target",
    "task.max_answers": "answers",
    "task.modalities": "several",
    "task.reward": "captions",
}
_TYPE = re.compile(r"^(int|float|str|bool)\b[^.]*\. ")  # See `Key.type`.
_INTERNAL = ("reward", "model")  # Fields of a recipe with keys elsewhere.
_FROM_DATA = ("num_classes", "vocabulary_size")  # And all shapes.


@dataclasses.dataclass(frozen=True)
class Key:
    """One key of a configuration.

    Attributes:
        name: Its name with its group, e.g. `"train.epochs"`.
        type: Type of its values; see `value_types`.
        default: Value if none is given.
        doc: One line about it.
        takes_objects: Whether it also takes layers and models, in Python.
    """

    name: str
    type: object
    default: object
    doc: str
    takes_objects: bool = False

    def convert(self, value):
        """Checks a value; returns it as the key's type.

        Raises:
            ValueError: If the value has another type.
        """
        plain = value is None or isinstance(
            value, (bool, int, float, str, list, tuple, dict)
        )
        if self.takes_objects and not plain:
            return value
        if self.takes_objects and isinstance(value, dict):
            raise ValueError(
                f"{self.name} was a layer or branch built in Python. Pass it "
                "again, in the `config` of `mmkeras.train`."
            )
        try:
            return value_types.convert(value, self.type)
        except TypeError as error:
            raise ValueError(
                f"{self.name}: {error}. Received: {self.name}={value}"
            ) from None


@functools.cache
def keys(name):
    """Returns the keys of an architecture.

    Args:
        name: Architecture, e.g. `"caption-cnn-lstm"`.

    Returns:
        Dict from names to `Key`s, by group.
    """
    architecture = registry.get(name)
    features = _features(architecture)
    available = [
        *_train(name, tasks.of(architecture)),
        *_model(architecture),
        *_fields("data", options.defaults(architecture)),
        *_columns(architecture),
        *_task(tasks.of(architecture)),
    ]
    available += generate(tasks.of(architecture), architecture.smallest_model)
    return {
        key.name: key
        for key in available
        if _NEEDS.get(key.name) in (None, *features)
    }


def _columns(architecture):
    """Keys of the columns of a table that are inputs by themselves."""
    if f"{fit_codecs.TABULAR}_shape" not in architecture.arguments:
        return []
    return _fields("data.columns", options.ColumnOptions())


def generate(task, model):
    """Lists the keys of the group `generate`.

    Args:
        task: A `tasks.Task`, or its class.
        model: Its model, or another of the architecture.
    """
    generator = task.generator(model)
    if generator is None:
        return []
    parameters = inspect.signature(generator).parameters
    defaults = {**task.generation_defaults, **task.evaluation_defaults}
    defaults["length"] = None  # That of the texts in training.
    docs = docstrings.parameters(generator)
    excluded = ("decoder", "start", "end", "kwargs", *task.unused_options)
    further = task.search_options and _fields("generate", task.search_options)
    return (further or []) + [
        Key(
            f"generate.{name}",
            _type(parameter),
            defaults.get(name, parameter.default),
            _TYPE.sub("", docs[name]),
        )
        for name, parameter in parameters.items()
        if name not in excluded
    ]


def _features(architecture):
    """Features of an architecture: inputs, and kinds of outputs."""
    defaults = architecture.arguments
    model = architecture.smallest_model
    kind = tasks.of(architecture)
    replaceable = pretrained.modalities(architecture.name)
    waveform = (
        "audio_shape" in defaults and len(defaults["audio_shape"] or "1") == 1
    )
    has_source = kind.learns_subwords and kind.text_field in model.input
    features = {
        "image": "image" in model.input,
        "audio": waveform,
        "video": "video" in replaceable.values(),
        "file": "image" in model.input or waveform,
        "network": bool(replaceable),
        "branches": bool(replaceable),
        "image network": "image" in replaceable,
        "encoder": "image" in model.input or bool(replaceable),
        "text": "vocabulary_size" in defaults,
        "words": "vocabulary_size" in defaults and not kind.learns_subwords,
        "subwords": kind.learns_subwords or bool(kind.text_options),
        "source": has_source,
        "texts alone": has_source and not waveform,
        "several": tasks.task.PRESENCE in model.input,
        "captions": kind.texts_differ,
        "losses": isinstance(model.output, dict),
        "generates": tasks.task.TOKENS in model.input
        and not isinstance(model.output, dict),
        "target": kind.learns_subwords
        or kind.label_type is None
        and "num_classes" in defaults
        and "question" not in model.input,
        "class weights": kind.label_type in (None, "class")
        and "num_classes" in defaults
        and "question" not in model.input,
        "answers": "num_classes" in defaults and "question" in model.input,
    }
    return [feature for feature, has in features.items() if has]


def _train(name, kind):
    fields = _fields("train", recipes.get(name), _INTERNAL)
    monitors = typing.Literal[kind.monitors]
    return [
        dataclasses.replace(key, type=monitors)
        if key.name == "train.monitor"
        else key
        for key in fields
    ]


def _task(kind):
    """Keys of the group `task`; those of translation are languages."""
    fields = _fields("task", options.TaskOptions())
    if not kind.learns_subwords:
        return fields
    others = [key for key in fields if key.name != "task.target"]
    return _fields("task", options.LanguageOptions()) + others


def _fields(group, owner, excluded=()):
    """Keys of the fields of a dataclass, whose instance has the defaults."""
    docs = docstrings.parameters(type(owner))
    return [
        Key(
            f"{group}.{field.name}",
            field.type,
            getattr(owner, field.name),
            docs[field.name],
        )
        for field in dataclasses.fields(owner)
        if field.name not in excluded
    ]


def _model(architecture):
    """Keys of a builder's arguments that do not follow from the data."""
    builder = architecture.builder
    docs = docstrings.parameters(builder)
    replaceable = {
        name: pretrained.NAMES[modality]
        for name, modality in pretrained.modalities(architecture.name).items()
    }
    defaults = {
        **architecture.arguments,
        **recipes.get(architecture.name).model,
    }
    model_keys = []
    for name, parameter in inspect.signature(builder).parameters.items():
        if name in _FROM_DATA or name.endswith("_shape"):
            continue
        expected, doc = _type(parameter), _TYPE.sub("", docs.get(name, ""))
        if name in replaceable:
            expected = str | None
            doc += f" By name: {replaceable[name]}."
        elif parameter.default is None:
            expected, doc = type(None), f"{doc} In Python only."
        key = f"model.{name}", expected, defaults[name], doc
        model_keys.append(Key(*key, takes_objects=True))
    return model_keys


def _type(parameter):
    if parameter.annotation is not inspect.Parameter.empty:
        return parameter.annotation
    return value_types.of(parameter.default)
