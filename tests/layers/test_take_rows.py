import keras
import numpy as np
from checks import check_config
from checks import check_saves
from checks import numpy

from mmkeras import layers

TOKENS = np.array([[5, 6, 0], [7, 0, 0], [3, 4, 8]], "int32")
INDEX = np.array([2, 0, 0], "int32")


def model():
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    index = keras.Input((), dtype="int32", name="index")
    x = keras.layers.Embedding(9, 4, mask_zero=True, name="embed")(tokens)
    x = layers.TakeRows(name="rows")([x, index])
    return keras.Model([tokens, index], layers.MaskedPool(name="mean")(x))


def test_rows_come_with_their_mask():
    pooled = model()
    table = numpy(pooled.get_layer("embed").weights[0])
    expected = [
        table[row][: np.count_nonzero(row)].mean(0)
        for row in (TOKENS[i][TOKENS[i] > 0] for i in INDEX)
    ]
    np.testing.assert_allclose(
        numpy(pooled([TOKENS, INDEX])), expected, rtol=1e-5, atol=1e-6
    )


def test_rows_without_a_mask():
    x = np.arange(12, dtype="float32").reshape(3, 4)
    taken = layers.TakeRows(dtype="mixed_bfloat16")([x, INDEX])
    np.testing.assert_array_equal(numpy(taken).astype("float32"), x[INDEX])


def test_config_and_file():
    layer = layers.TakeRows(name="rows")
    check_config(layer)
    assert layer.compute_output_shape([(3, 5, 4), (7,)]) == (7, 5, 4)
    check_saves(model(), [TOKENS, INDEX])
