"""Tiny seeded trainings give the losses and weights that were recorded.

The losses of single steps show the order of the batches and all that is drawn
at random: shuffling, dropout, augmentation, hidden modalities, sampled
captions. What was recorded may only change together with a published result:

    python tests/training/test_seeded_runs.py
"""

import dataclasses
import json
import pathlib
import tempfile

import conversation_rows
import dialogue_datasets
import keras
import multimodal_rows
import numpy as np
import pytest
from checks import numpy

from mmkeras.data import datasets
from mmkeras.data.synthetic import shapes
from mmkeras.training import build
from mmkeras.training import engine
from mmkeras.training import recipes
from mmkeras.training.examples import Data

RECORDED = pathlib.Path(__file__).with_name("seeded_runs.json")
SETTINGS = {"epochs": 2, "learning_rate": 3e-3, "ema": 0.9, "monitor": "loss"}


class StepLosses(keras.callbacks.Callback):
    """Collects the mean loss of each epoch so far, after every step."""

    def __init__(self):
        super().__init__()
        self.losses = []

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(float(logs["loss"]))


def caption_rows(folder):
    source = shapes.write(folder, 24, 4, 0)
    return Data(*map(datasets.get(source).rows, ("train", "val")))


def caption(folder, **changes):
    """Images that change at random, several captions of each at once."""
    settings = {"dim": 8}
    options = {
        "augment": ("image",),
        "batch_size": 20,
        "examples_per_image": 5,
        "bucket_by_length": True,
        **SETTINGS,
        **changes,
    }
    recipe = recipes.Recipe(model=settings, **options)
    return (
        caption_rows(folder / "data"),
        "caption-cnn-lstm",
        recipe,
        {"image_size": 32, "min_count": 1},
    )


def self_critical(folder):
    """Captions that are sampled and rewarded."""
    return caption(
        folder,
        augment=(),
        batch_size=12,
        reward="cider",
        num_samples=3,
        temperature=1.0,
    )


def classify(folder, **changes):
    """Images and augmented sounds, either of them hidden now and then."""
    options = {
        "augment": ("audio",),
        "batch_size": 8,
        "modality_dropout": 0.3,
        **SETTINGS,
        **changes,
    }
    return (
        Data(multimodal_rows.rows(count=32), multimodal_rows.rows("val", 8)),
        "classify-image-audio-concat",
        recipes.Recipe(model={"dim": 8, "dropout": 0.2}, **options),
        {"image_size": 16, "audio_seconds": 0.125},
    )


def every_subset(folder):
    """Every subset of the modalities of each example."""
    return classify(folder, all_subsets=True, modality_dropout=0.0)


def emotion(folder):
    """Whole conversations, of like length in a batch."""
    rows = (conversation_rows.turns(s, 12) for s in ("train", "val"))
    return (
        Data(*rows),
        "emotion-text-context",
        recipes.Recipe(
            batch_size=4, bucket_by_length=False, model={"dim": 8}, **SETTINGS
        ),
        {"max_length": 12, "min_count": 1},
    )


def dialogue(folder):
    """Candidates are ranked; a batch has the questions about an image."""
    dialogue_datasets.visdial(folder / "data")
    source = datasets.get("visdial")
    rows = (source.rows(s, folder / "data") for s in ("train", "val"))
    return (
        Data(*rows),
        "dialogue-text-image-modules",
        recipes.Recipe(
            batch_size=9,
            examples_per_image=0,
            label_smoothing=0.0,
            model={"dim": 8},
            **SETTINGS,
        ),
        {"image_size": 32, "max_length": 12, "min_count": 1},
    )


def retrieve(folder):
    """Images and their captions, several captions of an image in a batch."""
    return (
        caption_rows(folder / "data"),
        "retrieve-image-text",
        recipes.Recipe(
            batch_size=30, label_smoothing=0.0, model={"dim": 8}, **SETTINGS
        ),
        {"image_size": 32, "max_length": 12, "min_count": 1},
    )


RUNS = [
    *[caption, self_critical, classify, every_subset, emotion, dialogue],
    retrieve,
]


def train(run, folder):
    """Returns the losses after each step, and the norm of every weight."""
    data, name, recipe, options = run(folder)
    keras.utils.set_random_seed(0)
    recipe = dataclasses.replace(recipe, precision="float32")
    task = build.build(name, data, recipe, **options)
    steps = StepLosses()
    (folder / "run").mkdir()
    engine.fit(
        *(task, data, folder / "run", recipe),
        seed=1,
        verbose=0,
        callbacks=[steps],
    )
    weights = [w for w in task.model.weights if "querybank" not in w.path]
    norms = [float(np.linalg.norm(numpy(w))) for w in weights]
    # Rounding errors alone move a bias that no loss depends on.
    norms = [norm if norm > 1e-3 else 0.0 for norm in norms]
    return {"losses": steps.losses, "norms": norms}


@pytest.mark.slow
@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="Recorded with TensorFlow; each backend draws its own numbers.",
)
@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.__name__)
def test_losses_and_weights_are_as_recorded(run, tmp_path, monkeypatch):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))
    expected = json.loads(RECORDED.read_text("utf-8"))[run.__name__]
    received = train(run, tmp_path)
    for key, values in expected.items():
        np.testing.assert_allclose(received[key], values, rtol=1e-3, atol=1e-5)


def test_every_recorded_run_is_tested():
    recorded = json.loads(RECORDED.read_text("utf-8"))
    assert list(recorded) == [run.__name__ for run in RUNS]
    for run in recorded.values():
        assert len(set(run["losses"])) == len(run["losses"]) >= 4


def record():
    """Trains all and writes what is recorded."""
    recorded = {}
    for run in RUNS:
        with tempfile.TemporaryDirectory() as folder:
            received = train(run, pathlib.Path(folder))
        recorded[run.__name__] = {
            key: [float(f"{value:.6g}") for value in values]
            for key, values in received.items()
        }
    RECORDED.write_text(json.dumps(recorded, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    record()
