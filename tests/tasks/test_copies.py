"""Copies of models keep their weights, and what of them is frozen."""

import keras
import numpy as np
import pytest
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
    import keras_hub

    backbone = keras_hub.models.EfficientNetBackbone(
        width_coefficient=0.1,
        depth_coefficient=0.1,
        stackwise_kernel_sizes=[3],
        stackwise_num_repeats=[1],
        stackwise_input_filters=[8],
        stackwise_output_filters=[8],
        stackwise_expansion_ratios=[1],
        stackwise_strides=[1],
        stackwise_squeeze_and_excite_ratios=[0.25],
        stackwise_block_types=["v1"],
        image_shape=(16, 16, 3),
    )
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
