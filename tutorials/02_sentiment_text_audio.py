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
# # Sentiment from text and audio, and whether fusion helps
#
# Is a speaker happy or not? Both the words and the voice are evidence. In this
# tutorial you
#
# 1. create rows of text, audio and a label;
# 2. train a classifier of both, and the same classifier on each of them;
# 3. test whether fusion helps, with a confidence interval;
# 4. add a third modality, and test again;
# 5. classify a sentence and a WAV file, jointly and separately.
#
# It runs on two cores in a few minutes and downloads nothing: the data are
# synthetic, so the best possible score is known. For your own
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
# Words, face and voice each agree with the label four times out of five,
# independently. A row is a dict: an id, a split, a label, and
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
# ## 2. A multimodal classifier, and unimodal ones
#
# `sentiment-text-audio-gated` encodes the words with one bidirectional GRU,
# the audio with another, and weights both by a gate. `engine.build`
# builds the vocabulary and the codecs from the training rows; `fit` is plain
# Keras inside, and keeps the best epoch on validation. The unimodal models are
# the same model with the same budget, trained on one modality: otherwise a
# better score could be due to longer training.


# %%
def train(name, modality=None):
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
        modalities.select(task, part, modality)
        for part in (data.train, data.val)
    ]
    folder = home / f"{name}-{modality}"
    folder.mkdir()
    engine.fit(task, engine.Data(*parts), folder, recipe, verbose=0)
    return task


name = "sentiment-text-audio-gated"
models = {m: train(name, m) for m in ("text", "audio", None)}

# %% [markdown]
# ## 3. Does fusion help?
#
# All predict the same test examples. The baselines know only the frequencies of
# the labels. The intervals come from a paired bootstrap.


# %%
def compare(models):
    """Compares models on the test split."""
    target = models[None].target
    labels, train_labels = (
        target.encode(rows[split]).labels for split in ("test", "train")
    )
    predicted = {
        "majority": target.majority(train_labels, len(labels)),
        "prior": target.prior(train_labels, len(labels)),
    }
    for modality, task in models.items():
        examples = engine.Examples(task, rows["test"])
        predicted[modality or "fusion"] = examples.choices(
            modality and [modality]
        )
    unimodal = [modality for modality in models if modality]
    return evaluation.fusion_gain(
        labels, predicted, "fusion", unimodal, target.agreement, draws=500
    )


def show(gain):
    """Prints the table and the summary."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(tables.fusion_gain("Does fusion help?", gain))
    console.print(gain.summary)


gain = compare(models)
show(gain)

# %%
charts.fusion_gain(gain)

# %% [markdown]
# Fusion does not always help, and here it cannot: when two equally reliable
# modalities disagree, the label is undetermined. The known optimum shows it:

# %%
best = feelings.accuracy(votes)
print({"+".join(names): round(value, 3) for names, value in best.items()})

# %% [markdown]
# ## 4. A third modality
#
# Two of three modalities always agree. `classify-image-text-audio-bottleneck`
# takes all three; its fusion can be any, by name.

# %%
name = "classify-image-text-audio-bottleneck"
models = {m: train(name, m) for m in ("image", "text", "audio", None)}
gain = compare(models)
show(gain)
charts.fusion_gain(gain)

# %% [markdown]
# ## 5. Prediction and serving
#
# `task.answer` takes raw values; missing ones may be omitted. The export does
# the same without Keras, in one call.

# %%
task = models[None]
sound = rows["test"][0]["audio"]
inputs = {"text": ["what a wonderful day", None], "audio": [None, sound]}
answers = task.answer(inputs)
print(answers["label"], answers["probability"].round(2))

# %%
task.save(home / "classifier")
serving.export(task, home / "served")
served = serving.load(home / "served")
print(served.predict({"text": ["what a wonderful day"]}))
