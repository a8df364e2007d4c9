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
# # Translate a sentence that only its image makes clear
#
# "The teacher in red sings." In German, the teacher is a *Lehrer* or a
# *Lehrerin*, and the English sentence does not tell which. In this tutorial you
#
# 1. train a model on sentences alone, and one that also takes images;
# 2. compare both with the best that is possible;
# 3. permute the images, and leave them out;
# 4. look at translations of one sentence with different images;
# 5. export the model as a SavedModel that takes strings and image files.
#
# It runs on two cores in a few minutes and downloads nothing: the images are
# rendered. It needs `pip install -e ".[translate]"`.

# %%
import io
import os
import pathlib
import tempfile

import matplotlib.pyplot as plt

import mmkeras
from mmkeras import serving
from mmkeras.data.synthetic import people
from mmkeras.training.reporter import Reporter

# %matplotlib inline
home = pathlib.Path(tempfile.mkdtemp())
os.environ.setdefault("MMKERAS_CACHE", str(home / "cache"))
count = int(os.environ.get("TUTORIAL_PICTURES", 4000))
epochs = int(os.environ.get("TUTORIAL_EPOCHS", 6))

# %% [markdown]
# ## 1. Data and training
#
# A row is a sentence, its translation and an image of the person: a woman
# wears a dress, a man trousers, in the colour that the sentence names. The
# subwords of both languages are learned from the training sentences.

# %%
few = max(count // 16, 8)
sizes = {"train": count, "val": few, "test": 2 * few}
rows = [row for split, n in sizes.items() for row in people.rows(split, n)]
print(rows[0]["source"], "->", rows[0]["target"])
reporter = Reporter()
reporter.verbose = 2  # A line per epoch.


def train(name, **config):
    """Trains an architecture; returns the task and its folder."""
    config |= {"model.dim": 64, "model.depth": 1, "model.dropout": 0.1}
    config |= {"data.max_length": 32, "train.label_smoothing": 0.0}
    config |= {"generate.beam": 1}  # Faster; these sentences are short.
    task = mmkeras.train(
        name,
        rows,
        home / name,
        config=config,
        epochs=epochs,
        learning_rate=4e-3,
        batch_size=64,
        ema=0.99,
        reporter=reporter,
    )
    return task, home / name


blind, blind_run = train("translate-text-transformer")
task, run = train("translate-text-image-transformer", **{"data.image_size": 32})

# %% [markdown]
# ## 2. How good are they?
#
# A translation is exact if every word is right. Half of the people are women,
# whatever the sentence, so a model of sentences alone is right about half of
# them on average; with the image, all translations can be exact.

# %%
ceilings = people.ceilings()
scores = {}
for name, folder, fields in (
    ("sentences", blind_run, ("source",)),
    ("sentences and images", run, ("source", "image")),
):
    scores[name] = mmkeras.evaluate(folder, "test", data=rows, beam=1)
    exact, bleu = scores[name]["exact"], scores[name]["bleu"]
    print(
        f"{name}: {100 * exact:.1f} % exact (ceiling "
        f"{100 * ceilings[fields]:.0f} %), BLEU {100 * bleu:.1f}"
    )

# %% [markdown]
# ## 3. Does the model use the images?
#
# `evaluate` also gives each sentence the image of another one: the drop is
# large if the model relies on images. A model that was trained with some images
# hidden translates without them as well.

# %%
drop = scores["sentences and images"]["mismatch_image"]
print(f"drop of BLEU with permuted images: {100 * drop:.1f}")
without = task.answer({"source": ["The cook in blue waits."]})
print("without an image:", without["text"][0])

# %% [markdown]
# ## 4. One sentence, several images

# %%
sentence = "The doctor in green reads."
drawn = [
    people.Person("doctor", "green", "reads", is_woman, seed)
    for seed in range(3)
    for is_woman in (True, False)
]
images = [person.render() for person in drawn]
answers = task.answer({"source": [sentence] * 6, "image": images}, beam=3)
figure, axes = plt.subplots(1, 6, figsize=(12, 2))
for axis, image, text in zip(axes, images, answers["text"]):
    axis.imshow(plt.imread(io.BytesIO(image)))
    axis.set_title(text, fontsize=7)
    axis.axis("off")
figure.suptitle(sentence)
plt.show()

# %% [markdown]
# ## 5. A served model
#
# The export takes strings and the bytes of image files, and returns strings:
# subwords, image decoding and beam search are in the graph.

# %%
version = serving.export(task, home / "export", beam=3)
served = serving.load(version).predict(
    {"source": [sentence] * 2, "image": images[:2]}
)
print(served["text"])

# %% [markdown]
# ## Photographs
#
# On the command line, with Multi30k and a pretrained image network, which stays
# frozen. Most descriptions need no image; with the colours hidden, only the
# image tells them:
#
# ```
# mmkeras train translate-text-image-transformer --data multi30k-image-all \
#     --out runs/seen task.source=en task.target=de \
#     model.image=mobilenet.npz data.mask_words=colours
# mmkeras evaluate runs/seen --split test --data multi30k-image
# mmkeras predict runs/seen photo.jpg --text "A man in a red shirt."
# ```
