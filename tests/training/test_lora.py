"""LoRA trains small factors beside the frozen weights of a network."""

import dataclasses

import keras
import numpy as np
import pytest
from checks import numpy
from checks import only_tensorflow
from multimodal_rows import rows

import mmkeras
from mmkeras import serving
from mmkeras.tasks import frozen_parts
from mmkeras.tasks import lora
from mmkeras.training import config
from mmkeras.training import engine
from mmkeras.training import recipes

pytestmark = pytest.mark.usefixtures("eager_models")
NAME = "classify-text-bow"
RECIPE = recipes.Recipe(
    epochs=2, batch_size=8, learning_rate=1e-2, lora=2, ema=0.9
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def data():
    return engine.Data(rows("train", 16), rows("val", 16))


def build(data, preset, init=None, **changes):
    keras.utils.set_random_seed(0)
    values = {"precision": "float32", "model": {"text": preset}, **changes}
    recipe = dataclasses.replace(RECIPE, **values)
    return engine.build(NAME, data, recipe, init, min_count=1), recipe


def branch(task):
    return frozen_parts.branches(task.model)["text"]


def test_only_factors_are_trained(bert, data, tmp_path):
    task, recipe = build(data, bert)
    assert not branch(task).is_frozen
    assert engine.Examples(task, data.val).cached == set()
    before = {w.path: numpy(w) for w in task.model.weights}
    engine.fit(task, data, tmp_path, recipe, verbose=0)
    factors = {w.path for w in branch(task).model.trainable_weights}
    assert len(factors) == 4  # Of the queries and the values of one layer.
    assert all("/lora_kernel_" in path for path in factors)
    own = {w.path for w in branch(task).model.weights}
    for weight in task.model.weights:
        is_same = (numpy(weight) == before[weight.path]).all()
        assert is_same == (weight.path in own - factors), weight.path


@pytest.mark.parametrize(
    "precision",
    ["float32", pytest.param("mixed_bfloat16", marks=pytest.mark.slow)],
)
def test_the_saved_model_has_the_factors_in_its_kernels(
    bert, data, tmp_path, precision
):
    task, recipe = build(data, bert, fine_tune="text", precision=precision)
    engine.fit(task, data, tmp_path, recipe, verbose=0)
    task.save(tmp_path)
    loaded = mmkeras.load(tmp_path)
    assert not [w.path for w in loaded.model.weights if "lora" in w.path]
    expected = engine.Examples(task, data.val, keep=False).outputs()
    outputs = engine.Examples(loaded, data.val, keep=False).outputs()
    scale = 1e-5 if precision == "float32" else 3e-2
    np.testing.assert_allclose(outputs, expected, atol=scale, rtol=scale)
    plain, _ = build(data, bert, lora=None)
    shapes = [w.shape for w in plain.model.weights]
    assert [w.shape for w in loaded.model.weights] == shapes
    # It is the start of another run, adapted again or not.
    again, _ = build(data, bert, init=tmp_path)
    np.testing.assert_allclose(
        engine.Examples(again, data.val, keep=False).outputs(),
        outputs,
        atol=1e-5,
    )


def test_a_model_without_factors_is_not_copied(bert, data):
    plain, _ = build(data, bert, lora=None)
    assert lora.merged(plain.model) is plain.model


@only_tensorflow
@pytest.mark.slow
@pytest.mark.usefixtures("checks_here")
def test_a_trained_task_is_exported_as_it_is(bert, data, tmp_path):
    task, recipe = build(data, bert)
    engine.fit(task, data, tmp_path / "run", recipe, verbose=0)
    serving.export(task, tmp_path / "export")  # Compares the answers.


class Stop(keras.callbacks.Callback):
    """Ends a training in its second epoch, as a signal would."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_a_resumed_run_ends_with_the_same_weights(bert, data, tmp_path):
    whole, recipe = build(data, bert)
    engine.fit(whole, data, tmp_path / "whole", recipe, verbose=0)
    broken, _ = build(data, bert)
    folder = tmp_path / "broken"
    with pytest.raises(KeyboardInterrupt):
        engine.fit(broken, data, folder, recipe, verbose=0, callbacks=[Stop()])
    resumed, _ = build(data, bert)
    engine.fit(resumed, data, folder, recipe, verbose=0)
    for one, other in zip(
        whole.model.weights, resumed.model.weights, strict=True
    ):
        np.testing.assert_array_equal(numpy(one), numpy(other))


def test_normalization_and_networks_without_dense_layers_stay_as_they_are():
    x = first = keras.Input((8, 8, 3))
    x = keras.layers.BatchNormalization()(keras.layers.Conv2D(4, 3)(x))
    convolutions = keras.Model(first, x)
    convolutions.trainable = False
    assert lora.enable(convolutions, 2) == 0
    assert not convolutions.trainable_weights
    dense = keras.Model(first, keras.layers.Dense(2, name="dense")(x))
    assert lora.enable(dense, 2) == 1
    assert [w.name for w in dense.trainable_weights] == [
        "lora_kernel_a",
        "lora_kernel_b",
    ]
    assert not any(
        layer.trainable
        for layer in dense.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    )


def test_networks_that_cannot_be_adapted_are_refused(bert, data, monkeypatch):
    with pytest.raises(ValueError, match="`train.lora` is an option of pret"):
        build(data, bert, model={})
    with pytest.raises(ValueError, match="must be all or one of the branches"):
        build(data, bert, fine_tune="block_13")
    images = [{**row, "image": None} for row in data.train]
    recipe = dataclasses.replace(RECIPE, model={"image": "a.npz"})
    with pytest.raises(ValueError, match="of KerasHub alone.*leave out train"):
        engine.build("classify-image-cnn", engine.Data(images, images), recipe)
    monkeypatch.setattr(lora, "enable", lambda branch, rank: 0)
    with pytest.raises(ValueError, match="no dense layer.*fine_tune=text"):
        build(data, bert)


def test_factors_learn_faster_than_whole_networks(bert):
    def scale(**train):
        given = {f"train.{key}": value for key, value in train.items()}
        given["model.text"] = bert
        return config.resolve(NAME, given).recipe.encoder_lr_scale

    assert scale(fine_tune="text") == 0.03
    assert scale(lora=8) == scale(lora=8, fine_tune="text") == 0.2
    assert scale(lora=8, encoder_lr_scale=0.5) == 0.5
    with pytest.raises(ValueError, match="`lora` must be at least 1"):
        scale(lora=0)


@pytest.mark.slow
@pytest.mark.realdata
def test_minilm_is_adapted_in_a_few_steps(data, pretrained, tmp_path):
    preset = f"hub:{pretrained('minilm')}"
    task, recipe = build(data, preset, lora=4, learning_rate=1e-3)
    count = sum(np.prod(w.shape) for w in branch(task).model.weights)
    trained = branch(task).model.trainable_weights
    assert len(trained) == 6 * 4
    assert 0 < sum(np.prod(w.shape) for w in trained) < 0.01 * count
    engine.fit(task, data, tmp_path, recipe, verbose=0)
    assert all(np.abs(numpy(w)).max() > 0 for w in trained)
    task.save(tmp_path)
    text = {"text": ["it is bright", "it is not"]}
    np.testing.assert_allclose(
        mmkeras.load(tmp_path).answer(text)["probability"],
        task.answer(text)["probability"],
        atol=1e-4,
    )
