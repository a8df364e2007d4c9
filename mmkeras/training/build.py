"""Builds a task for a data set: codecs that fit its rows, and a model."""

import dataclasses

from mmkeras import registry
from mmkeras import tasks
from mmkeras.data import training_problems
from mmkeras.tasks import fit_codecs
from mmkeras.tasks import frozen_parts
from mmkeras.tasks import lora
from mmkeras.tasks import options
from mmkeras.training import initial_branches
from mmkeras.training import initialize
from mmkeras.training import linear_head
from mmkeras.training import precision
from mmkeras.training import pretrained


def build(name, data, recipe, init=None, **changes):
    """Builds a task for a data set.

    Args:
        name: Architecture, e.g. `"caption-cnn-lstm"`.
        data: A `training.examples.Data`; vocabulary and classes are those of
            its training rows.
        recipe: A `recipes.Recipe`. The branches in its `model` may be names
            of pretrained networks, see `pretrained.parse`.
        init: Folder of a run of the same architecture, whose weights and
            vocabulary to start with; of any architecture, if the recipe has
            `init_branches`.
        **changes: Fields of `tasks.options.DataOptions` and `target` and
            `max_answers` of `TaskOptions`, where they differ from the
            defaults of the architecture.

    Returns:
        A `tasks.Task`.

    Raises:
        ValueError: If the rows lack an input of the architecture or cannot be
            trained on, see `data.training_problems`; if the architecture has
            no branch for a pretrained network; or if `init` does not fit.
    """
    architecture = registry.get(name)
    defaults = architecture.arguments
    networks = pretrained.of(name, recipe)
    _check_networks(networks, recipe)
    adapted = _adapted(networks, recipe)
    fine_tune = None if recipe.lora else recipe.fine_tune
    tuned = pretrained.fine_tuned(networks, fine_tune)
    kind = tasks.of(architecture)
    train, val = map(kind.expand, (data.train, data.val))
    splits = {"train": train, "val": val}
    training_problems.require(training_problems.find(splits))
    initial = tasks.load(init) if init else None
    branches = _initial_branches(initial, recipe, name, init)
    if branches:
        initial = None  # Nothing else is taken of it.
    precision.use(recipe.precision)
    encoding, task_options = _options(architecture, changes)
    image_size = options.resolve_image_size(
        architecture, encoding.image_size, networks.get("image")
    )
    video_size = options.resolve_image_size(
        architecture, encoding.video_size, networks.get("video"), "video"
    )
    inputs = image_size, encoding.audio_seconds
    texts = {"length": encoding.max_length, "minimum": encoding.min_count}
    if kind.fields_of_all:  # A smallest model would use random numbers.
        fields = kind.fields_of_all
        fitted = fit_codecs.fit_codecs(
            fields, data.train, *inputs, {}, task=architecture.task
        )
        values = [example[kind.example_field] for example in train]
        fitted[kind.target_field] = fit_codecs.fit_text(
            values, encoding, kind.text_options
        )
    else:
        # Built anew: published trainings begin with the numbers it draws.
        tiny = registry.build_model(name, **architecture.tiny)
        rows = kind.joined(tiny, train)
        fields = fit_codecs.input_fields(tiny, rows, defaults)
        if kind.punctuation != "drop":
            texts["punctuation"] = kind.punctuation
        fixed = pretrained.fixed_codecs(networks, rows, encoding.max_length)
        fixed |= kind.fit_texts(rows, encoding, fields)
        _check_vectors(fixed, encoding)
        fitted = fit_codecs.fit_codecs(
            fields,
            rows,
            *inputs,
            texts,
            fixed,
            architecture.task,
            (encoding.video_frames, video_size),
        )
        generates = tasks.task.TOKENS in tiny.input
        fitted[kind.target_field] = kind.fit_target(
            fixed | fitted, train, val, task_options, generates
        )
    for field, branch in branches.items():
        initial_branches.check_codec(
            field, branch.codec, fitted[field], encoding.image_size, init
        )
        fitted[field] = branch.codec
    if initial:
        fitted = initialize.with_vocabulary_of(initial, fitted)
    arguments = fit_codecs.builder_arguments(
        fitted, kind.target_field, defaults
    )
    arguments |= recipe.model
    for field, network in networks.items():
        arguments[field] = pretrained.branch(
            network, fitted[field], tuned[field], recipe
        )
    arguments |= {field: branch.model for field, branch in branches.items()}
    model = registry.build_model(name, **arguments)
    if recipe.head == linear_head.NAME:
        model = linear_head.build(model, model.output_shape[-1])
    task = kind(model, fitted)
    if initial:
        initialize.copy_weights(initial, task, init)
    _enable_lora(task, adapted, recipe.lora)
    if encoding.word_vectors:
        initialize.initialize_embeddings(task, encoding.word_vectors)
    return task


def num_examples(name, data):
    """Counts the training examples of an architecture.

    Args:
        name: Architecture.
        data: A `training.examples.Data`.

    Returns:
        int: captions; groups of rows, for models of sequences; else rows.
    """
    architecture = registry.get(name)
    model = architecture.smallest_model
    return tasks.of(architecture).count_examples(model, data.train)


def _options(architecture, changes):
    """The options of an architecture's data and task, with changes."""
    groups = options.defaults(architecture), options.TaskOptions()
    names = [{f.name for f in dataclasses.fields(group)} for group in groups]
    unknown = sorted(set(changes) - set().union(*names))
    if unknown:
        raise ValueError(
            f"Expected some of {', '.join(sorted(set().union(*names)))}. "
            f"Received: {', '.join(unknown)}"
        )
    return [
        dataclasses.replace(
            group, **{k: changes[k] for k in changes if k in fields}
        )
        for group, fields in zip(groups, names)
    ]


def _initial_branches(initial, recipe, name, init):
    """The branches taken from another task, by field."""
    fields = recipe.init_branches or ()
    for field in fields:
        if field in recipe.model:
            raise ValueError(
                f"The {field} branch is that of --init or that of model."
                f"{field}: leave out one of the two. Received: "
                f"train.init_branches={','.join(fields)}, "
                f"model.{field}={recipe.model[field]}"
            )
    if not fields:
        return {}
    return initial_branches.take(initial, fields, name, init)


def _check_networks(networks, recipe):
    for key in ("fine_tune", "lora", "cache_at"):
        value = getattr(recipe, key)
        if value and not networks:
            raise ValueError(
                f"`train.{key}` is an option of pretrained networks. Give one "
                "with the key of a branch, e.g. model.image=imagenet. "
                f"Received: train.{key}={value}"
            )


def _adapted(networks, recipe):
    """The fields whose networks are adapted by LoRA."""
    if not recipe.lora:
        return []
    return pretrained.adapted(networks, recipe.fine_tune)


def _enable_lora(task, fields, rank):
    """Adds the factors of LoRA to the branches of fields."""
    branches = frozen_parts.branches(task.model)
    counts = {f: lora.enable(branches[f].model, rank) for f in fields}
    if fields and not any(counts.values()):
        raise ValueError(
            f"The networks of {', '.join(fields)} have no dense layer for "
            "LoRA. Use a network with attention, such as BERT or Whisper, or "
            "leave out train.lora and fine-tune the network with "
            f"train.fine_tune={fields[0]}. Received: train.lora={rank}"
        )


def _check_vectors(fixed, encoding):
    for field in fixed:
        if encoding.word_vectors:
            raise ValueError(
                f"`model.{field}` is a pretrained network with word vectors "
                "of its own. Received: data.word_vectors="
                f"{encoding.word_vectors}. Give one of the two."
            )
