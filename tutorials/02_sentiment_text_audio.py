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
# # Sentiment from words and voice, and whether fusion pays
#
# Somebody says something: are they glad or not? The words tell, and so does
# the voice. In this tutorial you
#
# 1. lay out rows of text, sound and a label;
# 2. train a judge of both, and the same judge on each of them alone;
# 3. ask whether fusion pays, and read a verdict that is true to its interval;
# 4. add a third modality, and ask again;
# 5. judge a sentence and a WAV file, together and apart.
#
# It runs on two cores in a few minutes and downloads nothing: the world is
# rendered, so that the best possible score is known beforehand. For your own
# data, write a table (`--data table.jsonl`, see the README).

# %%
import dataclasses
import os
import pathlib
import tempfile

import IPython.display
import keras
from rich.console import Console

from mmkeras import evaluation
from mmkeras import serving
from mmkeras.data.synthetic import feelings
from mmkeras.evaluation import charts
from mmkeras.evaluation import tables
from mmkeras.tasks import modalities
from mmkeras.training import engine
from mmkeras.training import recipes

# %matplotlib inline
home = pathlib.Path(tempfile.mkdtemp())
os.environ.setdefault("MMKERAS_CACHE", str(home / "cache"))
count = int(os.environ.get("TUTORIAL_PICTURES", 3000))
epochs = int(os.environ.get("TUTORIAL_EPOCHS", 12))

# %% [markdown]
# ## 1. The data
#
# Words, face and voice each speak for the right answer four times out of
# five, whatever the others say. A row is a dict: an id, a split, a label, and
# the raw values, text or the bytes of files (paths will do).

# %%
votes = {"text": 0.8, "image": 0.8, "audio": 0.8}
sizes = {"train": count, "val": count // 4, "test": count // 2}
rows = {
    split: feelings.rows(split, size, **votes) for split, size in sizes.items()
}
first = rows["train"][0]
print(first["label"], "|", first["text"], "|", len(first["audio"]), "bytes")
IPython.display.Audio(first["audio"])

# %% [markdown]
# ## 2. A judge of both, and of each alone
#
# `sentiment-text-audio-gated` reads with one bidirectional GRU, listens with
# another, and lets a gate decide how much each counts. `engine.build`
# makes the vocabulary and the codecs from the training rows; `fit` is plain
# Keras inside, and keeps the epoch that is best on validation. The models of
# one modality are the same model with the same budget, taught that modality
# alone: else a better score might only mean a longer training.


# %%
def train(name, only=None):
    """Trains an architecture of the zoo, on one modality or on all."""
    keras.utils.set_random_seed(0)
    recipe = dataclasses.replace(
        recipes.get(name), epochs=epochs, ema=0.9, model={"dim": 32}
    )
    data = engine.Data(rows["train"], rows["val"])
    task = engine.build(
        *(name, data, recipe),
        image_size=32,
        audio_seconds=0.25,
        min_count=1,
        max_length=16,
    )
    parts = [
        modalities.select(task, part, only) for part in (data.train, data.val)
    ]
    folder = home / f"{name}-{only}"
    folder.mkdir()
    engine.fit(task, engine.Data(*parts), folder, recipe, verbose=0)
    return task


name = "sentiment-text-audio-gated"
models = {only: train(name, only) for only in ("text", "audio", None)}

# %% [markdown]
# ## 3. Does fusion help?
#
# All predict the same test examples. Beside them stand baselines that know the
# frequencies of the labels only. The intervals come from a paired bootstrap.


# %%
def compare(models):
    """Compares models on the test split."""
    target = models[None].target
    labels, known = (
        target.encode(rows[split]).labels for split in ("test", "train")
    )
    predicted = {
        "majority": target.majority(known, len(labels)),
        "prior": target.prior(known, len(labels)),
    }
    for only, task in models.items():
        found = engine.Examples(task, rows["test"])
        predicted[only or "fusion"] = found.chosen(only and [only])
    unimodal = [only for only in models if only]
    return evaluation.fusion_gain(
        labels, predicted, "fusion", unimodal, target.agreement, draws=500
    )


def tell(found):
    """Prints the table and the verdict."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(tables.fusion_gain("Does fusion help?", found))
    console.print(found.summary)


found = compare(models)
tell(found)

# %%
charts.fusion_gain(found)

# %% [markdown]
# It need not pay, and here it cannot: where two votes of equal worth disagree,
# nobody can know which of them is right. The world says so beforehand:

# %%
best = feelings.accuracy(votes)
print({"+".join(names): round(value, 3) for names, value in best.items()})

# %% [markdown]
# ## 4. A third modality
#
# Of three votes two agree. `classify-image-text-audio-bottleneck` sees, reads
# and listens; any fusion fits into it by name.

# %%
name = "classify-image-text-audio-bottleneck"
models = {only: train(name, only) for only in ("image", "text", "audio", None)}
found = compare(models)
tell(found)
charts.fusion_gain(found)

# %% [markdown]
# ## 5. Judging, and serving
#
# `task.answer` takes raw values; what is left out is absent. The export does
# the same without Keras, in one call.

# %%
task = models[None]
sound = rows["test"][0]["audio"]
asked = {"text": ["what a wonderful day", None], "audio": [None, sound]}
said = task.answer(asked)
print(said["label"], said["probability"].round(2))

# %%
task.save(home / "judge")
serving.export(task, home / "served")
served = serving.load(home / "served")
print(served.predict({"text": ["what a wonderful day"]}))
