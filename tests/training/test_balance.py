"""Balanced training within the engine: OGM-GE and Gradient-Blend."""

import dataclasses
import json
import signal

import keras
import numpy as np
import pytest
import tiny_tasks
from checks import EAGER
from checks import numpy
from multimodal_rows import rows

import mmkeras
from mmkeras import evaluation
from mmkeras.training import balanced_model
from mmkeras.training import blend_estimate
from mmkeras.training import config
from mmkeras.training import engine
from mmkeras.training import recipes
from mmkeras.training import training_model

pytestmark = [
    pytest.mark.usefixtures("module_cache"),
    pytest.mark.filterwarnings("ignore:Frozen as a whole"),
]

NAME = "classify-image-audio-concat"
FIELDS = ["image", "audio"]
METHODS = (balanced_model.OGM_GE, balanced_model.GRADIENT_BLEND)
RECIPE = recipes.Recipe(
    epochs=2,
    batch_size=8,
    learning_rate=1e-2,
    ema=0.9,
    label_smoothing=0.0,
    monitor="accuracy",
    modality_dropout=0.2,
    model={"dim": 8, "dropout": 0.2},
    precision="float32",
)


@pytest.fixture(scope="module")
def data():
    return engine.Data(rows(count=40), rows("val", 16))


def recipe(method, **changes):
    return dataclasses.replace(RECIPE, balance=method, **changes)


def fit(data, folder, method, *callbacks, part=None):
    """Trains on the data, or on a part of it."""
    keras.utils.set_random_seed(0)
    options = {"image_size": 16, "audio_seconds": 0.125}
    task = engine.build(NAME, data, recipe(method), **options)
    rows = part or data
    engine.fit(
        task, rows, folder, recipe(method), verbose=0, callbacks=callbacks
    )
    return task


# The estimate of blend weights trains several models.
BOTH = (METHODS[0], pytest.param(METHODS[1], marks=pytest.mark.slow))


