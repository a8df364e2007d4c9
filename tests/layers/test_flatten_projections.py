import keras
import keras_hub
import numpy as np
import pytest
from checks import numpy
from checks import randomize

from mmkeras import layers

KINDS = {
    "keras": keras.layers.MultiHeadAttention,
    "cached": keras_hub.layers.CachedMultiHeadAttention,
}


def attention(kind, **options):
    return KINDS[kind](2, 3, name="attention", **options)


def inputs():
    rng = np.random.default_rng(0)
    x, memory = (rng.normal(size=(2, n, 5)).astype("float32") for n in (3, 4))
    mask = rng.random((2, 3, 4)) < 0.7
    mask[:, :, 0] = True
    return x, memory, mask


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_computes_the_same(kind, use_bias):
    x, memory, mask = inputs()
    layer = attention(kind, use_bias=use_bias)
    layer.build(x.shape, memory.shape)
    randomize(layer)
    expected = numpy(layer(x, memory, attention_mask=mask))
    actual = numpy(
        layers.flatten_projections(layer)(x, memory, attention_mask=mask)
    )
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


def test_takes_any_batch_and_length():
    x, memory = keras.Input((None, 5)), keras.Input((None, 5))
    layer = attention("keras")
    layer.build((None, None, 5), (None, None, 5))
    model = keras.Model(
        [x, memory], layers.flatten_projections(layer)(x, memory)
    )
    assert model.output_shape == (None, None, 5)
    for size, steps in ((2, 3), (4, 1)):
        shape = (size, steps, 5)
        outputs = model([np.ones(shape, "float32")] * 2)
        assert tuple(outputs.shape) == shape


def test_learns_as_it_would():
    x, memory, _ = inputs()
    learned = []
    for change in (lambda layer: layer, layers.flatten_projections):
        first, second = (keras.Input(a.shape[1:]) for a in (x, memory))
        layer = attention("keras")
        layer.build((None, 3, 5), (None, 4, 5))
        randomize(layer)
        change(layer)
        model = keras.Model([first, second], layer(first, second))
        model.compile(keras.optimizers.SGD(0.1), "mse")
        model.fit([x, memory], x, batch_size=2, epochs=2, verbose=0)
        learned.append([numpy(w) for w in layer.weights])
    for plain, flat in zip(*learned):
        np.testing.assert_allclose(flat, plain, rtol=1e-4, atol=1e-5)
