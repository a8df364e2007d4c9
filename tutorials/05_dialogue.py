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
# # A dialogue about an image
#
# "How many 3s are there?" "Two." "How many of them are blue?" The second
# question needs the image and the dialogue history. In this tutorial you
#
# 1. look at dialogues, and at the best possible scores without the image or
#    without the history;
# 2. train a model that marks regions of the image, turn by turn;
# 3. have a dialogue with it;
# 4. measure whether image and history matter, compared with the upper bounds;
# 5. export it: the input is a list of turns, and the model is stateless.
#
# It runs on two cores in a few minutes and downloads nothing.

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
from mmkeras.cli.dialogue import Dialogue
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
# ## 1. Dialogues
#
# `--data digits-discussed` renders dialogues about MNIST's digits. Here the
# digits are printed instead, in random sizes and positions, so that nothing is
# downloaded. In training, each image also has the first turns of five other
# dialogues: a model must first learn to recognise and to count.


# %%
def printed(digit, rng):
    """Prints a digit, 28 by 28 pixels."""
    page = PIL.Image.new("L", (28, 28))
    font = PIL.ImageFont.load_default(int(rng.integers(20, 27)))
    position = tuple(rng.integers(11, 18, 2).tolist())
    ink = PIL.ImageDraw.Draw(page)
    ink.text(position, str(digit), 255, font, anchor="mm")
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
# A row is a turn: the image, the history with one line per turn, the question
# and its answer. Your own dialogues are such a table, read by `--data
# dialogues.jsonl`; VisDial's files are read by `--data visdial`.
#
# The best possible scores without the image, or without the history, are known
# here: all possible dialogues are enumerated.

# %%
ceilings = digits_discussed.ceilings(min(count, 500))
for fields, (accuracy, error) in ceilings.items():
    print(f"{fields}: {100 * accuracy:.1f} % at best (+- {100 * error:.1f})")

# %% [markdown]
# ## 2. A model that marks the topic
#
# `dialogue-text-image-modules` has a mark on each region of the image. A turn
# finds regions, filters the marked ones, moves the marks to a neighbour, or
# keeps them: a mixture of these modules that depends on its words. The answer
# is predicted from the marked regions and the sum of the marks. All modules
# are learned from answers only.

# %%
keras.utils.set_random_seed(0)
name = "dialogue-text-image-modules"
recipe = dataclasses.replace(recipes.get(name), epochs=epochs)
data = engine.Data(rows["train"], rows["val"])
task = engine.build(name, data, recipe, image_size=96, max_length=16)
trained = engine.fit(task, data, home, recipe, verbose=2)

# %% [markdown]
# ## 3. A dialogue
#
# A history is a list of turns, each a question and its answer.

# %%
image = rows["test"][0]["image"]
question = "what digit is in the middle?"
answer = task.answer({"image": [image], "question": [question]})
print(question, answer["label"][0])
turn = f"{question} {answer['label'][0]}"
question = "what colour is it?"
answer = task.answer(
    {"image": [image], "history": [[turn]], "question": [question]}
)
print(question, answer["label"][0])

# %% [markdown]
# `mmkeras chat runs/x --image digits.png` keeps the history for you:

# %%
dialogue = Dialogue(task, image)
for question in (
    "how many 7s are there?",
    "what digit is on the left?",
    "what is right of it?",
    "what colour is it?",
    "what colour is behind it?",
):
    answer, probability, _ = dialogue.ask(question)
    print(f"{question} {answer} ({probability:.2f})")
PIL.Image.open(io.BytesIO(image)).resize((252, 252))

# %% [markdown]
# ## 4. Do image and history matter?
#
# By type of question, and with modalities hidden from the model. As it was
# rarely trained without them, `mmkeras report --unimodal` trains the same
# model without the image, and without the history, for comparison.

# %%
examples = engine.Examples(task, rows["test"])
figures, subsets = evaluation.evaluate(examples)
by_type = {k: v for k, v in figures.items() if k.startswith("type_")}
console.print(tables.scores("", {"": {"all": figures["accuracy"], **by_type}}))
console.print(tables.subsets("Contribution of each modality", subsets))
charts.subsets(subsets)

# %% [markdown]
# With permuted histories or images, the answers get worse:

# %%
drops = {k: v for k, v in figures.items() if k.startswith("mismatch_")}
console.print(tables.scores("Lost when exchanged", {"": drops}))

# %% [markdown]
# ## 5. Serve it
#
# The export takes the bytes of the image and the history, one call per turn.

# %%
if keras.backend.backend() == "tensorflow":
    from mmkeras import serving
    from mmkeras.serving import client

    serving.export(task, home / "export")
    served = client.load(home / "export")
    batch = {
        "image": [image],
        "history": [dialogue.turns[:-1][-4:]],
        "question": ["what colour is behind it?"],
    }
    print(served.predict(batch)["label"], dialogue.turns[-1])

# %% [markdown]
# From the command line, with MNIST: `mmkeras train dialogue-text-image-modules
# --data digits-discussed --out runs/digits`, `mmkeras report runs/digits
# --unimodal`, `mmkeras chat runs/digits --image digits.png`.
