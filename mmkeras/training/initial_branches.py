"""Branches of another run or preset, in place of a model's own."""

import dataclasses
import math
import random

import keras

from mmkeras import tasks
from mmkeras.tasks import copies
from mmkeras.tasks import frozen_parts
from mmkeras.training import pretrained


@dataclasses.dataclass(frozen=True)
class InitialBranch:
    """A branch of a trained model, and the codec of its input.

    Attributes:
        model: The branch, a `keras.Model`, with its weights.
        codec: The codec of its input, e.g. with the vocabulary of its words.
    """

    model: keras.Model
    codec: object


def take(initial, names, architecture, path):
    """Takes branches of a trained model for another architecture.

    A branch is that of the input of the same name; or, if there is none, the
    only branch of the same modality, e.g. of `question` for `text`.

    Args:
        initial: The trained `tasks.Task`, of any architecture.
        names: Inputs of the architecture, e.g. `("image", "text")`.
        architecture: Name of the architecture.
        path: Folder of `initial`, for errors.

    Returns:
        Dict from names to `InitialBranch`es.

    Raises:
        ValueError: If the architecture has no such branch that can be
            replaced, or `initial` has none for it.
    """
    replaceable = pretrained.modalities(architecture)
    for name in names:
        if name not in replaceable:
            raise ValueError(
                f"`train.init_branches`: {architecture} has no {name} branch "
                "that can be replaced. It has: "
                f"{', '.join(replaceable) or 'none'}. Received: {name}"
            )
    branches = frozen_parts.branches(initial.model)
    sources = {
        name: _source(name, replaceable[name], branches, initial, path)
        for name in names
    }
    return {
        name: InitialBranch(
            copies.copy(branches[source].model), initial.codecs[source]
        )
        for name, source in sources.items()
    }


def available(initial, architecture):
    """Finds the branches of a trained model that an architecture can take.

    Args:
        initial: The trained `tasks.Task`.
        architecture: Name of the architecture.

    Returns:
        Dict from names of the architecture's inputs to those of `initial`.
    """
    branches, sources = frozen_parts.branches(initial.model), {}
    for name, modality in pretrained.modalities(architecture).items():
        same = _same_modality(modality, branches, initial)
        if name in same or len(same) == 1:
            sources[name] = name if name in same else same[0]
    return sources


def check_codec(name, codec, own, image_size, path):
    """Checks that the input of a branch fits the rows of a data set.

    Args:
        name: Name of the input.
        codec: The codec of the branch.
        own: The codec that was fitted to the rows.
        image_size: Height and width of images that the user asks for, or
            `None`.
        path: Folder of the trained model, for errors.

    Raises:
        ValueError: If one takes a sequence of values per example, such as the
            utterances of a dialogue, and the other one value; or if images
            have another size.
    """
    if len(codec.shape) != len(own.shape):
        raise ValueError(
            f"`train.init_branches`: the {name} branch of {path} takes values "
            f"of the shape {codec.shape}, the rows have values of the shape "
            f"{own.shape}. Leave {name} out."
        )
    if codec.kind == "image" and image_size not in (None, codec.shape[0]):
        raise ValueError(
            f"The {name} branch of {path} takes images of {codec.shape[0]} "
            f"pixels. Leave out data.image_size. Received: {image_size}"
        )


def describe(task, names, path):
    """Describes which weights come from another run, and which do not.

    Random numbers drawn afterwards are the same as without it.

    Args:
        task: The `tasks.Task` with the branches.
        names: Names of their inputs.
        path: Folder of the other run.
    """
    state = random.getstate()  # Keras draws the seeds of layers from it.
    initial = tasks.load(path)
    random.setstate(state)
    branches = frozen_parts.branches(task.model)
    others = frozen_parts.branches(initial.model)
    replaceable = pretrained.modalities(task.model.name.replace("_", "-"))
    sources = [
        _source(name, replaceable[name], others, initial, path)
        for name in names
    ]
    parts = [_count(name, branches[name].model) for name in names]
    unused = [_count(k, v.model) for k, v in others.items() if k not in sources]
    in_branches = sum(each.model.count_params() for each in others.values())
    heads = initial.model.count_params() - in_branches
    unused += [f"all layers after its branches ({heads:,})"] * bool(heads)
    new = task.model.count_params() - sum(
        branches[name].model.count_params() for name in names
    )
    return (
        f"Weights of {path}: {', '.join(parts)}. All other weights ({new:,}) "
        f"are new. Not taken from {path}: {', '.join(unused) or 'nothing'}."
    )


def _count(name, branch):
    """Name of a branch, with the number of its weights."""
    total = branch.count_params()
    frozen = sum(
        math.prod(weight.shape)
        for weight in branch.non_trainable_weights
        if "moving_" not in weight.path  # Statistics of batch normalization.
    )
    if not branch.trainable_weights and total:
        return f"{name} ({total:,}, frozen)"
    return f"{name} ({total:,}{f', {frozen:,} frozen' if frozen else ''})"


def _source(name, modality, branches, initial, path):
    """The input of the trained model whose branch is taken."""
    same = _same_modality(modality, branches, initial)
    if name in same:
        return name
    if len(same) == 1:
        return same[0]
    raise ValueError(
        f"`train.init_branches`: {path} ({initial.model.name}) has "
        f"{'several' if same else 'no'} {modality} branches for {name}. Its "
        f"branches: {', '.join(branches) or 'none'}. Received: {name}"
    )


def _same_modality(modality, branches, initial):
    inputs = initial.model.input
    return [
        field
        for field in branches
        if pretrained.modality(inputs[field]) == modality
    ]
