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
# # From a folder of images to a served caption
#
# A captioner generates a description of an image. In this tutorial you
#
# 1. lay out a data set as a table, and check it;
# 2. build a named architecture and the codecs around it;
# 3. train it with plain `model.fit`;
# 4. read its captions, and measure whether they depend on the image;
# 5. export it as a SavedModel that takes JPEG bytes and returns a sentence.
#
# It runs on two cores in a few minutes and downloads nothing: the images
# are rendered. To use your own, write a table like the one below.

# %%
import os
import pathlib
import tempfile

import keras
import tensorflow as tf

import mmkeras
from mmkeras import branches
from mmkeras import evaluation
from mmkeras import losses
from mmkeras import serving
from mmkeras import tasks
from mmkeras.data import check
from mmkeras.data import codecs
from mmkeras.data import datasets
from mmkeras.data import examples
from mmkeras.data.synthetic import shapes
from mmkeras.evaluation import figures
from mmkeras.training import engine

# %matplotlib inline
keras.utils.set_random_seed(0)
home = pathlib.Path(tempfile.mkdtemp())
images = int(os.environ.get("TUTORIAL_PICTURES", 12000))
epochs = int(os.environ.get("TUTORIAL_EPOCHS", 3))

# %% [markdown]
# ## 1. The data
#
# One line of the table is one image with its captions. Splits are kept
# apart: choose on `val`, report `test` once.

# %%
source = shapes.write(home / "shapes", images, 100, 100, size=48)
print(source.read_text().splitlines()[0])

# %% [markdown]
# A check names every image that is missing or corrupt, every empty caption
# and every image that is in two splits.

# %%
report = check.check(source)
print(report.counts)
print(report.problems)
train, test = map(datasets.get(source).rows, ("train", "test"))

# %% [markdown]
# ## 2. The model
#
# Codecs turn bytes and sentences into tensors. The vocabulary is built from
# the training split only. `caption-cnn-lstm` takes any image branch: this one
# flattens all regions, which keeps their positions, and with `inject="par"`
# the image is an input of the decoder at every step.

# %%
texts = [text for row in train for text in row["captions"]]
words = codecs.Text.from_texts(texts, minimum=1, length=20)
model = mmkeras.build_model(
    "caption-cnn-lstm",
    vocabulary_size=len(words),
    dim=256,
    dropout=0.0,
    inject="par",
    image=branches.image.cnn_flat((48, 48, 3), 64),
)
task = tasks.Caption(model, {"image": codecs.Image((48, 48)), "text": words})
model.summary()

# %% [markdown]
# ## 3. Training
#
# One example is one image with one of its captions. `task.encode` decodes
# both, in the tf.data graph; the decoded bytes are cached, and become floats
# after batching. The rest is plain Keras.


# %%
def pairs(example):
    """Repeats an image for each of its captions."""
    captions = tf.data.Dataset.from_tensor_slices(example["captions"])
    return captions.map(lambda text: {"image": example["image"], "text": text})


dataset = examples.load(train).flat_map(pairs).map(task.encode).cache()
dataset = (
    dataset.shuffle(20_000, seed=0).batch(64).map(task.normalize).prefetch(2)
)
model.compile(keras.optimizers.Adam(3e-3), losses.TokenCrossentropy())
history = model.fit(dataset, epochs=epochs, verbose=2)

# %% [markdown]
# ## 4. Captions, and whether they depend on the image
#
# `task.answer` takes the bytes of image files and returns sentences. The
# image-shuffle gap is the loss with every caption paired with another image,
# minus the loss with its own: at 0 the image does not matter, as for a model
# that generates the same caption for every image.

# %%
files = [pathlib.Path(row["image"]).read_bytes() for row in test[:8]]
answers = task.answer({"image": files}, beam=3)
for text, row in zip(answers["text"], test):
    print(f"{text}    (a reference: {row['captions'][0]})")

# %%
test_examples = engine.Examples(task, test)
outputs = test_examples.outputs(beam=3)
scores, _ = evaluation.evaluate(test_examples, outputs=outputs)
print({name: round(float(value), 3) for name, value in scores.items()})
test, captions = task.texts(test_examples, outputs)

# %%
pixels, _ = task.codecs["image"].read(files)
figure = figures.captions(pixels, captions[:8])
(home / "captions.png").write_bytes(figures.png(figure))
figure

# %% [markdown]
# ## 5. Serving
#
# The export takes encoded images and returns sentences; the beam search is
# part of the graph. It is reloaded in a fresh process with only TensorFlow
# and must return the same sentences as the task.

# %%
task.save(home / "captioner")
path = serving.export(mmkeras.load(home / "captioner"), home / "served", beam=3)
print(sorted(file.name for file in path.iterdir()))

# %%
captioner = serving.load(home / "served")
print(captioner.predict(files[:2]))
print(serving.client.curl("served", "photo.jpg"))
