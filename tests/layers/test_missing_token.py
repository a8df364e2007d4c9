import keras
import numpy as np
import pytest
from checks import check_config
from checks import check_saves
from checks import numpy
from keras import ops

from mmkeras import layers

PRESENT = np.array([True, False, True])


def test_a_token_stands_for_an_absent_vector():
    x = np.ones((3, 4), "float32")
    x[1] = np.nan
    layer = layers.MissingToken()
    actual = numpy(layer([x, ops.convert_to_tensor(PRESENT)]))
    np.testing.assert_array_equal(actual[[0, 2]], x[[0, 2]])
    np.testing.assert_array_equal(actual[1], numpy(layer.token))
    assert np.abs(actual[1]).max() > 0
    check_config(layer)


def test_of_an_absent_sequence_one_step_is_left():
    x = np.ones((3, 5, 4), "float32")
    mask = np.ones((3, 5), bool)
    mask[0, 2:] = False
    layer = layers.MissingToken()
    inputs = [ops.convert_to_tensor(x), ops.convert_to_tensor(PRESENT)]
    layer(inputs)
    expected = mask.copy()
    expected[1] = [True, False, False, False, False]
    step_mask = numpy(
        layer.compute_mask(inputs, [ops.convert_to_tensor(mask), None])
    )
    np.testing.assert_array_equal(step_mask, expected)
    step_mask = numpy(layer.compute_mask(inputs, None))
    np.testing.assert_array_equal(step_mask[[0, 2]], True)
    pooled = numpy(layers.MaskedPool()(layer(inputs)))
    np.testing.assert_allclose(
        pooled[1], numpy(layer.token), rtol=1e-6, atol=1e-6
    )


def test_padding_is_masked_after_a_model_within_the_model():
    ids = keras.Input((None,), dtype="int32", name="ids")
    words = keras.layers.Embedding(9, 4, mask_zero=True, name="words")
    encoder = keras.Model(ids, words(ids), name="encoder")
    text = keras.Input((None,), dtype="int32", name="text")
    presence = layers.presence_input(1)
    [x] = layers.replace_missing([encoder(text)], presence)
    x = keras.layers.LSTM(5, name="lstm")(x)  # Its mask joins the graph.
    model = keras.Model({"text": text, "presence": presence}, x)
    short = np.array([[3, 4], [2, 0]], "int32")
    inputs = {"text": short, "presence": np.ones((2, 1), bool)}
    longer = {**inputs, "text": np.pad(short, [(0, 0), (0, 3)])}
    expected = numpy(model(inputs))
    np.testing.assert_allclose(numpy(model(longer)), expected, 1e-5, 1e-6)
    absent = {**longer, "presence": np.zeros((2, 1), bool)}
    token = numpy(model.get_layer("missing_token_0").token)
    alone = numpy(model.get_layer("lstm")(token[None, None]))
    absent = numpy(model(absent))
    np.testing.assert_allclose(absent, np.tile(alone, (2, 1)), 1e-5, 1e-6)
    check_saves(model, longer)


def test_all_are_present_by_default():
    layer = layers.Presence(2)
    x = np.zeros((3, 7), "float32")
    assert numpy(layer(x)).tolist() == [[True, True]] * 3
    presence = np.array([[1, 0], [0, 1], [0, 0]], bool)
    actual = numpy(layer(x, presence=ops.convert_to_tensor(presence)))
    np.testing.assert_array_equal(actual, presence)
    check_config(layer)


def test_a_model_with_tokens_saves():
    a, b = keras.Input((4,), name="a"), keras.Input((5, 3), name="b")
    presence = layers.presence_input(2)
    x, y = layers.replace_missing([a, b], presence)
    y = layers.MaskedPool(name="mean")(y)
    out = keras.layers.Concatenate(name="both")([x, y])
    model = keras.Model({"a": a, "b": b, "presence": presence}, out)
    inputs = {
        "a": np.ones((2, 4), "float32"),
        "b": np.ones((2, 5, 3), "float32"),
        "presence": np.array([[True, False], [False, True]]),
    }
    check_saves(model, inputs)


def test_what_has_no_features_is_refused():
    with pytest.raises(ValueError, match="vector.*sequence"):
        layers.MissingToken()([np.ones((3, 2, 2, 2), "float32"), PRESENT])
