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
# 1. train a judge of images, words and voices with modality dropout, and
#    one without;
# 2. see what each subset of modalities scores, and what each one is worth,
#    beside what is known to be true;
# 3. see that not a bit of an answer depends on what is absent;
# 4. exchange one modality among the examples, and corrupt it.
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
# In this rendered world the words are right 9 times out of 10, the face 8,
# the voice 7, whatever the others say. Modality dropout hides each modality
# from the model now and then, though never all of an example; a learned token
# stands in its place.

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
    """Trains a judge that has modalities hidden that often."""
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
# its fair share of what all score above chance. Here the truth is known in
# closed form.

# %%
best = feelings.accuracy()
true = evaluation.shapley(best, feelings.FIELDS)
print({name: round(value, 3) for name, value in true.items()})

# %%
worth = {}
for dropout, task in models.items():
    found = engine.Examples(task, rows["test"])
    figures, subsets = evaluation.evaluate(found)
    console.print(tables.subsets(f"modality dropout {dropout}", subsets))
    worth[dropout] = figures, subsets

# %% [markdown]
# Trained without, the judge has never seen an example with a part missing,
# and guesses. Trained with it, each subset comes near to its best.

# %%
charts.subsets(worth[0.3][1])

# %%
for field, (low, high) in worth[0.3][1].intervals.items():
    print(f"{field}: from {low:.3f} to {high:.3f}, in truth {true[field]:.3f}")

# %% [markdown]
# ## 3. What is absent says nothing
#
# `task.answer` takes what there is. In the model a mask says what is there:
# whatever stands in the place of the rest changes not a bit.

# %%
task = models[0.3]
print(task.answer({"text": [rows["test"][0]["text"]]})["probability"])

found = engine.Examples(task, rows["test"][:8])
x = found.inputs(np.arange(8))
x["presence"][:, task.fields.index("audio")] = False
x = task.normalize(x)
before = task.model.predict(x, verbose=0)
x["audio"] = np.full_like(x["audio"], np.nan)
after = task.model.predict(x, verbose=0)
print("the same, bit by bit:", np.array_equal(before, after))

# %% [markdown]
# ## 4. Mismatched and corrupted
#
# With another's words beside one's own face, a judge that listens to both
# must get worse; one that does not care has not learned from them.

# %%
lost = {k: v for k, v in worth[0.3][0].items() if k.startswith("mismatch")}
console.print(tables.scores("Exchanged among the examples", {"": lost}))

# %%
some = rows["test"][:200]


def score(rows):
    """Accuracy on rows as they are."""
    found = engine.Examples(task, rows, keep=False)
    return task.score(found, found.outputs())["accuracy"]


kinds = evaluation.corruptible(task)
borne = evaluation.robustness(score, some, kinds)
console.print(tables.robustness("Severity 1 to 5", borne))
charts.robustness(borne)

# %% [markdown]
# From the command line: `mmkeras train ... train.modality_dropout=0.3`, then
# `mmkeras report runs/x --unimodal --robustness` does all of this for your own
# data.
