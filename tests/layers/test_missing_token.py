import keras
import numpy as np
import pytest
from checks import check_config
from checks import check_saves
from checks import numpy
from keras import ops

from mmkeras import layers

THERE = np.array([True, False, True])


def test_a_token_stands_for_an_absent_vector():
    x = np.ones((3, 4), "float32")
    x[1] = np.nan
    layer = layers.MissingToken()
    found = numpy(layer([x, ops.convert_to_tensor(THERE)]))
    np.testing.assert_array_equal(found[[0, 2]], x[[0, 2]])
    np.testing.assert_array_equal(found[1], numpy(layer.token))
    assert np.abs(found[1]).max() > 0
    check_config(layer)


def test_of_an_absent_sequence_one_step_is_left():
    x = np.ones((3, 5, 4), "float32")
    mask = np.ones((3, 5), bool)
    mask[0, 2:] = False
    layer = layers.MissingToken()
    inputs = [ops.convert_to_tensor(x), ops.convert_to_tensor(THERE)]
    layer(inputs)
    expected = mask.copy()
    expected[1] = [True, False, False, False, False]
    kept = numpy(
        layer.compute_mask(inputs, [ops.convert_to_tensor(mask), None])
    )
    np.testing.assert_array_equal(kept, expected)
    kept = numpy(layer.compute_mask(inputs, None))
    np.testing.assert_array_equal(kept[[0, 2]], True)
    pooled = numpy(layers.MaskedPool()(layer(inputs)))
    np.testing.assert_allclose(
        pooled[1], numpy(layer.token), rtol=1e-6, atol=1e-6
    )


def test_presence_is_all_unless_it_is_told():
    layer = layers.Presence(2)
    x = np.zeros((3, 7), "float32")
    assert numpy(layer(x)).tolist() == [[True, True]] * 3
    told = np.array([[1, 0], [0, 1], [0, 0]], bool)
    found = numpy(layer(x, presence=ops.convert_to_tensor(told)))
    np.testing.assert_array_equal(found, told)
    check_config(layer)


def test_a_model_with_tokens_saves():
    a, b = keras.Input((4,), name="a"), keras.Input((5, 3), name="b")
    there = layers.presence_input(2)
    x, y = layers.replace_missing([a, b], there)
    y = layers.MaskedPool(name="mean")(y)
    out = keras.layers.Concatenate(name="both")([x, y])
    model = keras.Model({"a": a, "b": b, "presence": there}, out)
    given = {
        "a": np.ones((2, 4), "float32"),
        "b": np.ones((2, 5, 3), "float32"),
        "presence": np.array([[True, False], [False, True]]),
    }
    check_saves(model, given)


def test_what_has_no_features_is_refused():
    with pytest.raises(ValueError, match="vector.*sequence"):
        layers.MissingToken()([np.ones((3, 2, 2, 2), "float32"), THERE])
