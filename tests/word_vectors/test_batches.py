import keras
import numpy as np
import pytest

from mmkeras.word_vectors.batches import Batches
from mmkeras.word_vectors.batches import batch_indices


def epoch(items, size, steps):
    return [batch_indices(items, size, steps, step) for step in range(steps)]


def test_every_item_is_in_one_batch():
    indices = np.concatenate(epoch(12, 4, 3))
    assert sorted(indices) == list(range(12))


@pytest.mark.parametrize("items", [1, 9, 10, 11])
def test_a_few_items_repeat(items):
    indices = np.concatenate(epoch(items, 4, 3))
    assert set(indices) == set(range(items))


def test_a_few_items_are_left_out():
    indices = np.concatenate(epoch(14, 4, 3))
    assert len(set(indices)) == 12
    assert set(indices) < set(range(14))


def test_fit_draws_every_epoch():
    def draw(number):
        return lambda step: (np.full((2, 1), 10.0 * number + step), zeros)

    zeros = np.zeros((2, 1))
    data = Batches(draw, steps=3)
    model = keras.Sequential([keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.0), "mae")
    log = model.fit(
        data, epochs=3, shuffle=False, verbose=0, callbacks=[data.callback]
    )
    # The means of 0, 1, 2 and of 10, 11, 12 and of 20, 21, 22.
    assert log.history["loss"] == pytest.approx([1, 11, 21])