@pytest.fixture(scope="module", params=BOTH)
def run(request, data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    return request.param, folder, fit(data, folder, request.param)


@pytest.mark.slow
def test_the_saved_model_is_the_same_as_without(run, tmp_path):
    _, _, task = run
    plain = tiny_tasks.build(NAME)
    assert type(task.model) is type(plain.model)
    assert len(task.model.weights) == len(plain.model.weights)
    paths = [weight.path for weight in task.model.weights]
    assert not [path for path in paths if "modulate" in path]
    task.save(tmp_path)
    example = {"image": [rows()[0]["image"]], "audio": [None]}
    loaded = mmkeras.load(tmp_path)
    assert loaded.answer(example)["label"] == task.answer(example)["label"]


@pytest.mark.slow
def test_loss_weights_sum_to_one_and_are_stored(run):
    method, folder, _ = run
    path = folder / blend_estimate.FILE
    assert path.exists() == (method == balanced_model.GRADIENT_BLEND)
    if path.exists():
        weights = json.loads(path.read_text())
        assert set(weights) == {"fusion", *FIELDS}
        assert sum(weights.values()) == pytest.approx(1)
        assert min(weights.values()) >= 0


class Interrupt(keras.callbacks.Callback):
    """Sends Ctrl-C in the middle of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        self.is_due = epoch == self.epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.is_due and batch == 1:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.slow
@pytest.mark.parametrize("epoch", [0, 1])
def test_an_interrupted_run_ends_with_the_same_weights(
    run, data, tmp_path, epoch
):
    method, folder, _ = run
    with pytest.raises(KeyboardInterrupt):
        fit(data, tmp_path, method, Interrupt(epoch))
    fit(data, tmp_path, method)
    for name in ("checkpoint.npz", "best.npz"):
        with np.load(folder / name) as whole, np.load(tmp_path / name) as ours:
            for key in set(whole.files) - {"notes"}:
                np.testing.assert_array_equal(ours[key], whole[key])


def model_of(method, seed=0, **changes):
    """A balanced training model of a tiny task without dropout."""
    keras.utils.set_random_seed(seed)
    task = tiny_tasks.build(NAME, dropout=0.0, **changes)
    model = training_model.build(task, recipe(method))
    return task, balanced_model.build(model, task.fields, method)


def inputs(model, size=6, seed=0):
    rng = np.random.default_rng(seed)
    shapes = {field: model.input[field].shape[1:] for field in FIELDS}
    x = {k: rng.random((size, *v), "float32") for k, v in shapes.items()}
    x["presence"] = np.ones((size, 2), bool)
    return x, np.eye(3, dtype="float32")[rng.integers(0, 3, size)]


def test_the_gradient_of_a_modality_that_is_ahead_is_smaller():
    changes = {}
    for share in (1.0, 0.25):
        task, model = model_of(balanced_model.OGM_GE)
        layer = model.get_layer("modulate_image")
        layer.noise = 0.0
        layer.share.assign(share)
        model.compile(keras.optimizers.SGD(1.0), **EAGER)
        branches = [task.model.get_layer(f"{f}_encoder") for f in FIELDS]
        before = [[numpy(w) for w in b.trainable_weights] for b in branches]
        x, y = inputs(model)
        model.train_on_batch(x, y, np.ones(6, "float32"))
        changes[share] = [
            np.concatenate(
                [
                    (old - numpy(w)).ravel()
                    for old, w in zip(weights, branch.trainable_weights)
                ]
            )
            for weights, branch in zip(before, branches)
        ]
    image, audio = changes[0.25]
    assert np.abs(changes[1.0][0]).max() > 1e-4
    np.testing.assert_allclose(image, 0.25 * changes[1.0][0], atol=1e-5)
    np.testing.assert_allclose(audio, changes[1.0][1], atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_only_heads_of_gradient_blend_train_branches(method):
    task, model = model_of(method)
    weights = dict.fromkeys(model.output, 0.0) | {"image": 1.0}
    model.balance.weights = weights
    model.compile(keras.optimizers.SGD(1.0), **EAGER)
    branch = task.model.get_layer("image_encoder")
    before = [numpy(weight) for weight in branch.trainable_weights]
    x, y = inputs(model)
    model.train_on_batch(x, y, np.ones(6, "float32"))
    changes = [
        np.abs(old - numpy(weight)).max()
        for old, weight in zip(before, branch.trainable_weights)
    ]
    is_trained = method == balanced_model.GRADIENT_BLEND
    assert (max(changes) > 0) == is_trained


def test_the_multimodal_head_is_that_of_the_task():
    for method in METHODS:
        task, model = model_of(method)
        x, _ = inputs(model)
        x["presence"][0, 0] = False
        fused = balanced_model.multimodal(model)
        np.testing.assert_allclose(
            numpy(fused(x)), numpy(task.model(x)), rtol=1e-5, atol=1e-6
        )


def test_missing_modalities_do_not_count():
    _, model = model_of(balanced_model.OGM_GE)
    model.balance.weights["image"] = 0.5
    x, y = inputs(model, size=4)
    x["presence"][:2, 0] = False
    weight = np.array([1, 1, 1, 0], "float32")
    logits = numpy(model(x))
    losses = {
        head: -(y * np.log(np.exp(z) / np.exp(z).sum(1, keepdims=True))).sum(1)
        for head, z in logits.items()
    }
    expected = losses["fusion"][:3].sum() + losses["audio"][:3].sum()
    expected = (expected + 0.5 * losses["image"][2]) / 4
    loss = model.compute_loss(x, y, logits, weight)
    assert float(loss) == pytest.approx(expected, rel=1e-4)
    scores = {f: np.exp(-losses[f]) for f in FIELDS}
    ratio = scores["image"][2] / scores["audio"][:3].mean()
    ratios = {"image": ratio, "audio": 1 / ratio}
    for field, ratio in ratios.items():
        share = 1 - np.tanh(0.3 * ratio) if ratio > 1 else 1
        layer = model.get_layer(f"modulate_{field}")
        assert float(numpy(layer.share)) == pytest.approx(share, abs=1e-4)


def test_frozen_branches_are_not_modulated():
    keras.utils.set_random_seed(0)
    task = tiny_tasks.build(NAME)
    task.model.get_layer("image_encoder").trainable = False
    model = training_model.build(task, RECIPE)
    with pytest.warns(UserWarning, match="Frozen as a whole: image. OGM-GE"):
        balanced = balanced_model.build(model, FIELDS, "ogm-ge")
    names = [layer.name for layer in balanced.layers]
    assert "modulate_audio" in names and "modulate_image" not in names
    task.model.get_layer("audio_encoder").trainable = False
    model = training_model.build(task, RECIPE)
    with pytest.raises(ValueError, match=r"\(image, audio\) are frozen"):
        balanced_model.build(model, FIELDS, balanced_model.OGM_GE)


@pytest.mark.parametrize("name", mmkeras.list_models())
def test_all_architectures_are_balanced_or_refused(name):
    for method in METHODS:
        task = tiny_tasks.build(name)
        model = training_model.build(task, dataclasses.replace(RECIPE))
        try:
            balanced_model.check(task, recipe(method))
            balanced = balanced_model.build(model, task.fields, method)
        except ValueError as error:
            assert "train.balance=" in str(error)
            continue
        assert list(balanced.output) == ["fusion", *task.fields]
        weights = {id(weight) for weight in balanced.weights}
        assert {id(weight) for weight in task.model.weights} <= weights


@pytest.mark.parametrize(
    "name, changes, method",
    [
        ("emotion-text-context", {}, balanced_model.GRADIENT_BLEND),
        ("dialogue-text-image-late", {}, balanced_model.GRADIENT_BLEND),
        ("classify-audio-cnn", {}, balanced_model.OGM_GE),
        (NAME, {"fusion": "late"}, balanced_model.OGM_GE),
    ],
)
def test_refuses_what_cannot_be_balanced(name, changes, method):
    task = tiny_tasks.build(name, **changes)
    with pytest.raises(ValueError, match="requires a learned token.*dropout"):
        balanced_model.check(task, recipe(method))


@pytest.mark.parametrize("kind", ["multi", "number"])
def test_ogm_ge_requires_one_class(kind):
    task = tiny_tasks.build(NAME, kind)
    balanced_model.check(task, recipe(balanced_model.GRADIENT_BLEND))
    with pytest.raises(ValueError, match="Use train.balance=gradient-blend"):
        balanced_model.check(task, recipe(balanced_model.OGM_GE))


def test_the_key_is_that_of_several_modalities():
    pairs = {"train.balance": "ogm-ge"}
    assert config.resolve(NAME, pairs).recipe.balance == "ogm-ge"
    with pytest.raises(ValueError, match="has no key 'train.balance'"):
        config.resolve("classify-audio-cnn", pairs)
    with pytest.raises(ValueError, match="one of ogm-ge, gradient-blend"):
        config.resolve(NAME, {"train.balance": "ogm"})
    with pytest.raises(ValueError, match="leave out one of them"):
        config.resolve(NAME, {**pairs, "train.all_subsets": True})


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_trains_from_python(method, tmp_path):
    settings = {"model.dim": 8, "data.image_size": 16}
    task = mmkeras.train(
        NAME,
        [*rows(count=96), *rows("val", 24)],
        tmp_path,
        config={**settings, "data.audio_seconds": 0.125},
        balance=method,
        epochs=6,
        batch_size=8,
        learning_rate=1e-2,
    )
    card = json.loads((tmp_path / "run.json").read_text())
    assert card["arguments"]["train"]["balance"] == method
    scores, _ = evaluation.evaluate(engine.Examples(task, rows("val", 24)))
    assert scores["accuracy"] > 0.9 > scores["majority"]


@pytest.mark.slow
def test_a_modality_that_no_example_has_weighs_nothing(data, tmp_path):
    images = [
        [{**row, "audio": None} for row in part if row["image"]]
        for part in (data.train, data.val)
    ]
    part = engine.Data(*images)
    fit(data, tmp_path, balanced_model.GRADIENT_BLEND, part=part)
    weights = json.loads((tmp_path / blend_estimate.FILE).read_text())
    assert weights["audio"] == 0 < weights["image"]
