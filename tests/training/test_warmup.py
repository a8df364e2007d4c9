"""Hardest negatives after a warm-up, without which embeddings collapse."""

import keras
import numpy as np
import pytest

import mmkeras
from mmkeras import layers
from mmkeras.data.synthetic import shapes
from mmkeras.tasks import targets
from mmkeras.training import callbacks
from mmkeras.training import optimizers
from mmkeras.training import recipes
from mmkeras.training import training_model

NAMES = ("image", "text")
COUNT, SIZE, EPOCHS = 256, 64, 16
RECIPE = recipes.Recipe(epochs=EPOCHS, learning_rate=1e-2, clip=1.0)


@pytest.fixture(scope="module")
def views():
    """Two noisy views of the same numbers."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(COUNT, 8))
    return {
        name: (
            np.tanh(numbers @ rng.normal(size=(8, 16)))
            + rng.normal(0, 0.5, (COUNT, 16))
        ).astype("float32")
        for name in NAMES
    }


def tower(x):
    x = keras.layers.Dense(64, "relu")(x)
    return keras.layers.Dense(32)(keras.layers.Dense(64, "relu")(x))


def train(views, warmup):
    """Trains two towers; returns the recall and the length of the mean."""
    keras.utils.set_random_seed(0)
    inputs = {name: keras.Input((16,), name=name) for name in NAMES}
    pairs = layers.EmbeddingPairs("triplet")(list(map(tower, inputs.values())))
    target = targets.Embedding(None, "pair", NAMES, "triplet")
    model = training_model.TrainingModel(inputs, pairs, target, warms_up=True)
    optimizers.compile_model(model, RECIPE, COUNT // SIZE)
    groups = np.arange(2 * COUNT).reshape(COUNT, 2)
    model.fit(
        views,
        groups,
        SIZE,
        epochs=EPOCHS,
        verbose=0,
        callbacks=[callbacks.WarmUpLoss(warmup)],
    )
    outputs = model.predict(views, verbose=0)
    recall = target.score(groups, outputs)["recall_mean"]
    return recall, np.linalg.norm(outputs[:, 0].mean(axis=0))


@pytest.mark.slow
def test_after_a_warm_up_embeddings_do_not_collapse(views):
    target = targets.Embedding(None, "pair", NAMES, "triplet")
    recall, length = train(views, target.warmup_epochs(EPOCHS))
    assert recall > 0.5 > length


@pytest.mark.slow
def test_without_a_warm_up_they_collapse(views):
    recall, length = train(views, 0)
    assert recall < 0.5 and length > 0.9  # 1: all embeddings are equal.


def test_the_loss_changes_after_the_warm_up():
    target = targets.Embedding(None, "pair", NAMES, "triplet")
    x = keras.Input((2, 4), name="x")
    y = keras.layers.Rescaling(1.0)(x)
    model = training_model.TrainingModel({"x": x}, y, target, warms_up=True)
    rng = np.random.default_rng(0)
    pairs = rng.normal(size=(6, 2, 4)).astype("float32")
    groups = np.arange(12).reshape(6, 2)
    given = groups, pairs, np.ones(6, "float32")
    warmup = callbacks.WarmUpLoss(2)
    warmup.set_model(model)
    losses = []
    for epoch in (0, 1, 2, 1):  # The last one as if resumed.
        warmup.on_epoch_begin(epoch)
        losses.append(float(model.compute_loss({}, *given)))
    first, last = (float(f(*given)) for f in (target.warmup_loss, target.loss))
    assert first != pytest.approx(last)
    assert losses == pytest.approx([first, first, last, first])


@pytest.mark.parametrize("loss", ["contrastive", "sigmoid", "semi-hard"])
def test_other_losses_need_no_warm_up(loss):
    target = targets.Embedding(None, "pair", NAMES, loss)
    assert target.warmup_epochs(12) == 0


@pytest.mark.parametrize("epochs,expected", [(1, 1), (12, 3), (60, 15)])
def test_a_quarter_of_the_epochs_is_warm_up(epochs, expected):
    target = targets.Embedding(None, "pair", NAMES, "triplet")
    assert target.warmup_epochs(epochs) == expected


@pytest.mark.slow
def test_rendered_scenes_are_retrieved_by_hardest_negatives(tmp_path):
    """Without a warm-up, the recall is .14; .10 is chance."""
    source = shapes.write(tmp_path / "scenes", 600, 100, 1, size=32)
    out = tmp_path / "run"
    config = {
        "data.image_size": 32,
        "model.dim": 64,
        "model.loss": "triplet",
        "train.batch_size": 64,
        "train.precision": "float32",
    }
    mmkeras.train(
        "retrieve-image-text", data=source, out=out, epochs=6, config=config
    )
    rows = (out / "log.csv").read_text().splitlines()
    place = rows[0].split(",").index("val_recall_mean")
    assert max(float(row.split(",")[place]) for row in rows[1:]) > 0.35
