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
# # 300 recordings of your own, and a pretrained network
#
# A few hundred examples are too few to train an audio network, but enough to
# train a head on one that has heard millions. In this tutorial you
#
# 1. put 300 recordings of spoken digits into a table, and check it;
# 2. train a network from scratch, and heads on two pretrained networks;
# 3. compare them on speakers' other takes, with intervals;
# 4. see how many recordings each needs;
# 5. export the best one, and call the export with the bytes of a WAV file.
#
# The recordings are those of the
# [Free Spoken Digit Dataset](https://github.com/Jakobovski/free-spoken-digit-dataset)
# in `$MMKERAS_DATA/fsdd`. The networks are YAMNet, trained to tell sounds
# apart, and the encoder of Whisper, trained to transcribe speech. For pictures
# or texts of your own, everything is the same: `model.image=hub:...` or
# `model.text=hub:...`.

# %%
import json
import os
import pathlib
import tempfile

import matplotlib.pyplot as plt
import numpy as np

import mmkeras
from mmkeras import serving
from mmkeras.data import check
from mmkeras.training.reporter import Reporter

# %matplotlib inline
home = pathlib.Path(tempfile.mkdtemp())
os.environ.setdefault("MMKERAS_CACHE", str(home / "cache"))
data = pathlib.Path(os.environ.get("MMKERAS_DATA", "data"))
count = int(os.environ.get("TUTORIAL_PICTURES", 300))
epochs = int(os.environ.get("TUTORIAL_EPOCHS", 0)) or None
recordings = data / "fsdd" / "recordings"
if not recordings.exists():
    raise FileNotFoundError(
        f"{recordings} is missing: clone the data set there, and set "
        "MMKERAS_DATA to the parent folder."
    )

# %% [markdown]
# ## 1. The table
#
# A file is called `digit_speaker_take.wav`. As in the data set's own split,
# takes 0 to 4 of every speaker are for the test. Of the others we keep 30 per
# digit, from all six speakers.


# %%
def table(per_digit):
    """Rows of training and test: the file, the digit, and the split."""
    rows, counts = [], {}
    names = [file.stem.split("_") for file in recordings.glob("*.wav")]
    for digit, speaker, take in sorted(names, key=lambda x: (int(x[2]), x)):
        file = recordings / f"{digit}_{speaker}_{take}.wav"
        split = "test" if int(take) < 5 else "train"
        key = (split, digit)
        counts[key] = counts.get(key, 0) + 1
        limit = per_digit if split == "train" else most
        if counts[key] <= limit:
            row = {"audio": str(file), "label": digit, "split": split}
            rows.append({"id": file.stem, **row})
    path = home / f"digits-{per_digit}.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


most = max(count // 10, 3)
path = table(most)
report = check.check(path)
print(report.counts, report.problems, *report.notes, sep="\n")

# %% [markdown]
# ## 2. Training
#
# A network is named by `model.audio`. One that ships as a KerasHub preset, or
# as a folder of Hugging Face, is `hub:PRESET`; its sample rate and features
# come with it. It stays frozen, so its outputs are computed once and cached,
# and with so few examples the head is a linear one whose weight decay is chosen
# by cross-validation. Without validation rows, some training rows are drawn,
# and the reporter says so.

# %%
pretrained = data / "pretrained"
whisper = pretrained / "whisper_tiny_en"
networks = {
    "from scratch": {},
    "YAMNet": {
        "model.audio": f"yamnet:{pretrained / 'yamnet_audioset_fp16.npz'}"
    },
    "Whisper": {
        "model.audio": f"hub:{whisper if whisper.exists() else whisper.name}"
    },
}


class Notes(Reporter):
    """Prints what was chosen, once, but no line per epoch."""

    verbose = 0
    printed = set()

    def note(self, text):
        if text not in self.printed:
            print(text)
        self.printed.add(text)


def train(name, path):
    """Trains a network on a table; returns its folder and test metrics."""
    out = home / f"{name}-{path.stem}".replace(" ", "-")
    config = {"data.audio_seconds": 1.0, **networks[name]}
    settings = {"epochs": epochs} if epochs else {}
    mmkeras.train(
        "classify-audio-cnn",
        data=path,
        out=out,
        config=config,
        reporter=Notes(),
        **settings,
    )
    return out, mmkeras.evaluate(out, "test")


runs = {name: train(name, path) for name in networks}

# %% [markdown]
# ## 3. Which one is best?
#
# YAMNet knows a dog from a siren, but words sound alike to it: general audio
# features are weak at speech, weaker than a small network trained from scratch
# on the task itself. Whisper's encoder was trained on speech. What a network
# was trained on matters more than that it was pretrained: always train the
# first line of this table, too.

# %%
for name, (_, metrics) in runs.items():
    low, high = metrics["accuracy_low"], metrics["accuracy_high"]
    print(
        f"{name:13} {100 * metrics['accuracy']:5.1f} % "
        f"({100 * low:.1f} to {100 * high:.1f})"
    )

# %% [markdown]
# ## 4. How many recordings are needed?

# %%
sizes = sorted({max(most // 6, 3), max(most // 3, 3), most})
curves = {
    name: [
        runs[name][1]["accuracy"]
        if size == most
        else train(name, table(size))[1]["accuracy"]
        for size in sizes
    ]
    for name in networks
}
figure, axes = plt.subplots(figsize=(6, 4))
for name, scores in curves.items():
    axes.plot(10 * np.array(sizes), 100 * np.array(scores), "o-", label=name)
axes.set(xlabel="recordings in training", ylabel="test accuracy, %")
axes.set_ylim(0, 100)
axes.legend()
plt.show()

# %% [markdown]
# ## 5. A served model
#
# The export takes the bytes of WAV files. The network, its features and the
# head are all in the graph: it needs neither Keras nor mmkeras, and the export
# is compared with the model in a process of its own before it is written.

# %%
best = max(runs, key=lambda name: runs[name][1]["accuracy"])
task = mmkeras.load(runs[best][0])
version = serving.export(task, home / "export")
sample = next(iter(sorted(recordings.glob("7_*_0.wav"))))
answer = serving.load(version).predict({"audio": [sample.read_bytes()]})
print(sample.name, answer["label"][0], max(answer["probability"][0]))

# %% [markdown]
# On the command line, all of this is
#
# ```
# mmkeras check digits.jsonl
# mmkeras train classify-audio-cnn --data digits.jsonl --out runs/digits \
#     model.audio=hub:whisper_tiny_en
# mmkeras evaluate runs/digits --split test
# mmkeras export runs/digits exports/digits
# ```
#
# With more data, fine-tune the network (`train.fine_tune=audio`), or adapt it
# with few weights (`train.lora=8`).
