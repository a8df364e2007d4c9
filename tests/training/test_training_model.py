import dataclasses
import io
import warnings

import keras
import numpy as np
import PIL.Image
import pytest
import small_network
import tiny_tasks
from checks import numpy

from mmkeras.data import batches
from mmkeras.data import datasets
from mmkeras.data.synthetic import shapes
from mmkeras.tasks import frozen_parts
from mmkeras.training import engine
from mmkeras.training import recipes
from mmkeras.training import training_model

RECIPE = recipes.Recipe(
    epochs=2,
    batch_size=20,
    augment=("image",),
    examples_per_image=5,
    bucket_by_length=True,
    monitor="loss",
    model={"dim": 8},
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    source = shapes.write(tmp_path_factory.mktemp("world"), 12, 4, 0)
    return engine.Data(*map(datasets.get(source).rows, ("train", "val")))


@pytest.fixture
def build(data):
    def build(recipe=RECIPE):
        return engine.build(
            "caption-cnn-lstm", data, recipe, image_size=32, min_count=1
        )

    return build


def branch_of(task):
    return frozen_parts.branches(task.model)["image"]


def test_images_are_augmented_in_training_only(build):
    task = build()
    model = training_model.build(task, RECIPE, seed=0)
    rng = np.random.default_rng(0)
    x = {
        "image": rng.random((2, 32, 32, 3), "float32"),
        "tokens": np.ones((2, 5), "int32"),
    }
    plain = keras.ops.reshape(task.model(x, training=False), (10, -1))
    x["positions"] = np.arange(10, dtype="int32")
    np.testing.assert_array_equal(model(x, training=False), plain)
    task.model.get_layer("decoder").drop.rate = 0.0
    first, second = (numpy(model(x, training=True)) for _ in range(2))
    assert not np.array_equal(first, second)
    assert _ids(model.trainable_variables) == _ids(task.model.trainable_weights)
    calm = dataclasses.replace(RECIPE, augment=())
    model = training_model.build(task, calm)
    first, second = (numpy(model(x, training=True)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def _ids(weights):
    """Which weights there are, whatever their order."""
    return {id(weight) for weight in weights}


@pytest.mark.parametrize(
    "name",
    [
        "caption-cnn-lstm",
        "caption-cnn-attention-lstm",
        "caption-cnn-transformer",
        "caption-vit-transformer",
    ],
)
def test_captions_of_an_image_share_what_its_branch_returns(name):
    keras.utils.set_random_seed(0)
    task = tiny_tasks.build(name)
    recipe = dataclasses.replace(RECIPE, augment=())
    model = training_model.build(task, recipe, shared="image")
    rng = np.random.default_rng(0)
    pixels = rng.random((2, 16, 16, 3), "float32")
    tokens = rng.integers(1, 5, (6, 5), "int32")
    x = {"image": pixels, "tokens": tokens}
    x["image_index"] = np.repeat(np.arange(2, dtype="int32"), 3)
    x["positions"] = np.array([0, 29, 7, 8], "int32")
    repeated = {"image": np.repeat(pixels, 3, axis=0), "tokens": tokens}
    whole = numpy(task.model(repeated, training=False))
    np.testing.assert_allclose(
        model(x, training=False),
        whole.reshape(30, -1)[x["positions"]],
        rtol=1e-4,
        atol=1e-5,
    )


def test_questions_about_an_image_share_what_its_branch_returns():
    keras.utils.set_random_seed(0)
    task = tiny_tasks.build("dialogue-text-image-modules")
    recipe = recipes.get("dialogue-text-image-modules")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = training_model.build(task, recipe, shared="image")
    rng = np.random.default_rng(0)
    image = rng.uniform(size=(2, 64, 64, 3)).astype("float32")
    x = {
        "history": rng.integers(0, 5, (6, 2, 4)).astype("int32"),
        "question": rng.integers(1, 5, (6, 4)).astype("int32"),
        "presence": rng.random((6, 3)) < 0.7,
    }
    repeated = {**x, "image": np.repeat(image, 3, axis=0)}
    x["image_index"] = np.repeat(np.arange(2, dtype="int32"), 3)
    expected = numpy(task.model(repeated))
    actual = numpy(model({**x, "image": image}))
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)
    weights = model.trainable_weights
    assert len(weights) == len(task.model.trainable_weights)
    assert _ids(weights) == _ids(task.model.trainable_weights)


def captioned(counts):
    """Rows of different images with so many captions each."""
    rows = []
    for i, count in enumerate(counts):
        file = io.BytesIO()
        PIL.Image.new("RGB", (8, 8), (i, 0, 0)).save(file, "PNG")
        captions = ["a circle"] * count
        rows.append({"id": i, "image": file.getvalue(), "captions": captions})
    return rows


@pytest.mark.parametrize(
    "counts, group, size",
    [([5] * 4, 5, 20), ([1] * 9, 1, 9), ([100, 1], 5, 10), ([5, 1, 1], 3, 9)],
)
def test_few_images_fill_a_batch(build, counts, group, size):
    task = build()
    examples = engine.Examples(task, captioned(counts), keep=False)
    batching = engine._batching(task, RECIPE, examples)
    assert (batching.group, batching.size) == (group, size)
    assert batches.steps(examples, batching) == 1


@pytest.mark.parametrize(
    "changes, group, size",
    [
        ({"examples_per_image": 0, "batch_size": 9}, 4, 8),  # All of an image.
        ({"examples_per_image": 0, "batch_size": 3}, 3, 3),
        ({"examples_per_image": None}, 1, 8),
        ({"all_subsets": True}, 1, 8),
        ({"balance": "ogm-ge"}, 1, 8),
        ({"reward": "cider", "num_samples": 6}, 6, 18),
    ],
)
def test_recipes_choose_how_many_examples_share_an_image(
    build, changes, group, size
):
    recipe = dataclasses.replace(RECIPE, **changes)
    examples = engine.Examples(build(), captioned([4, 2, 1, 1]), keep=False)
    batching = engine._batching(examples.task, recipe, examples)
    assert (batching.group, batching.size) == (group, size)


def test_images_of_a_frozen_branch_are_not_shared(build):
    task = build()
    branch_of(task).model.trainable = False
    examples = engine.Examples(task, captioned([5] * 4), keep=False)
    batching = engine._batching(task, RECIPE, examples)
    assert (batching.group, batching.size) == (1, 20)
    recipe = dataclasses.replace(RECIPE, reward="cider")
    assert engine._batching(task, recipe, examples).group == recipe.num_samples


@pytest.fixture
def net(tmp_path, monkeypatch):
    """A network of two convolutions, in place of any of Keras."""
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))
    return small_network.install(monkeypatch, tmp_path, 64, kernel=8)[0]


