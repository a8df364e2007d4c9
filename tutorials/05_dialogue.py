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
# # A talk about an image
#
# "How many 3s are there?" "Two." "How many of them are blue?" The second
# question needs the image, and what was said before. In this tutorial you
#
# 1. look at talks, and at what the best player scores who lacks the image,
#    or forgets what was said;
# 2. train a model that keeps marks on the regions of the image, turn by turn;
# 3. hold a talk with it;
# 4. see whether image and history matter to it, beside the known ceilings;
# 5. export it: a list of turns goes in, no state is kept.
#
# It runs on two cores in some minutes and downloads nothing.

# %%
import dataclasses
import io
import os
import pathlib
import tempfile

import keras
import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
from rich.console import Console

from mmkeras import evaluation
from mmkeras.cli.talk import Talk
from mmkeras.data.synthetic import digits_discussed
from mmkeras.evaluation import charts
from mmkeras.evaluation import tables
from mmkeras.training import engine
from mmkeras.training import recipes

# %matplotlib inline
home = pathlib.Path(tempfile.mkdtemp())
os.environ.setdefault("MMKERAS_CACHE", str(home / "cache"))
count = int(os.environ.get("TUTORIAL_PICTURES", 10000))
epochs = int(os.environ.get("TUTORIAL_EPOCHS", 8))
console = Console(highlight=False, soft_wrap=True)

# %% [markdown]
# ## 1. Talks
#
# `--data digits-discussed` renders the talks from MNIST's files. Here the
# digits are printed instead, in some sizes and places, so that nothing need
# be downloaded. Beside each talk, training has the first turns of five others
# about its image: who is to talk must first learn to see, and to count.


# %%
def printed(digit, rng):
    """Prints a digit, 28 by 28 pixels."""
    page = PIL.Image.new("L", (28, 28))
    font = PIL.ImageFont.load_default(int(rng.integers(20, 27)))
    place = tuple(rng.integers(11, 18, 2).tolist())
    ink = PIL.ImageDraw.Draw(page)
    ink.text(place, str(digit), 255, font, anchor="mm")
    return np.asarray(page)


rng = np.random.default_rng(0)
digits = [
    np.stack([printed(digit, rng) for _ in range(50)]) for digit in range(10)
]
sizes = {"train": count, "val": count // 8, "test": count // 8}
rows = {
    split: digits_discussed.rows(
        split, size, digits, starts=5 if split == "train" else 0
    )
    for split, size in sizes.items()
}
last = rows["test"][4]
print(last["history"], last["question"], "...", sep="\n")
PIL.Image.open(io.BytesIO(last["image"])).resize((252, 252))

# %% [markdown]
# A row is a turn: the image, what was said before, a line a turn, the
# question and its answer. Your own talks are such a table, read by `--data
# dialogues`; VisDial's files are read by `--data visdial`.
#
# What can be scored without the image, or without the history, is known
# here: all talks that may be held are enumerated.

# %%
for given, (share, half) in digits_discussed.ceilings(500).items():
    print(f"{given}: {100 * share:.1f} % at best (+- {100 * half:.1f})")

# %% [markdown]
# ## 2. A model that marks what is talked of
#
# `dialogue-text-image-modules` keeps a mark on each region of the image. A
# turn finds regions, filters those marked, moves the marks to a neighbour, or
# keeps them: a mixture of these modules, chosen by its words. The answer is
# chosen from what is marked, and how much. All is learned from answers alone.

# %%
keras.utils.set_random_seed(0)
name = "dialogue-text-image-modules"
recipe = dataclasses.replace(recipes.get(name), epochs=epochs)
data = engine.Data(rows["train"], rows["val"])
task = engine.build(name, data, recipe, image_size=96, max_length=16)
trained = engine.fit(task, data, home, recipe, verbose=2)

# %% [markdown]
# ## 3. A talk
#
# A history is a list of turns, a question and its answer each.

# %%
image = rows["test"][0]["image"]
asked = "what digit is in the middle?"
said = task.answer({"image": [image], "question": [asked]})
print(asked, said["label"][0])
turn = f"{asked} {said['label'][0]}"
asked = "what colour is it?"
said = task.answer({"image": [image], "history": [[turn]], "question": [asked]})
print(asked, said["label"][0])

# %% [markdown]
# `mmkeras chat runs/x --image digits.png` keeps the history for you:

# %%
talk = Talk(task, image)
for asked in (
    "how many 7s are there?",
    "what digit is on the left?",
    "what is right of it?",
    "what colour is it?",
    "what colour is behind it?",
):
    answer, chance, _ = talk.ask(asked)
    print(f"{asked} {answer} ({chance:.2f})")
PIL.Image.open(io.BytesIO(image)).resize((252, 252))

# %% [markdown]
# ## 4. Do image and history matter?
#
# By type of question, and with parts hidden from the model. What is hidden
# here it was seldom taught to do without: `mmkeras report --unimodal` trains
# the same model without the image, and without the history, to compare.

# %%
found = engine.Examples(task, rows["test"])
figures, subsets = evaluation.evaluate(found)
by_type = {k: v for k, v in figures.items() if k.startswith("type_")}
console.print(tables.scores("", {"": {"all": figures["accuracy"], **by_type}}))
console.print(tables.subsets("Contribution of each modality", subsets))
charts.subsets(subsets)

# %% [markdown]
# With another's history the answers are wrong, and with another's image:

# %%
lost = {k: v for k, v in figures.items() if k.startswith("mismatch_")}
console.print(tables.scores("Lost when exchanged", {"": lost}))

# %% [markdown]
# ## 5. Serve it
#
# The export takes the image's bytes and the turns so far, one call a turn.

# %%
if keras.backend.backend() == "tensorflow":
    from mmkeras import serving
    from mmkeras.serving import client

    serving.export(task, home / "export")
    served = client.load(home / "export")
    batch = {
        "image": [image],
        "history": [talk.turns[:-1][-4:]],
        "question": ["what colour is behind it?"],
    }
    print(served.predict(batch)["label"], talk.turns[-1])

# %% [markdown]
# From the command line, with MNIST: `mmkeras train dialogue-text-image-modules
# --data digits-discussed --out runs/digits`, `mmkeras report runs/digits
# --unimodal`, `mmkeras chat runs/digits --image digits.png`.
