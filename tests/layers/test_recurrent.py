import keras
import numpy as np
import pytest
from checks import check_saves
from checks import numpy

from mmkeras import layers

PAIRS = [(layers.LSTM, keras.layers.LSTM), (layers.GRU, keras.layers.GRU)]


def recurrent(kind, policy="float32"):
    x = keras.Input((4, 3))
    return keras.Model(x, kind(5, dtype=policy, name="recurrent")(x))


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_computes_what_keras_does(ours, theirs):
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    model, reference = recurrent(ours), recurrent(theirs)
    reference.set_weights(model.get_weights())
    np.testing.assert_allclose(
        numpy(model(x)), numpy(reference(x)), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(("ours", "_"), PAIRS)
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_cudnn_is_not_used_in_bfloat16(ours, _, policy):
    loose = {"float32": 1e-6, "mixed_bfloat16": 1e-2}[policy]
    built = recurrent(ours, policy)
    loaded = check_saves(
        built, np.ones((2, 4, 3), "float32"), rtol=loose, atol=loose
    )
    expected = "auto" if policy == "float32" else False
    for model in (built, loaded):
        assert model.get_layer("recurrent").use_cudnn == expected


def test_the_global_policy_counts():
    keras.config.set_dtype_policy("mixed_bfloat16")
    assert layers.LSTM(2).use_cudnn is False
    assert layers.LSTM(2, dtype="float32").use_cudnn == "auto"
    assert layers.LSTM(2, use_cudnn=True).use_cudnn is True
    both = keras.layers.Bidirectional(layers.GRU(2))
    assert both.forward_layer.use_cudnn is False
    assert both.backward_layer.use_cudnn is False
