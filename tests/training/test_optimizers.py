import time

import keras
import numpy as np
import pytest

from mmkeras import layers
from mmkeras.data import codecs
from mmkeras.tasks import targets
from mmkeras.training import optimizers
from mmkeras.training import recipes
from mmkeras.training.optimizers import MultiRateAdamW
from mmkeras.training.training_model import TrainingModel


def variables(count=2):
    return [keras.Variable(np.ones(3, "float32")) for _ in range(count)]


def test_slow_weights_change_less():
    fast, slow = variables()
    optimizer = MultiRateAdamW(
        0.1, weight_decay=0.0, variables=[slow], scale=0.25
    )
    optimizer.apply([keras.ops.ones(3)] * 2, [fast, slow])
    np.testing.assert_allclose(fast, 0.9, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(slow, 0.975, rtol=1e-5, atol=1e-6)


def test_a_weight_decays_by_its_own_rate_after_its_update():
    fast, slow = weights = variables()
    optimizer = MultiRateAdamW(
        0.1, weight_decay=0.5, variables=[slow], scale=0.5
    )
    optimizer.apply([keras.ops.ones(3)] * 2, weights)
    np.testing.assert_allclose(fast, 0.9 * 0.95, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(slow, 0.95 * 0.975, rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="only TensorFlow fetches a batch within the step",
)
def test_no_weight_changes_before_the_gradient_is_there():
    import tensorflow as tf

    weights = variables(20)
    optimizer = MultiRateAdamW(0.1, weight_decay=0.5)
    optimizer.build(weights)
    values = []

    def late():
        time.sleep(0.2)
        values.extend(np.array(weight) for weight in weights)
        return np.ones(3, "float32")

    @tf.function
    def step():
        gradient = tf.py_function(late, [], tf.float32)
        gradient.set_shape([3])
        optimizer.apply([gradient] * len(weights), weights)

    step()
    np.testing.assert_array_equal(values, np.ones((20, 3)))
    assert all(np.max(weight) < 0.9 for weight in weights)


def test_a_schedule_is_not_asked_for_every_weight():
    steps = []

    class Schedule(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            steps.append(int(step))
            return 0.5 ** keras.ops.cast(step, "float32")

    weights = variables(4)
    optimizer = MultiRateAdamW(Schedule(), weight_decay=0.5)
    optimizer.build(weights)
    steps.clear()
    for step in range(3):
        optimizer.apply([keras.ops.zeros(3)] * 4, weights)
        assert set(steps) == {step} and len(steps) < 3
        steps.clear()
    decayed = 0.5 * 0.75 * 0.875
    np.testing.assert_allclose(weights[0], decayed, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(optimizer.learning_rate, 0.125, rtol=1e-5)


def test_a_rate_may_be_set():
    optimizer = MultiRateAdamW(0.5)
    optimizer.learning_rate = 0.25
    np.testing.assert_allclose(optimizer.learning_rate, 0.25, rtol=1e-6)


def test_the_decay_of_averages_warms_up():
    (weight,) = variables(1)
    optimizer = MultiRateAdamW(
        0.1, weight_decay=0.0, use_ema=True, ema_momentum=0.5
    )
    average, decays = None, [0.0, 2 / 6, 3 / 7, 4 / 8]
    for step in range(20):
        optimizer.apply([keras.ops.ones(3)], [weight])
        value = np.array(weight)
        decay = decays[step] if step < len(decays) else (1 + step) / (5 + step)
        decay = min(decay, 0.5)
        average = value if step == 0 else average
        average = decay * average + (1 - decay) * value
    optimizer.finalize_variable_values([weight])
    np.testing.assert_allclose(weight, average, rtol=1e-5)


def test_the_average_of_a_short_training_is_near_its_last_weights():
    (weight,) = variables(1)
    optimizer = MultiRateAdamW(
        0.1, weight_decay=0.0, use_ema=True, ema_momentum=0.99
    )
    for _ in range(80):
        optimizer.apply([weight * 2], [weight])  # The minimum is at 0.
    optimizer.finalize_variable_values([weight])
    assert np.abs(weight).max() < 0.1


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="variables are made in a traced step by TensorFlow only",
)
def test_a_prepared_model_is_traced_once():
    traced = []

    class Traced(keras.layers.Layer):
        def call(self, x):
            traced.append(x)
            return x

    x = keras.Input((4,))
    y = keras.layers.Dense(1)(Traced()(x))
    model = TrainingModel(x, y, targets.make(codecs.Labels(kind="number")))
    recipe = recipes.Recipe(epochs=2, ema=0.9)
    optimizers.compile_model(model, recipe, steps=3)
    before = len(model.optimizer.variables)
    traced.clear()
    data = np.ones((12, 4)), np.ones((12, 1))
    model.fit(*data, batch_size=4, epochs=2, verbose=0)
    assert len(traced) == 1
    assert len(model.optimizer.variables) == before


def test_the_scale_of_logits_does_not_decay():
    layer = layers.EmbeddingPairs("sigmoid")
    layer([np.ones((2, 3), "float32")] * 2)
    kernel = keras.Variable(np.ones(3, "float32"), name="kernel")
    recipe = recipes.Recipe(epochs=2, weight_decay=0.5, learning_rate=0.1)
    optimizer = optimizers.make_optimizer(recipe, steps=2)
    weights = [*layer.weights, kernel]
    before = [np.array(weight) for weight in weights]
    for _ in range(2):  # The first step of the warm-up has a rate of 0.
        optimizer.apply([keras.ops.zeros(w.shape) for w in weights], weights)
    same = [np.array_equal(a, b) for a, b in zip(before, weights)]
    assert same == [True, True, False]
