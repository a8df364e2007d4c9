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
# # Visual question answering, and whether the image matters
#
# A VQA model can often be right without the image: most people who ask whether
# there is a star have seen one. In this tutorial you
#
# 1. create a folder of images and a table of questions, and check it;
# 2. train a model, the same one without images, and one for a single epoch;
# 3. score each by type of question;
# 4. test in three ways whether the image matters;
# 5. plot where the model attends;
# 6. export it, and call the export with the bytes of an image and a string.
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
from mmkeras.tasks import modalities
from mmkeras.tasks.answers import answer_errors
from mmkeras.tasks.answers import answer_scores
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
# An image shows one or two coloured shapes. As in real data, objects have a
# usual colour (here half of them do), and most questions "is there a star?" are
# asked about images with one. So the question alone predicts much of the
# answer. This is called language bias.

# %%
usual = dict(zip(shapes.SHAPES, shapes.COLOURS))
draw = np.random.default_rng(0)


def tinted(thing):
    """Gives half of all shapes their usual colour."""
    colour = usual[thing.kind] if draw.random() < 0.5 else thing.colour
    return dataclasses.replace(thing, colour=colour)


def questions(things):
    """Yields type, question and answer for the shapes of an image."""
    thing = things[draw.integers(len(things))]
    kinds = {x.kind for x in things}
    others = [shape for shape in shapes.SHAPES if shape not in kinds]
    shape = thing.kind if draw.random() < 0.75 else draw.choice(others)
    answer = "yes" if shape in kinds else "no"
    yield "there", f"is there a {shape}?", answer
    yield "count", "how many things are there?", str(len(things))
    if len(kinds) == len(things):
        yield "colour", f"what colour is the {thing.kind}?", thing.colour
    if len({x.colour for x in things}) == len(things):
        yield "shape", f"what shape is the {thing.colour} thing?", thing.kind


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
    for kind, question, answer in questions(scene.shapes):
        row = {"image": f"{i}.png", "question": question, "answer": answer}
        lines.append(json.dumps({**row, "type": kind, "split": parts[i]}))
table = album / "questions.jsonl"
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
# ## 2. Three models
#
# `vqa-cnn-film` encodes the question with a GRU, whose state scales and shifts
# the image features. `engine.build` builds the vocabulary and the list of
# answers from the training rows; `fit` is plain Keras inside, and keeps the
# best epoch on validation. For comparison: `blind`, the same model trained
# without images for as long, and `hurried`, trained for one epoch.

# %%
name = "vqa-cnn-film"


def train(label, epochs, modality=None):
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
    parts = [
        modalities.select(task, part, modality)
        for part in (data.train, data.val)
    ]
    folder = home / label
    folder.mkdir()
    engine.fit(task, engine.Data(*parts), folder, recipe, verbose=0)
    return task


models = {
    "taught": train("taught", epochs),
    "hurried": train("hurried", 1),
    "blind": train("blind", epochs, "question"),
}
task = models["taught"]

# %% [markdown]
# ## 3. By type of question
#
# A single score over all questions hides much. `answer_scores` also scores
# each type, and the share of images with all questions answered correctly.

# %%
chosen, scores, examples = {}, {}, {}
for label, model in models.items():
    fields = ["question"] if label == "blind" else None
    test = examples[label] = engine.Examples(model, rows["test"])
    predictions = test.predictions(test.outputs(fields))
    chosen[label] = predictions.argmax(axis=1)
    scores[label] = {
        "accuracy": model.target.agreement(test.labels, chosen[label]),
        **answer_scores(test, predictions),
    }
    if model is task:
        wrong = answer_errors(test, predictions)
test = examples["taught"]
console.print(tables.scores("Test questions", scores))
console.print(tables.questions("What goes wrong", wrong))

# %% [markdown]
# Overall `taught` looks good. By type it does not: for "is there a ...?"
# all three have the same accuracy, and every error is a "yes" instead of "no".
# For these questions, only the most frequent answer has been learned. VQA v2
# was collected against this: it pairs each question with a second image with
# another answer.

# %% [markdown]
# ## 4. Does the image matter?
#
# First, compare the model with one trained without images: the difference is
# the gain from the image. The intervals come from a bootstrap over images.

# %%
train_labels = engine.Examples(task, rows["train"]).labels
chosen["majority"] = task.target.majority(train_labels, len(test))
gain = evaluation.fusion_gain(
    test.labels,
    chosen,
    "taught",
    ("blind",),
    task.target.agreement,
    groups=test.groups,
    draws=500,
)
console.print(tables.fusion_gain("Is it worth looking?", gain))
console.print(gain.summary)
charts.fusion_gain(gain)

# %% [markdown]
# Second, permute the images among the questions. A model that uses them must
# get worse; one that loses nothing ignores them, like `hurried`, which still
# answers two in five correctly.

# %%
drops = {}
for label in ("taught", "hurried"):

    def score(replaced, test=examples[label]):
        """Accuracy with permuted images or questions."""
        answers = test.choices(permutations=replaced)
        return task.target.agreement(test.labels, answers)

    drops[label] = evaluation.mismatched(
        score, task.fields, len(test), repeats=1
    )
console.print(tables.scores("Exchanged among the questions", drops))

# %% [markdown]
# Third, keep the questions that `blind` gets wrong. There, guessing the usual
# answer does not help. This works for any data of your own.

# %%
hard = chosen["blind"] != test.labels
print(f"the blind one is wrong about {hard.sum()} of {len(hard)}")
for label in ("taught", "hurried"):
    accuracy = np.mean(chosen[label][hard] == test.labels[hard])
    print(f"of these, {label}: {100 * accuracy:.1f} % right")

# %% [markdown]
# ## 5. Where does the model attend?
#
# FiLM takes the maximum over all regions before its last layers. Bright regions
# are where most of the features are largest. They also explain errors: asked
# for the colour of the square, the model attended to the circle.

# %%
groups = {row["group"]: row for row in test.rows if row["label"] == "2"}
first = [row for row in test.rows if row["group"] == next(iter(groups))]
image = pathlib.Path(first[0]["image"]).read_bytes()
batch = {
    "image": [image] * len(first),
    "question": [row["question"] for row in first],
}
figures.of_classifier(task, batch, task.answer(batch)["label"])

# %% [markdown]
# ## 6. Serving
#
# The export takes the bytes of an image and a string. Here it is called in a
# fresh process, which has TensorFlow and no Keras.

# %%
task.save(home / "vqa")
serving.export(task, home / "served")
script = """
import pathlib, sys
sys.modules["keras"] = None  # From here on, importing it is an error.
from mmkeras import serving
folder, photo, *questions = sys.argv[1:]
photo = pathlib.Path(photo).read_bytes()
batch = {"image": [photo] * len(questions), "question": questions}
answers = serving.load(folder).predict(batch)
for question, answer in zip(questions, answers["label"]):
    print(question, answer)
"""
arguments = home / "served", first[0]["image"], *batch["question"]
process = subprocess.run(
    [sys.executable, "-c", script, *map(str, arguments)],
    capture_output=True,
    text=True,
    check=True,
)
print(process.stdout)

# %% [markdown]
# From the command line: `mmkeras train vqa-cnn-film --data questions.jsonl
# --out runs/vqa`, then `mmkeras report runs/vqa --unimodal` compares it
# with unimodal models, by type of question, for your own data.
