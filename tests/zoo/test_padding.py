"""Models of texts: the amount of padding has no effect."""

import keras
import numpy as np
import pytest
from architectures import batch
from architectures import shared
from architectures import tiny
from checks import fast
from checks import numpy

import mmkeras

MORE = 3  # Steps of further padding.
VQA = mmkeras.list_models("vqa")
QUICK = [*VQA, "dialogue-text-image-transformer"]
TEXTS = [name for name in mmkeras.list_models() if "text" in name.split("-")]
SLOW = [name for name in ("classify-any", *TEXTS) if name not in QUICK]


def has_ids(tensor):
    """Whether an input is padded: token ids, but those of a decoder."""
    return "int" in tensor.dtype and tensor.name != "tokens"


def longer_model(name):
    """A model of the same weights, for more words, turns and utterances."""
    model, changes = shared(name), {}
    for field, tensor in model.input.items():
        shape = mmkeras.get(name).tiny.get(f"{field}_shape", ())
        if len(shape) == 2 and field != "scene":
            more = [MORE, MORE * has_ids(tensor)]  # Features stay as they are.
            changes[f"{field}_shape"] = tuple(np.add(shape, more).tolist())
    if not changes:
        return model
    longer = tiny(name, **changes)
    for weight, old in zip(longer.weights, numpy(model.weights), strict=True):
        value = numpy(weight).copy()
        value[tuple(map(slice, old.shape))] = old  # Further positions are left.
        weight.assign(value)
    return longer


def padded(x, tensor):
    """Pads values to the shape of an input."""
    sides = zip(x.shape[1:], tensor.shape[1:], strict=True)
    if has_ids(tensor):
        widths = [(0, (side or size + MORE) - size) for size, side in sides]
    else:
        widths = [(0, (side or size) - size) for size, side in sides]
    return np.pad(x, [(0, 0), *widths])


@pytest.mark.parametrize(
    "name", [*QUICK, *(pytest.param(n, marks=pytest.mark.slow) for n in SLOW)]
)
def test_padding_of_texts_has_no_effect(name):
    model, longer = shared(name), longer_model(name)
    x = batch(model)
    for field, tensor in model.input.items():
        if has_ids(tensor):
            x[field][1, ..., -2:] = 0  # Texts of a batch differ in length.
    more = {k: padded(v, longer.input[k]) for k, v in x.items()}
    outputs = numpy([fast(model)(x), fast(longer)(more)])
    for expected, actual in zip(*map(keras.tree.flatten, outputs)):
        actual = actual[tuple(map(slice, expected.shape))]  # Not later turns.
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)
