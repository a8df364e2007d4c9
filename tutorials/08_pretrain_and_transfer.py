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
# # Pretrain on images with captions, classify with few labels
#
# Images with captions are easy to come by, labels are not. In this tutorial
# you
#
# 1. pretrain a model on images with captions, without any label;
# 2. take its image branch to a classifier, and see what is taken and what not;
# 3. train the classifier with and without it, on few and on many labels, and
#    read from an interval whether pretraining helps.
#
# It runs on two cores in a few minutes and downloads nothing: the images are
# rendered.

# %%
import json
import os
import pathlib
import tempfile

from PIL import Image
from rich.console import Console

import mmkeras
from mmkeras.data.synthetic import shapes
from mmkeras.evaluation import charts
from mmkeras.evaluation import tables
from mmkeras.evaluation import transfer_runs
from mmkeras.training.reporter import Reporter

# %matplotlib inline
home = pathlib.Path(tempfile.mkdtemp())
os.environ.setdefault("MMKERAS_CACHE", str(home / "cache"))
images = int(os.environ.get("TUTORIAL_PICTURES", 2000))
epochs = int(os.environ.get("TUTORIAL_EPOCHS", 6))


class Notes(Reporter):
    """Prints notes, but no line per epoch."""

    verbose = 0

    def note(self, text):
        print(text)


quiet = Reporter()
quiet.verbose = 0

# %% [markdown]
# ## 1. Pretraining
#
# Each image shows one or two coloured shapes, and its captions say which, and
# where. The model learns three things at once: the embeddings of an image and
# its caption are close; a fusion encoder tells whether the two belong together;
# and it predicts hidden words from the others and the image. The loss of each
# is logged, so that none is neglected unnoticed.

# %%
pairs = shapes.write(home / "pairs", images, images // 10, 0, size=48)
pretrained = home / "pretrained"
task = mmkeras.train(
    "pretrain-image-text",
    data=pairs,
    out=pretrained,
    epochs=epochs,
    config={
        "data.image_size": 48,
        "model.dim": 64,
        "model.depth": 1,
        "model.dropout": 0.0,
        "train.learning_rate": 2e-3,
    },
    reporter=Notes(),
)
metrics = json.loads((pretrained / "results.json").read_text())["val"]
for name in ("recall_mean", "chance", "matching_accuracy", "words_accuracy"):
    print(f"{name}: {100 * metrics['metrics'][name]:.1f} %")

# %% [markdown]
# ## 2. A classifier, and what it takes
#
# The labels: of images of one shape, which shape it is, whatever its colour.
# These images are others than those of the pretraining.


# %%
def labelled(split, count):
    """Writes images of one shape; returns their rows."""
    scenes = [
        scene
        for scene in shapes.scenes(split, 4 * count, seed=1)
        if len(scene.shapes) == 1
    ][:count]
    rows = []
    for i, scene in enumerate(scenes):
        file = home / f"{split}-{i}.png"
        Image.fromarray(shapes.render(scene, 48)).save(file)
        row = {"image": str(file), "label": scene.shapes[0].kind}
        rows.append({"id": file.stem, "split": split, **row})
    return rows


count = max(images // 5, 24)
rows = labelled("train", count) + labelled("val", count // 2)
table = home / "labels.jsonl"
_ = table.write_text("\n".join(map(json.dumps, rows)))

# %% [markdown]
# `--init` names the pretrained run, and `train.init_branches` the branches that
# are taken from it: here the image branch with its weights, its scale of pixels
# and its image size. It may be taken to any architecture of any task. What is
# not taken are the text branch, which a classifier of images has no use for,
# and the layers after the branches. One line says so, with the numbers of
# weights.

# %%
settings = {"epochs": 20 if epochs > 1 else 1, "learning_rate": 2e-3}
run = home / "classifier"
classifier = mmkeras.train(
    "classify-image-cnn",
    data=table,
    out=run,
    init=pretrained,
    config={"model.dim": 64, "train.init_branches": "image"},
    reporter=Notes(),
    **settings,
)

# %% [markdown]
# ## 3. Does pretraining help?
#
# One training with a good score is no answer: how good is the same training
# without pretraining, and do the two differ by more than two trainings with
# other seeds? So both are trained on several shares of the labelled rows, with
# three seeds each. A seed also chooses the rows, and both are trained on the
# same ones. The gain is the mean of the three differences. Its interval is
# that of Student's t distribution, which is wide for three differences: the
# gain must be large, or much the same with each seed, for the interval to
# exclude zero.

# %%
shares = [share for share in (0.05, 0.2, 1.0) if share * count >= 20]
transfer = transfer_runs.transfer(
    run,
    pretrained,
    metric="accuracy",
    fractions=shares,
    seeds=3 if epochs > 1 else 1,
    reporter=quiet,
)
Console(width=100).print(tables.transfer("Does pretraining help?", transfer))
print(transfer.summary)

# %% [markdown]
# The curve has a point per training, and the mean of each three with their
# standard deviation. What to look at is the distance between the two lines
# where there are few labels, and whether it closes where there are many.

# %%
charts.transfer(transfer)

# %% [markdown]
# What this does not show:
#
# - The interval covers other seeds and other labelled rows. It does not cover
#   other validation images, which are the same for all trainings, nor another
#   pretraining, of which there is one. These images also chose the best epoch,
#   of both alike; for a score that nothing was chosen by, add rows of a split
#   `"test"`, and pass `split="test"`.
# - The pretrained branch has Transformer blocks after its network, the branch
#   without pretraining has not. What is compared is what you would use, not the
#   weights alone.
# - The shapes of the labels are in the captions, so that pretraining has seen
#   their names. Where captions do not speak of what the labels tell apart,
#   expect less, or nothing, and a sentence that says so.
#
# ## With images of your own
#
# On the command line, with the table, the curve and the same sentences:
#
# ```
# mmkeras train pretrain-image-text --data pairs.jsonl --out runs/pre
# mmkeras train classify-image-cnn --data labels.jsonl --out runs/own \
#     --init runs/pre train.init_branches=image
# mmkeras report runs/own --transfer runs/pre --fractions 0.05,0.2,1
# ```
#
# An interrupted report continues where it was. With pretrained networks
# (`model.image=hub:efficientnet_lite2` in the first command), the trainings
# without pretraining begin with the same network.
