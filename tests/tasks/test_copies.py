"""Copies of models keep their weights, and what of them is frozen."""

import keras
import numpy as np
import pytest
import tiny_presets
from checks import numpy
from checks import only_tensorflow
from checks import randomize
from checks import reloaded

from mmkeras import branches
from mmkeras.tasks import copies
from mmkeras.tasks import safety


@pytest.fixture(scope="module")
def branch():
    """A frozen backbone of KerasHub, which does not store its layers."""
    backbone = tiny_presets.efficient_net()
    branch = branches.image.hub(randomize(backbone, 0.1), shape=(16, 16, 3))
    assert branch.weights and not branch.trainable_weights
    return branch


def test_frozen_layers_stay_frozen_in_copies(branch):
    again = reloaded(branch)
    assert again.trainable_weights  # As Keras and KerasHub read it.
    assert not copies.freeze(again).trainable_weights
    copy = copies.copy(branch)
    assert not copy.trainable_weights
    for ours, theirs in zip(copy.weights, branch.weights):
        np.testing.assert_array_equal(numpy(ours), numpy(theirs))


@only_tensorflow
def test_frozen_layers_stay_frozen_in_files(branch, tmp_path):
    branch.save(tmp_path / "model.keras")
    model = safety.load_model(tmp_path / "model.keras")
    assert model.weights and not model.trainable_weights


def test_trained_layers_stay_trained():
    x = keras.Input((4,), name="x")
    y = keras.layers.Dense(3, name="frozen")(x)
    model = keras.Model(x, keras.layers.Dense(2, name="head")(y))
    model.get_layer("frozen").trainable = False
    copy = copies.copy(model)
    assert [w.path for w in copy.trainable_weights] == [
        "head/kernel",
        "head/bias",
    ]
