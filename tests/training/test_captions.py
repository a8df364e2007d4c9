import dataclasses

import keras
import numpy as np
import pytest

from mmkeras.data.datasets import table
from mmkeras.data.worlds import shapes
from mmkeras.training import captions
from mmkeras.training import recipes

RECIPE = recipes.Recipe(
    epochs=2, batch_size=20, augment=True, monitor="loss", settings={"dim": 8}
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    source = shapes.write(tmp_path_factory.mktemp("world"), 12, 4, 0)
    return captions.Data(*(table.rows(s, source) for s in ("train", "val")))


@pytest.fixture
def build(data):
    def build(recipe=RECIPE):
        return captions.build(
            "caption-cnn-lstm", data, recipe, image_size=32, minimum=1
        )

    return build


def test_augmented_pictures_differ_in_training_alone(build):
    task = build()
    model = captions._augmented(task, RECIPE, seed=0)
    rng = np.random.default_rng(0)
    inputs = {
        "image": rng.random((2, 32, 32, 3), "float32"),
        "tokens": np.ones((2, 5), "int32"),
    }
    plain = task.model(inputs, training=False)
    np.testing.assert_array_equal(model(inputs, training=False), plain)
    task.model.get_layer("decoder").drop.rate = 0.0
    first, second = (
        keras.ops.convert_to_numpy(model(inputs, training=True))
        for _ in range(2)
    )
    assert not np.array_equal(first, second)
    assert model.trainable_variables == task.model.trainable_variables


def test_without_augmentation_the_model_itself_is_trained(build):
    recipe = dataclasses.replace(RECIPE, augment=False)
    task = build(recipe)
    assert captions._augmented(task, recipe, seed=0) is task.model


def test_the_loss_may_choose_the_epoch(build, data, tmp_path):
    found = captions.fit(build(), data, tmp_path, RECIPE, verbose=0)
    losses = np.genfromtxt(tmp_path / "log.csv", delimiter=",", names=True)
    assert found["best_epoch"] == 1 + np.argmin(losses["val_loss"])