@pytest.fixture
def build_on(net, data, tmp_path):
    """Builds captioners with the network's weights."""

    def build(recipe=RECIPE, init=None, **changes):
        image = str(tmp_path / "net.weights.h5")
        recipe = dataclasses.replace(
            recipe, model={**recipe.model, "image": image}, **changes
        )
        return engine.build(
            *("caption-cnn-lstm", data, recipe, init),
            image_size=64,
            min_count=1,
        )

    return build


@pytest.mark.slow
def test_layers_behind_a_frozen_part_are_trained(net, build_on, data, tmp_path):
    recipe = dataclasses.replace(RECIPE, encoder_lr_scale=0.5)
    task = build_on(recipe, fine_tune="conv_1")
    branch = branch_of(task)
    assert branch.frozen.output_shape == (None, 15, 15, 4)
    examples = engine.Examples(task, data.train)
    assert examples.cached == {"image"}
    model = training_model.build(task, recipe, examples.cached)
    assert model.input["image"].shape == (None, 15, 15, 4)
    engine.fit(task, data, tmp_path / "run", recipe, verbose=0)
    kernels = {
        w.path.split("/")[-2]: numpy(w)
        for w in branch.model.weights
        if w.name == "kernel"
    }
    old = {layer.name: layer.get_weights()[0] for layer in net.layers[1:]}
    np.testing.assert_array_equal(kernels["conv_0"], old["conv_0"])
    assert np.abs(kernels["conv_1"] - old["conv_1"]).max() > 1e-4


