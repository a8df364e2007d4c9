"""Splits a model where its frozen layers end and training begins."""

import functools

import keras

from mmkeras.tasks import graph
from mmkeras.tasks.precision import in_float32

_CUT = "frozen"  # What branches call the layer where they are split.


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

    @functools.cached_property
    def frozen(self):
        """The layers before the first trainable one, a model; or `None`.

        All of a frozen branch; or what ends in its layer named `"frozen"`, if
        what follows is trained. Branches that return a mask are not split:
        cached outputs have none.
        """
        if getattr(self.output, "_keras_mask", None) is not None:
            return None
        if self.is_frozen:
            return self.model
        if not self._is_split:
            return None
        cut = self.model.get_layer(_CUT).output
        part = keras.Model(self.model.input, cut, name="frozen_part")
        return None if part.trainable_weights else part

    @property
    def frozen_in_float32(self):
        """The frozen part, faster and computed only once."""
        return in_float32(self.frozen)

    @functools.cached_property
    def trained(self):
        """The layers behind the frozen part, a model; `None` if none."""
        if self.frozen is None:
            return self.model
        if self.is_frozen:
            return None
        cut = self.model.get_layer(_CUT).output
        return keras.Model(cut, self.model.output, name="trainable_part")

    @property
    def cache_at(self):
        """Name of the layer whose outputs are cached as well, or `None`.

        Of a frozen branch that is split, so that a later run that trains it
        from there on finds them.
        """
        return _CUT if self.is_frozen and self._is_split else None

    @property
    def _is_split(self):
        return _CUT in [layer.name for layer in self.model.layers]


def branches(model):
    """Dict from the names of a model's inputs to their `Branch`."""
    return {name: Branch(*pair) for name, pair in graph.branches(model).items()}


def begin(model, cached=True, shared=(), augment=None):
    """Makes new inputs for a model, behind its frozen parts.

    Args:
        model: A functional `keras.Model` with a dict of inputs.
        cached: bool. Whether the inputs of branches with a frozen part are
            its outputs instead of raw values.
        shared: Names of inputs that a batch holds once for several examples:
            an input `<name>_index`, integers `(batch,)`, then says which of
            them each example has.
        augment: Dict from names of inputs to layers that change raw values,
            or `None`.

    Returns:
        Tuple of a dict of inputs, and a list of pairs for `graph.replay`.
    """
    found, inputs, given = branches(model), {}, []
    for name, tensor in model.input.items():
        branch = found.get(name)
        frozen = branch.frozen if branch and cached else None
        shape = frozen.output_shape[1:] if frozen else None
        x = inputs[name] = _input(tensor, name, shape)
        if branch is None:
            given.append((tensor, x))
            continue
        if augment and name in augment and not frozen:
            x = augment[name](x)
        part = branch.trained if frozen else branch.model
        x = x if part is None else part(x)
        if name in shared:
            index = keras.Input((), dtype="int32", name=f"{name}_index")
            inputs[f"{name}_index"] = index
            x = keras.ops.take(x, index, axis=0)
        given.append((branch.output, x))
    return inputs, given


def _input(tensor, name, shape):
    if shape is None:
        return graph.input_like(tensor, name)
    return keras.Input(shape, name=name)
