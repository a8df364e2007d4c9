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
# # Search images by a sentence
#
# A retrieval model embeds images and sentences in one space, where a sentence
# is close to the images that it describes. In this tutorial you
#
# 1. train one on images with captions;
# 2. measure how often the right one is found, both ways, beside chance;
# 3. search an index of images by a sentence, and by another image;
# 4. classify images by labels that training never saw;
# 5. export it as a SavedModel with a signature for each modality.
#
# It runs on two cores in a few minutes and downloads nothing: the images are
# rendered. To use your own, write a table of images and captions; with few of
# them, begin with pretrained networks (the last section).

# %%
import io
import os
import pathlib
import tempfile

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

import mmkeras
from mmkeras import serving
from mmkeras.data import check
from mmkeras.data import datasets
from mmkeras.data.synthetic import shapes
from mmkeras.training.reporter import Reporter

# %matplotlib inline
home = pathlib.Path(tempfile.mkdtemp())
os.environ.setdefault("MMKERAS_CACHE", str(home / "cache"))
images = int(os.environ.get("TUTORIAL_PICTURES", 6000))
epochs = int(os.environ.get("TUTORIAL_EPOCHS", 10))

# %% [markdown]
# ## 1. Data and training
#
# Each image shows one or two coloured shapes. The test split has pairs of
# shapes that are never together in training. A batch is a question with many
# choices: which of its captions belongs to which of its images? Captions that
# are equal, or of the same image, are no wrong choices.

# %%
source = shapes.write(home / "shapes", images, 200, 400, size=48)
report = check.check(source)
print(report.counts, report.problems)
run = home / "run"
reporter = Reporter()
reporter.verbose = 2  # A line per epoch.
task = mmkeras.train(
    "retrieve-image-text",
    data=source,
    out=run,
    epochs=epochs,
    config={"data.image_size": 48, "model.dim": 128},
    reporter=reporter,
)

# %% [markdown]
# ## 2. How good is it?
#
# All pairs of the split are ranked. `recall_10` is the share of the queries
# whose match is among the first ten. Many captions of these images are true
# of several images, so that 100 % is out of reach.

# %%
metrics = mmkeras.evaluate(run, "test")
for way in ("text_to_image", "image_to_text"):
    recalls = [metrics[f"{way}_recall_{k}"] for k in (1, 5, 10)]
    shares = ", ".join(f"{100 * recall:.1f} %" for recall in recalls)
    print(f"{way}: {shares} among the first 1, 5, 10")
test = datasets.get(source).rows("test")
print(f"chance, among the first 10: {1000 / len(test):.1f} %")

# %% [markdown]
# ## 3. Search
#
# An index holds the embedding of every image. To make it again embeds only
# the images that are new or have changed.

# %%
files = [row["image"] for row in test]
mmkeras.index(run, files, home / "shapes.index")
queries = ["a red circle above a blue square", "a green star"]


def show(title, hits):
    """Draws the first images of a search."""
    figure, axes = plt.subplots(1, len(hits), figsize=(9, 2), squeeze=False)
    for axis, hit in zip(axes[0], hits):
        axis.imshow(plt.imread(hit.name))
        axis.set_title(f"{hit.similarity:.2f}")
        axis.axis("off")
    figure.suptitle(title)
    plt.show()


for query in queries:
    show(query, mmkeras.search(home / "shapes.index", query, top=6))
hits = mmkeras.search(home / "shapes.index", image=files[0], top=6)
show("like the first image of the test split", hits)

# %% [markdown]
# ## 4. Labels that training never saw
#
# A label is a sentence like any other, so a retrieval model is a classifier
# of any labels. Some shapes, such as a red cross, are in no image of training.
# Here are images of them, and as labels the names of all shapes.

# %%
names = sorted({f"{c} {k}" for c in shapes.COLOURS for k in shapes.SHAPES})
scenes = [s for s in shapes.scenes("things", 600) if len(s.shapes) == 1][:200]


def png(scene):
    """Renders a scene as the bytes of a PNG file."""
    data = io.BytesIO()
    Image.fromarray(shapes.render(scene, 48)).save(data, "PNG")
    return data.getvalue()


answers = task.zero_shot(list(map(png, scenes)), names, template="a {}")
truth = np.array([scene.shapes[0].name for scene in scenes])
accuracy = np.mean(answers["label"] == truth)
print(f"{100 * accuracy:.1f} % right; chance {100 / len(names):.1f} %")

# %% [markdown]
# ## 5. A served model
#
# `serving_default` compares an image with sentences; `embed_image` and
# `embed_text` embed one of them. The inputs are the bytes of JPEG or PNG files
# and plain sentences: tokenizer and decoder are in the graph.

# %%
version = serving.export(task, home / "export")
jpeg = pathlib.Path(files[0]).read_bytes()
image = serving.load(version, "embed_image").predict({"image": [jpeg]})
text = serving.load(version, "embed_text").predict({"text": queries})
embeddings = [np.array(answer["embedding"]) for answer in (image, text)]
print("cosines:", embeddings[0] @ embeddings[1].T)

# %% [markdown]
# ## With images of your own
#
# On the command line, with pretrained networks, which stay frozen and are run
# once per image and text:
#
# ```
# mmkeras train retrieve-image-text --data photos.jsonl --out runs/find \
#     model.image=hub:efficientnet_lite2 model.text=hub:minilm
# mmkeras evaluate runs/find --split test
# mmkeras index runs/find photos/ --out photos.index
# mmkeras search photos.index "two dogs on grass" --top 9 --figure hits.png
# mmkeras predict runs/find photo.jpg --labels "a dog,a cat,a car"
# ```
#
# Sound is searched in the same way: `retrieve-text-audio` and
# `retrieve-image-audio` take tables of pairs.
