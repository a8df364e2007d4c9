import keras
import numpy as np
from checks import check_config
from checks import check_saves
from checks import numpy
from keras import ops

from mmkeras import layers

INPUTS = np.random.default_rng(0).normal(size=(3, 4, 5)).astype("float32")


def test_is_the_mean_without_a_mask():
    actual = numpy(layers.MaskedPool()(INPUTS))
    np.testing.assert_allclose(
        actual, INPUTS.mean(axis=1), rtol=1e-5, atol=1e-6
    )


def test_leaves_padding_out():
    mask = np.array([[1, 1, 0, 0], [1, 0, 1, 1], [0, 0, 0, 0]], bool)
    actual = numpy(layers.MaskedPool()(INPUTS, mask=ops.array(mask)))
    np.testing.assert_allclose(
        actual[0], INPUTS[0, :2].mean(0), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(
        actual[1], INPUTS[1, [0, 2, 3]].mean(0), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_array_equal(actual[2], 0)  # Not NaN.


def test_takes_the_mask_of_the_layer_before_and_passes_none_on():
    words = keras.Input((None,), dtype="int32", name="words")
    embed = keras.layers.Embedding(9, 5, mask_zero=True, name="embed")
    pool = layers.MaskedPool(name="pool")
    model = keras.Model(words, pool(embed(words)), name="bag")
    short = np.array([[3, 4], [5, 6]], "int32")
    long = np.pad(short, [(0, 0), (0, 3)])
    np.testing.assert_allclose(
        numpy(model(long)), numpy(model(short)), rtol=1e-5, atol=1e-6
    )
    assert pool.compute_mask(None, mask=np.ones((2, 5), bool)) is None


def test_config_shape_and_file():
    pool = layers.MaskedPool(name="pool")
    check_config(pool)
    assert pool.compute_output_shape((3, 4, 5)) == (3, 5)
    x = keras.Input((None, 5), name="steps")
    check_saves(keras.Model(x, pool(x), name="mean"), INPUTS)


def test_mixed_precision():
    for policy in ("mixed_bfloat16", "mixed_float16"):
        pooled = layers.MaskedPool(dtype=policy)(INPUTS)
        kind = keras.backend.standardize_dtype(pooled.dtype)
        assert kind == policy.removeprefix("mixed_")
