import dataclasses

import keras
import numpy as np
import pytest

from mmkeras.data import datasets
from mmkeras.data.synthetic import shapes
from mmkeras.training import captions
from mmkeras.training import recipes

RECIPE = recipes.Recipe(
    epochs=2, batch_size=20, augment=True, monitor="loss", settings={"dim": 8}
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    source = shapes.write(tmp_path_factory.mktemp("world"), 12, 4, 0)
    return captions.Data(*map(datasets.get(source).rows, ("train", "val")))


@pytest.fixture
def build(data):
    def build(recipe=RECIPE):
        return captions.build(
            "caption-cnn-lstm", data, recipe, image_size=32, minimum=1
        )

    return build


def test_augmented_images_differ_in_training_alone(build):
    task = build()
    model = captions._trainee(task, RECIPE, False, 1, seed=0)
    rng = np.random.default_rng(0)
    inputs = {
        "image": rng.random((2, 32, 32, 3), "float32"),
        "tokens": np.ones((2, 5), "int32"),
    }
    plain = keras.ops.reshape(task.model(inputs, training=False), (10, -1))
    inputs["places"] = np.arange(10, dtype="int32")
    np.testing.assert_array_equal(model(inputs, training=False), plain)
    task.model.get_layer("decoder").drop.rate = 0.0
    first, second = (
        keras.ops.convert_to_numpy(model(inputs, training=True))
        for _ in range(2)
    )
    assert not np.array_equal(first, second)
    assert model.trainable_variables == task.model.trainable_variables


def test_a_image_seen_once_teaches_all_its_captions(build):
    recipe = dataclasses.replace(RECIPE, augment=False)
    task = build(recipe)
    model = captions._trainee(task, recipe, False, 3, seed=0)
    rng = np.random.default_rng(0)
    pixels = rng.random((2, 32, 32, 3), "float32")
    tokens = rng.integers(1, 5, (6, 5), "int32")
    many = np.repeat(pixels, 3, axis=0)
    inputs = {"image": pixels, "tokens": tokens}
    inputs["places"] = np.array([0, 29, 7, 8], "int32")
    whole = task.model({"image": many, "tokens": tokens}, training=False)
    np.testing.assert_allclose(
        model(inputs, training=False),
        np.reshape(whole, (30, -1))[inputs["places"]],
        rtol=1e-4,
        atol=1e-5,
    )


@pytest.mark.parametrize(
    "counts, together, size",
    [([5] * 4, 5, 20), ([1] * 9, 1, 9), ([100, 1], 5, 10), ([5, 1, 1], 3, 9)],
)
def test_few_images_fill_a_batch(build, counts, together, size):
    owners = np.repeat(np.arange(len(counts)), counts)
    assert captions._sizes(build(), RECIPE, owners) == (
        together,
        min(size, 20),
    )
    captions.pipeline.steps(owners, min(size, 20), together)


@pytest.fixture
def net(tmp_path, monkeypatch):
    """A network of two convolutions; builds captioners with its weights."""
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))

    def network(input_shape, weights, include_top):
        x = first = keras.Input(input_shape)
        for i in range(2):
            x = keras.layers.Conv2D(4, 8, strides=4, name=f"conv_{i}")(x)
        return keras.Model(first, x, name="net")

    preprocess = keras.applications.mobilenet_v2.preprocess_input
    monkeypatch.setattr(
        captions.branches.image, "_find", lambda name: (network, preprocess)
    )
    net = network((64, 64, 3), None, False)
    net.save_weights(tmp_path / "net.weights.h5")
    return net


@pytest.fixture
def build_on(net, data, tmp_path):
    def build(recipe=RECIPE, **options):
        weights = str(tmp_path / "net.weights.h5")
        return captions.build(
            *("caption-cnn-lstm", data, recipe, weights),
            image_size=64,
            minimum=1,
            **options,
        )

    return build


def test_behind_a_frozen_trunk_the_rest_is_trained(
    net, build_on, data, tmp_path
):
    recipe = dataclasses.replace(RECIPE, branch_rate=0.5)
    task = build_on(recipe, fine_tune="conv_1")
    assert task.trunk.output_shape == (None, 15, 15, 4)
    captions.fit(task, data, tmp_path / "run", recipe, verbose=0)
    kernels = {
        w.path.split("/")[-2]: keras.ops.convert_to_numpy(w)
        for w in task.encoder.weights
        if w.name == "kernel"
    }
    old = {layer.name: layer.get_weights()[0] for layer in net.layers[1:]}
    np.testing.assert_array_equal(kernels["conv_0"], old["conv_0"])
    assert np.abs(kernels["conv_1"] - old["conv_1"]).max() > 1e-4


def test_fine_tuning_finds_the_stem_of_a_frozen_network(
    build_on, data, tmp_path, monkeypatch
):
    task = build_on(stem="conv_1")
    assert task.stem and task.trunk is task.encoder
    recipe = dataclasses.replace(RECIPE, epochs=1)
    captions.fit(task, data, tmp_path / "run", recipe, verbose=0)
    task.save(tmp_path / "run")
    tuned = build_on(fine_tune="conv_1", init=tmp_path / "run")
    assert tuned.stem is None and tuned.top.trainable_weights
    monkeypatch.setattr("mmkeras.data.frozen.batches", None)  # Nothing is read.
    found = captions.Images(tuned, data.train, RECIPE.views)
    assert found.array.shape == (2, 12, 15, 15, 4)


def test_what_is_trained_from_scratch_has_no_stem(data):
    with pytest.raises(ValueError, match="scratch has no stem.*'conv_1'"):
        captions.build("caption-cnn-lstm", data, RECIPE, stem="conv_1")


@pytest.mark.slow
def test_the_loss_may_choose_the_epoch(build, data, tmp_path):
    found = captions.fit(build(), data, tmp_path, RECIPE, verbose=0)
    losses = np.genfromtxt(tmp_path / "log.csv", delimiter=",", names=True)
    assert found["best_epoch"] == 1 + np.argmin(losses["val_loss"])


def test_a_run_starts_with_the_weights_and_words_of_another(
    build, data, tmp_path
):
    first = build()
    for weight in first.model.weights:
        weight.assign(weight + 0.125)
    first.save(tmp_path)
    fewer = captions.Data(data.train[:3], data.val)
    options = {"image_size": 32, "minimum": 1, "init": tmp_path}
    task = captions.build("caption-cnn-lstm", fewer, RECIPE, **options)
    for mine, other in zip(task.model.weights, first.model.weights):
        np.testing.assert_array_equal(mine, other)
    texts = ["a small red circle"]
    np.testing.assert_array_equal(
        task.codecs["text"](texts), first.codecs["text"](texts)
    )
    wide = dataclasses.replace(RECIPE, settings={"dim": 12})
    with pytest.raises(ValueError, match="does not match this model's"):
        captions.build("caption-cnn-lstm", fewer, wide, **options)
