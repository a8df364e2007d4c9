import keras
import numpy as np
import pytest
from checks import EAGER
from checks import numpy
from checks import only_tensorflow
from checks import reloaded

from mmkeras import layers

RNG = np.random.default_rng(0)
# In alphabetical order, as Keras sorts inputs, the mask lies between them.
X = {
    "text": RNG.normal(size=(4, 3)).astype("float32"),
    "audio": RNG.normal(size=(4, 5)).astype("float32"),
}
Y = RNG.normal(size=(4, 2)).astype("float32")
ALL = {**X, "presence": np.ones((4, 2), bool)}


def model():
    inputs = {k: keras.Input(v.shape[1:], name=k) for k, v in X.items()}
    presence = layers.presence_input(2)
    x = layers.replace_missing(list(inputs.values()), presence)
    x = keras.layers.Concatenate(name="both")(x)
    x = keras.layers.Dense(2, name="out")(x)
    return layers.MultimodalModel({**inputs, "presence": presence}, x)


def test_a_call_without_the_mask_is_one_with_all_present():
    both = model()
    expected = numpy(both(ALL))
    np.testing.assert_array_equal(numpy(both(X)), expected)
    np.testing.assert_array_equal(
        numpy(both({**X, "presence": None})), expected
    )


def test_predict_and_evaluate_without_the_mask():
    both = model()
    expected = both.predict(ALL, verbose=0)
    np.testing.assert_array_equal(both.predict(X, verbose=0), expected)
    both.compile(loss="mse", **EAGER)
    loss = both.evaluate(X, Y, verbose=0)
    assert loss == pytest.approx(np.mean((expected - Y) ** 2), rel=1e-4)


def test_fit_without_the_mask_is_fit_with_all_present():
    losses = []
    for x in (ALL, X):
        both = model()
        keras.utils.set_random_seed(0)
        both.set_weights([ramp(w.shape) for w in both.weights])
        both.compile(keras.optimizers.SGD(0.1), "mse", **EAGER)
        history = both.fit(x, Y, batch_size=2, epochs=3, verbose=0)
        losses.append(history.history["loss"])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)
    assert losses[0][-1] < losses[0][0]


def ramp(shape):
    return np.linspace(-1, 1, int(np.prod(shape))).reshape(shape)


def test_what_is_required_is_not_filled_in():
    with pytest.raises(ValueError, match="audio"):
        model()({"text": X["text"]})


def test_a_misspelled_mask_is_refused():
    with pytest.raises(ValueError, match="no input 'presense'.*'presence'"):
        model()({**X, "presense": ALL["presence"]})


def test_the_mask_may_be_left_out_after_loading():
    both = model()
    loaded = reloaded(both)
    assert isinstance(loaded, layers.MultimodalModel)
    np.testing.assert_allclose(
        numpy(loaded(X)), numpy(both(X)), rtol=1e-5, atol=1e-6
    )


def test_it_may_be_part_of_a_model():
    both = model()
    inputs = {k: keras.Input(v.shape[1:], name=k) for k, v in X.items()}
    outer = keras.Model(inputs, both(inputs))
    for again in (outer, reloaded(outer)):
        np.testing.assert_allclose(
            again.predict(X, verbose=0), numpy(both(X)), rtol=1e-5, atol=1e-6
        )


@only_tensorflow
def test_a_saved_model_takes_the_mask(tmp_path):
    import tensorflow as tf

    both = model()
    both.export(str(tmp_path), verbose=False)
    served = tf.saved_model.load(str(tmp_path))
    np.testing.assert_allclose(
        served.serve(keras.tree.map_structure(tf.constant, ALL)),
        numpy(both(X)),
        rtol=1e-5,
        atol=1e-6,
    )