@pytest.mark.slow
def test_fine_tuning_finds_the_cached_layer_of_a_frozen_network(
    build_on, data, tmp_path, monkeypatch
):
    task = build_on(cache_at="conv_1")
    branch = branch_of(task)
    assert branch.cache_at and branch.frozen is branch.model
    recipe = dataclasses.replace(RECIPE, epochs=1)
    engine.fit(task, data, tmp_path / "run", recipe, verbose=0)
    task.save(tmp_path / "run")
    tuned = build_on(fine_tune="conv_1", init=tmp_path / "run")
    branch = branch_of(tuned)
    assert branch.cache_at is None and branch.trained.trainable_weights
    # No file is read.
    monkeypatch.setattr("mmkeras.data.frozen_features.batches", None)
    examples = engine.Examples(tuned, data.train, views=RECIPE.views)
    assert (
        examples.cached == {"image"}
        and examples.views() == len(RECIPE.views) == 2
    )
    assert len(np.unique(examples.numbers("image"))) == 12
    assert examples.inputs(np.arange(12))["image"].shape == (12, 15, 15, 4)


def test_a_branch_trained_from_scratch_has_no_layer_to_cache(data):
    recipe = dataclasses.replace(RECIPE, cache_at="conv_1")
    with pytest.raises(ValueError, match="option of pretrained.*conv_1"):
        engine.build("caption-cnn-lstm", data, recipe)


@pytest.mark.slow
def test_the_loss_may_select_the_epoch(build, data, tmp_path):
    notes = engine.fit(build(), data, tmp_path, RECIPE, verbose=0)
    losses = np.genfromtxt(tmp_path / "log.csv", delimiter=",", names=True)
    assert notes["monitor"] == "val_loss"
    assert notes["best_epoch"] == 1 + np.argmin(losses["val_loss"])


def test_a_run_starts_with_the_weights_and_vocabulary_of_another(
    build, data, tmp_path
):
    first = build()
    for weight in first.model.weights:
        weight.assign(weight + 0.125)
    first.save(tmp_path)
    fewer = engine.Data(data.train[:3], data.val)
    options = {"image_size": 32, "min_count": 1, "init": tmp_path}
    task = engine.build("caption-cnn-lstm", fewer, RECIPE, **options)
    for mine, other in zip(
        task.model.weights, first.model.weights, strict=True
    ):
        np.testing.assert_array_equal(mine, other)
    texts = ["a small red circle"]
    np.testing.assert_array_equal(
        task.codecs["text"](texts), first.codecs["text"](texts)
    )
    wide = dataclasses.replace(RECIPE, model={"dim": 12})
    with pytest.raises(ValueError, match="does not match this model's"):
        engine.build("caption-cnn-lstm", fewer, wide, **options)


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_r_drop_adds_the_divergence_of_two_predictions(dropout):
    task = tiny_tasks.build("translate-text-transformer", dropout=dropout)
    x = {
        "source": np.array([[4, 5, 6], [4, 7, 0]], "int32"),
        "tokens": np.array([[1, 4, 5], [1, 6, 0]], "int32"),
        "positions": np.array([0, 1, 2, 3, 4, 5], "int32"),
    }
    y, weight = np.array([4, 5, 2, 6, 2, 0], "int32"), np.ones(6, "float32")
    values = []
    for r_drop in (None, 100.0):
        recipe = recipes.Recipe(r_drop=r_drop)
        model = training_model.build(task, recipe)
        outputs = model(x, training=True)
        loss = model.compute_loss(x, y, outputs, weight)
        values.append(float(numpy(loss)))
    if dropout:
        assert values[1] > 2 * values[0]
    else:  # Both predictions are equal.
        assert values[1] == pytest.approx(values[0])


def test_r_drop_and_rewards_exclude_each_other(build):
    recipe = dataclasses.replace(RECIPE, r_drop=1.0, reward="cider")
    with pytest.raises(ValueError, match="mutually exclusive.*task.reward"):
        training_model.build(build(), recipe)
