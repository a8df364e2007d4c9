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
# # Questions about images, and whether anybody looked
#
# Somebody asks about an image, and a model answers. It can be right often
# without a look at the image: most people who ask whether there is a star
# have seen one. In this tutorial you
#
# 1. lay out a folder of images and a table of questions, and check it;
# 2. train an answerer, the same one without images, and a hurried one;
# 3. see what each gets right, by type of question;
# 4. ask whether the image matters, in three ways;
# 5. see where it looked;
# 6. export it, and ask the export with the bytes of an image and a string.
#
# It runs on two cores in a few minutes and downloads nothing: the images
# are rendered. For your own, write a table like the one below.

# %%
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import keras
import numpy as np
import PIL.Image
from rich.console import Console

from mmkeras import branches
from mmkeras import evaluation
from mmkeras import serving
from mmkeras.data import check
from mmkeras.data import datasets
from mmkeras.data.synthetic import shapes
from mmkeras.evaluation import charts
from mmkeras.evaluation import figures
from mmkeras.evaluation import tables
from mmkeras.evaluation.questions import errors
from mmkeras.tasks import modalities
from mmkeras.training import engine
from mmkeras.training import recipes

# %matplotlib inline
home = pathlib.Path(tempfile.mkdtemp())
os.environ.setdefault("MMKERAS_CACHE", str(home / "cache"))
count = int(os.environ.get("TUTORIAL_PICTURES", 2000))
epochs = int(os.environ.get("TUTORIAL_EPOCHS", 8))
console = Console(highlight=False, soft_wrap=True)

# %% [markdown]
# ## 1. The data
#
# An image shows one or two coloured shapes. As in the world outside, things
# have a usual colour, here half of them do; and those who ask "is there a
# star?" have mostly seen one. So the question alone tells much of the answer.
# This is called language bias.

# %%
usual = dict(zip(shapes.SHAPES, shapes.COLOURS))
draw = np.random.default_rng(0)


def tinted(thing):
    """Gives half of all things the colour that is usual for their shape."""
    colour = usual[thing.kind] if draw.random() < 0.5 else thing.colour
    return dataclasses.replace(thing, colour=colour)


def asked(things):
    """Asks about things: yields type, question and answer."""
    one = things[draw.integers(len(things))]
    seen = {thing.kind for thing in things}
    others = [shape for shape in shapes.SHAPES if shape not in seen]
    shape = one.kind if draw.random() < 0.75 else draw.choice(others)
    said = "yes" if shape in seen else "no"
    yield "there", f"is there a {shape}?", said
    yield "count", "how many things are there?", str(len(things))
    if len(seen) == len(things):
        yield "colour", f"what colour is the {one.kind}?", one.colour
    if len({thing.colour for thing in things}) == len(things):
        yield "shape", f"what shape is the {one.colour} thing?", one.kind


# %% [markdown]
# One line of the table is one question, with the path of its image. All
# questions of an image are in one split.

