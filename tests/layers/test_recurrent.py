import keras
import numpy as np
import pytest
from checks import check_saves
from checks import numpy

from mmkeras import layers

PAIRS = [(layers.LSTM, keras.layers.LSTM), (layers.GRU, keras.layers.GRU)]


def read(kind, policy="float32"):
    x = keras.Input((4, 3))
    return keras.Model(x, kind(5, dtype=policy, name="read")(x))


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_computes_what_keras_does(ours, theirs):
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    model, other = read(ours), read(theirs)
    other.set_weights(model.get_weights())
    np.testing.assert_allclose(
        numpy(model(x)), numpy(other(x)), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(("ours", "_"), PAIRS)
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_cudnn_is_left_aside_in_bfloat16(ours, _, policy):
    loose = {"float32": 1e-6, "mixed_bfloat16": 1e-2}[policy]
    model = read(ours, policy)
    loaded = check_saves(
        model, np.ones((2, 4, 3), "float32"), rtol=loose, atol=loose
    )
    expected = "auto" if policy == "float32" else False
    for one in (model, loaded):
        assert one.get_layer("read").use_cudnn == expected


def test_the_global_policy_counts():
    keras.config.set_dtype_policy("mixed_bfloat16")
    assert layers.LSTM(2).use_cudnn is False
    assert layers.LSTM(2, dtype="float32").use_cudnn == "auto"
    assert layers.LSTM(2, use_cudnn=True).use_cudnn is True
    both = keras.layers.Bidirectional(layers.GRU(2))
    assert both.forward_layer.use_cudnn is False
    assert both.backward_layer.use_cudnn is False
