"""Splits a model into frozen and trained parts."""

import functools

import keras

from mmkeras import layers
from mmkeras.tasks import graph
from mmkeras.tasks.precision import in_float32

_CUT = "frozen"  # Name of the layer at which a branch is split.


class Branch:
    """A branch of a model, split into a frozen part and the rest.

    What the frozen part returns can be cached.

    Args:
        model: The branch, a `keras.Model` on one input.
        output: The tensor of the whole model's graph that it returns.
    """

    def __init__(self, model, output):
        self.model = model
        self.output = output

    @property
    def is_frozen(self):
        """Whether all of its weights are frozen."""
        return bool(self.model.weights) and not self.model.trainable_weights

    @property
    def has_crops(self):
        """Whether the branch crops images itself."""
        return any(isinstance(x, layers.ImageCrops) for x in self.model.layers)

    @functools.cached_property
    def frozen(self):
        """The layers before the first trainable one, a model; or `None`.

        The whole branch if it is frozen, its mask as the last feature, because
        cached outputs have no mask; else the layers up to the one named
        `"frozen"`.
        """
        if self.is_frozen:
            return self._with_mask if self._has_mask else self.model
        if self._has_mask or not self._is_split:
            return None
        cut = self.model.get_layer(_CUT).output
        part = keras.Model(self.model.input, cut, name="frozen_part")
        return None if part.trainable_weights else part

    @property
    def frozen_in_float32(self):
        """The frozen part in float32."""
        return in_float32(self.frozen)

    @functools.cached_property
    def trained(self):
        """The layers after the frozen part, a model; `None` if none."""
        if self.frozen is None:
            return self.model
        if self.is_frozen:
            return self._mask_again if self._has_mask else None
        cut = self.model.get_layer(_CUT).output
        return keras.Model(cut, self.model.output, name="trainable_part")

    @property
    def cache_at(self):
        """Name of the layer whose outputs are cached as well, or `None`.

        Frozen branches with a layer named `"frozen"` have one: a later run
        that trains the branch from this layer on reuses the outputs.
        """
        return _CUT if self.is_frozen and self._is_split else None

    @property
    def _has_mask(self):
        return getattr(self.model.output, "_keras_mask", None) is not None

    @property
    def _with_mask(self):
        # Called as a whole: operations that compute masks have no own names.
        inputs = graph.input_like(self.model.input, "inputs")
        x = self.model(inputs)
        x = keras.ops.concatenate([x, layers.MaskToFloat(name="mask")(x)], -1)
        return keras.Model(inputs, x, name="frozen_part")

    @property
    def _mask_again(self):
        features = keras.Input(self.frozen.output_shape[1:], name="features")
        x = [features[..., :-1], features[..., -1] > 0]
        return keras.Model(features, layers.AttachMask(name="padding")(x))

    @property
    def _is_split(self):
        return _CUT in [layer.name for layer in self.model.layers]


def branches(model):
    """Dict from the names of a model's inputs to their `Branch`."""
    return {name: Branch(*pair) for name, pair in graph.branches(model).items()}


def training_inputs(model, cached=(), shared=(), augment=None):
    """Makes new inputs for a model, after its frozen parts.

    Args:
        model: A functional `keras.Model` with a dict of inputs.
        cached: Names of the inputs that are outputs of the frozen parts of
            their branches instead of raw values.
        shared: Names of inputs whose values several examples of a batch
            share: a further input `<name>_index`, integers `(batch,)`, is the
            index of each example's value.
        augment: Dict from names of inputs to layers that augment raw values,
            or `None`.

    Returns:
        Tuple of a dict of inputs, and a list of pairs for `graph.replay`.
    """
    parts, inputs, pairs = branches(model), {}, []
    for name, tensor in model.input.items():
        branch = parts.get(name)
        frozen = branch.frozen if branch and name in cached else None
        shape = frozen.output_shape[1:] if frozen else None
        x = inputs[name] = _input(tensor, name, shape)
        if branch is None:
            pairs.append((tensor, x))
            continue
        if augment and name in augment and not frozen:
            x = augment[name](x)
        part = branch.trained if frozen else branch.model
        x = x if part is None else part(x)
        if name in shared:
            index = keras.Input((), dtype="int32", name=f"{name}_index")
            inputs[f"{name}_index"] = index
            x = keras.ops.take(x, index, axis=0)
        pairs.append((branch.output, x))
    return inputs, pairs


def _input(tensor, name, shape):
    if shape is None:
        return graph.input_like(tensor, name)
    return keras.Input(shape, name=name)
