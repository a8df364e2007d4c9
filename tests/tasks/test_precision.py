import keras
import numpy as np
import pytest
import tiny_presets
from architectures import batch
from architectures import names
from architectures import tiny
from checks import POLICIES
from checks import numpy
from checks import randomize

from mmkeras import branches
from mmkeras.tasks.precision import in_float32


def dtypes(model):
    return {
        layer.dtype_policy.name
        for layer in model._flatten_layers()
        if not isinstance(layer, keras.layers.InputLayer)
    }


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", names())
@pytest.mark.slow
def test_same_weights_all_in_float32(name, policy):
    keras.config.set_dtype_policy(policy)
    half = tiny(name)
    keras.config.set_dtype_policy("float32")
    randomize(half, 0.3)
    assert policy in dtypes(half)
    full = in_float32(half)
    assert dtypes(full) == {"float32"}
    assert full.name == half.name
    shapes = [[w.shape for w in m.weights] for m in (full, half)]
    assert shapes[0] == shapes[1]
    for old, new in zip(half.weights, full.weights):
        np.testing.assert_array_equal(numpy(new), numpy(old))
    twin = tiny(name)
    twin.set_weights(half.get_weights())
    x = batch(half)
    outputs = [keras.tree.flatten(numpy(m(x))) for m in (full, twin, half)]
    for one, other in zip(*outputs[:2]):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    assert np.abs(outputs[2][0] - outputs[0][0]).max() > 0


@pytest.mark.parametrize("policy", POLICIES)
def test_blocks_of_kerashub_in_a_process_in_half_precision(policy):
    """Their layers take the policy of the process when they are made again."""
    keras.config.set_dtype_policy(policy)
    half = branches.image.hub(tiny_presets.efficient_net())
    full = in_float32(half)
    assert keras.config.dtype_policy().name == policy
    assert dtypes(full) == {"float32"}


def test_float32_is_left_alone():
    name = "caption-cnn-lstm"
    model = tiny(name)
    assert in_float32(model) is model


def test_one_layer_in_half_precision_is_found():
    x = keras.Input((4,), name="x")
    y = keras.layers.Dense(3, name="a", dtype="mixed_bfloat16")(x)
    y = keras.layers.Dense(3, name="b", dtype="bfloat16")(y)
    model = keras.Model(x, y, name="mixture")
    full = in_float32(model)
    assert dtypes(full) == {"float32"}
    assert {w.dtype for w in full.weights} == {"float32"}
