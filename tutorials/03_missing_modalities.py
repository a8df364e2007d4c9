# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # When a modality is missing
#
# A camera is off, a microphone fails, a text is empty. In this tutorial you
#
# 1. train a classifier of images, text and audio with modality dropout, and
#    one without;
# 2. score each subset of modalities, and compare the contribution of each
#    modality with its true value;
# 3. check that absent modalities have no effect on a prediction;
# 4. permute one modality among the examples, and corrupt it.
#
# It runs on two cores in a few minutes and downloads nothing.

# %%
import dataclasses
import os
import pathlib
import tempfile

import keras
import numpy as np
from rich.console import Console

from mmkeras import evaluation
from mmkeras.data.synthetic import feelings
from mmkeras.evaluation import charts
from mmkeras.evaluation import tables
from mmkeras.training import engine
from mmkeras.training import recipes

# %matplotlib inline
home = pathlib.Path(tempfile.mkdtemp())
os.environ.setdefault("MMKERAS_CACHE", str(home / "cache"))
count = int(os.environ.get("TUTORIAL_PICTURES", 3000))
epochs = int(os.environ.get("TUTORIAL_EPOCHS", 12))
console = Console(highlight=False, soft_wrap=True)

# %% [markdown]
# ## 1. Two models
#
# In this synthetic data set the words agree with the label 9 times out of 10,
# the face 8, the voice 7, independently. Modality dropout hides random
# modalities in training, but never all of an example; a learned token replaces
# them.

# %%
rows = {
    split: feelings.rows(split, size)
    for split, size in (
        ("train", count),
        ("val", count // 4),
        ("test", count // 2),
    )
}
name = "classify-image-text-audio-bottleneck"


def train(dropout):
    """Trains a classifier with a probability of hiding a modality."""
    keras.utils.set_random_seed(0)
    recipe = dataclasses.replace(
        recipes.get(name),
        epochs=epochs,
        ema=0.9,
        modality_dropout=dropout,
        model={"dim": 32, "fusion": "concat"},
    )
    data = engine.Data(rows["train"], rows["val"])
    task = engine.build(
        *(name, data, recipe),
        image_size=32,
        audio_seconds=0.25,
        min_count=1,
        max_length=16,
    )
    folder = home / str(dropout)
    folder.mkdir()
    engine.fit(task, data, folder, recipe, verbose=0)
    return task


models = {dropout: train(dropout) for dropout in (0.0, 0.3)}

# %% [markdown]
# ## 2. All subsets
#
# A score for each of the seven subsets, and each modality's Shapley value:
# its share of the score above chance. Here the true value is known in closed
# form.

# %%
best = feelings.accuracy()
true = evaluation.shapley(best, feelings.FIELDS)
print({name: round(value, 3) for name, value in true.items()})

# %%
results = {}
for dropout, task in models.items():
    test_examples = engine.Examples(task, rows["test"])
    figures, subsets = evaluation.evaluate(test_examples)
    console.print(tables.subsets(f"modality dropout {dropout}", subsets))
    results[dropout] = figures, subsets

# %% [markdown]
# Without modality dropout, examples with a missing modality are out of
# distribution. With it, each subset comes close to its optimum.

# %%
charts.subsets(results[0.3][1])

# %%
for field, (low, high) in results[0.3][1].intervals.items():
    print(f"{field}: from {low:.3f} to {high:.3f}, in truth {true[field]:.3f}")

# %% [markdown]
# ## 3. Absent modalities have no effect
#
# `task.answer` takes the modalities that are present. In the model they are
# marked by a mask: the values of absent ones have no effect at all.

# %%
task = models[0.3]
print(task.answer({"text": [rows["test"][0]["text"]]})["probability"])

examples = engine.Examples(task, rows["test"][:4])
x = examples.inputs(np.arange(4))
x["presence"][:, task.fields.index("audio")] = False
x = task.normalize(x)
expected = task.model.predict(x, verbose=0)
x["audio"] = np.full_like(x["audio"], np.nan)
actual = task.model.predict(x, verbose=0)
print("the same, bit by bit:", np.array_equal(expected, actual))

# %% [markdown]
# ## 4. Mismatched and corrupted
#
# With the words of another example, a classifier that uses them must get
# worse; if it does not, it has not learned from them.

# %%
drops = {k: v for k, v in results[0.3][0].items() if k.startswith("mismatch")}
console.print(tables.scores("Exchanged among the examples", {"": drops}))

# %%
subset = rows["test"][:200]


def score(rows):
    """Accuracy on rows."""
    examples = engine.Examples(task, rows, keep=False)
    return task.score(examples, examples.outputs())["accuracy"]


kinds = evaluation.corruptible(task)
curves = evaluation.robustness(score, subset, kinds)
console.print(tables.robustness("Severity 1 to 5", curves))
charts.robustness(curves)

# %% [markdown]
# From the command line: `mmkeras train ... train.modality_dropout=0.3`, then
# `mmkeras report runs/x --unimodal --robustness` does all of this for your own
# data.