# %%
album = home / "album"
album.mkdir()
parts = ["train"] * count + ["val"] * (count // 6) + ["test"] * (count // 3)
lines = []
for i, scene in enumerate(shapes.scenes("train", len(parts))):
    scene = dataclasses.replace(scene, shapes=tuple(map(tinted, scene.shapes)))
    PIL.Image.fromarray(shapes.render(scene, 48)).save(album / f"{i}.png")
    for kind, question, answer in asked(scene.shapes):
        row = {"image": f"{i}.png", "question": question, "answer": answer}
        lines.append(json.dumps({**row, "type": kind, "split": parts[i]}))
table = album / "asked.jsonl"
table.write_text("\n".join(lines))
print("\n".join(lines[:4]))

# %% [markdown]
# A check names every image that is missing or corrupt, and every one that
# is in two splits.

# %%
report = check.check(table)
print(report.counts)
print(report.problems)
data = datasets.get(table)
rows = {s: data.rows(s) for s in ("train", "val", "test")}

# %% [markdown]
# ## 2. Three answerers
#
# `vqa-cnn-film` reads the question with a GRU, which then scales and shifts
# what the convolutions see. `engine.build` makes the vocabulary and the
# answers to choose among from the training rows; `fit` is plain Keras inside,
# and keeps the epoch that is best on validation. Beside it stand the same
# model, taught without an image for as long, and one that had a single epoch.

# %%
name = "vqa-cnn-film"


def teach(label, epochs, only=None):
    """Trains the architecture, on all modalities or on one."""
    keras.utils.set_random_seed(0)
    image = branches.image.cnn((48, 48, 3), 32, depth=3, name="image_encoder")
    recipe = dataclasses.replace(
        recipes.get(name),
        epochs=epochs,
        batch_size=64,
        ema=0.9,
        model={"dim": 32, "depth": 2, "image": image},
    )
    data = engine.Data(rows["train"], rows["val"])
    task = engine.build(
        name, data, recipe, image_size=48, max_length=10, min_count=1
    )
    known = [
        modalities.select(task, part, only) for part in (data.train, data.val)
    ]
    folder = home / label
    folder.mkdir()
    engine.fit(task, engine.Data(*known), folder, recipe, verbose=0)
    return task


answerers = {
    "taught": teach("taught", epochs),
    "hurried": teach("hurried", 1),
    "blind": teach("blind", epochs, "question"),
}
task = answerers["taught"]

# %% [markdown]
# ## 3. By type of question
#
# One figure for all questions says little. `evaluation.questions` tells the
# types apart, and of how many images all questions are answered right.

# %%
said, scores, examples = {}, {}, {}
for who, one in answerers.items():
    only = ["question"] if who == "blind" else None
    found = examples[who] = engine.Examples(one, rows["test"])
    predictions = found.predictions(found.outputs(only))
    said[who] = predictions.argmax(axis=1)
    scores[who] = {
        "accuracy": one.target.agreement(found.labels, said[who]),
        **evaluation.questions(found, predictions),
    }
    if one is task:
        wrong = errors(found, predictions)
found = examples["taught"]
console.print(tables.scores("Test questions", scores))
console.print(tables.questions("What goes wrong", wrong))

# %% [markdown]
# All in all the taught one looks good. By type it does not: of "is there a
# ...?" all three get the same share right, and every error is a "yes" where it
# should be "no". Of these questions nothing has been learned but how they are
# mostly answered. VQA's second version was made against this: each question
# was asked again of an image where the answer is another.

# %% [markdown]
# ## 4. Does the image matter?
#
# First, put the answerer beside one that was taught without images, not
# beside nothing: what is above the blind one is what seeing is worth. The
# intervals come from a bootstrap over images.

# %%
known = engine.Examples(task, rows["train"]).labels
said["majority"] = task.target.majority(known, len(found))
paid = evaluation.fusion_gain(
    found.labels,
    said,
    "taught",
    ("blind",),
    task.target.agreement,
    groups=found.groups,
    draws=500,
)
console.print(tables.fusion_gain("Is it worth looking?", paid))
console.print(paid.summary)
charts.fusion_gain(paid)

# %% [markdown]
# Second, give each question another's image. Who looks must get worse; who
# loses nothing has not looked, as the hurried one, with two in five right.

# %%
lost = {}
for who in ("taught", "hurried"):

    def score(replaced, found=examples[who]):
        """Accuracy with others' images or questions."""
        given = found.chosen(replaced=replaced)
        return task.target.agreement(found.labels, given)

    lost[who] = evaluation.mismatched(score, task.fields, len(found), repeats=1)
console.print(tables.scores("Exchanged among the questions", lost))

# %% [markdown]
# Third, keep the questions that the blind one gets wrong. There is nothing to
# gain by guessing what is usual, and no world has to be known for it: it works
# for any data of your own.

# %%
hard = said["blind"] != found.labels
print(f"the blind one is wrong about {hard.sum()} of {len(hard)}")
for who in ("taught", "hurried"):
    right = np.mean(said[who][hard] == found.labels[hard])
    print(f"of these, {who}: {100 * right:.1f} % right")

# %% [markdown]
# ## 5. Where did it look?
#
# FiLM takes the maximum over all regions before it answers. What is bright is
# where most of the features were largest. It tells why an answer is wrong, too:
# asked for the square's colour, it looked at the circle.

# %%
groups = {row["group"]: row for row in found.rows if row["label"] == "2"}
first = [row for row in found.rows if row["group"] == next(iter(groups))]
image = pathlib.Path(first[0]["image"]).read_bytes()
batch = {
    "image": [image] * len(first),
    "question": [row["question"] for row in first],
}
figures.of_judge(task, batch, task.answer(batch)["label"])

# %% [markdown]
# ## 6. Serving
#
# The export takes the bytes of an image and a string. Here it is asked in a
# fresh process, which has TensorFlow and no Keras.

# %%
task.save(home / "answerer")
serving.export(task, home / "served")
script = """
import pathlib, sys
sys.modules["keras"] = None  # From here on, importing it is an error.
from mmkeras import serving
folder, photo, *asked = sys.argv[1:]
photo = pathlib.Path(photo).read_bytes()
batch = {"image": [photo] * len(asked), "question": asked}
said = serving.load(folder).predict(batch)
for question, answer in zip(asked, said["label"]):
    print(question, answer)
"""
given = home / "served", first[0]["image"], *batch["question"]
ran = subprocess.run(
    [sys.executable, "-c", script, *map(str, given)],
    capture_output=True,
    text=True,
    check=True,
)
print(ran.stdout)

# %% [markdown]
# From the command line: `mmkeras train vqa-cnn-film --data asked.jsonl
# --out runs/asked`, then `mmkeras report runs/asked --unimodal` puts
# it beside a blind one, by type of question, for your own data.
