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
# # From a folder of pictures to a served caption
#
# A captioner learns to say what a picture shows. In this tutorial you
#
# 1. lay out a data set as a table, and check it;
# 2. build a named architecture and the codecs around it;
# 3. train it with plain `model.fit`;
# 4. look at what it says, and measure whether it looked at the picture;
# 5. export it as a SavedModel that takes JPEG bytes and returns a sentence.
#
# It runs on two cores in a few minutes and downloads nothing: the pictures
# are rendered. To use your own, write a table like the one below.

# %%
import os
import pathlib
import tempfile

import keras

import mmkeras
from mmkeras import losses
from mmkeras import metrics
from mmkeras import tasks
from mmkeras.data import cache
from mmkeras.data import check
from mmkeras.data import codecs
from mmkeras.data import examples
from mmkeras.data.datasets import table
from mmkeras.data.worlds import shapes
from mmkeras.serving import client
from mmkeras.serving import export

keras.utils.set_random_seed(0)
home = pathlib.Path(tempfile.mkdtemp())
scale = float(os.environ.get("TUTORIAL_SCALE", 1))  # Tests run a small one.

# %% [markdown]
# ## 1. The data
#
# One line of the table is one picture with its captions. Splits are kept
# apart: you choose on `val` and report `test` once.

# %%
shapes.write(
    home / "shapes",
    train=int(3000 * scale),
    val=int(200 * scale),
    test=int(200 * scale),
)
source = home / "shapes" / "table.jsonl"
print(source.read_text().splitlines()[0])

# %% [markdown]
# A check names every picture that is missing or corrupt, every empty caption
# and every picture that stands in two splits.

# %%
report = check.check("table", source)
print(report.counts, report.problems)
train, val, test = (table.rows(s, source) for s in ("train", "val", "test"))

# %% [markdown]
# ## 2. The model
#
# Codecs turn bytes and sentences into tensors. The vocabulary is made of the
# training split alone.

# %%
captions = [text for row in train for text in row["captions"]]
words = codecs.Words.from_texts(captions, minimum=1)
model = mmkeras.build_model(
    "caption-cnn-lstm",
    vocabulary_size=len(words),
    image_shape=(64, 64, 3),
    dim=256,
    dropout=0.1,
)
task = tasks.Caption(model, {"image": codecs.Image((64, 64)), "text": words})
model.summary()

# %% [markdown]
# ## 3. Training
#
# One example is one picture and one of its captions. `task.encode` decodes
# both; pixels become floats after batching.

# %%
pairs = [
    {**row, "text": text} for row in train[: int(3000 * scale)]
    for text in row["captions"]
]
dataset = examples.pairs(train).map(task.encode, num_parallel_calls=2).cache()
dataset = dataset.shuffle(20_000, seed=0).batch(64).map(task.scale).prefetch(2)
model.compile(keras.optimizers.Adam(1e-3), losses.TokenCrossentropy())
history = model.fit(dataset, epochs=max(int(8 * scale), 1), verbose=2)
