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
# # Speech to text, and to another language
#
# A recogniser writes down what it hears. In this tutorial you
#
# 1. train one with CTC, on recordings with their texts;
# 2. measure its word and character error rates;
# 3. look at what CTC does, step by step;
# 4. export it as a SavedModel, from the bytes of WAV files to texts;
# 5. translate the recordings, with the encoder of the recogniser.
#
# It runs on two cores in about three minutes and downloads nothing: instead of
# speech, the recordings have the tones of telephone keys, two per digit. To use
# your own, write a table of recordings and texts (the last section).

# %%
import json
import os
import pathlib
import tempfile

import matplotlib.pyplot as plt
import numpy as np
import soundfile

import mmkeras
from mmkeras import serving
from mmkeras.data import check
from mmkeras.data import datasets
from mmkeras.training.reporter import Reporter

# %matplotlib inline
home = pathlib.Path(tempfile.mkdtemp())
os.environ.setdefault("MMKERAS_CACHE", str(home / "cache"))
recordings = int(os.environ.get("TUTORIAL_PICTURES", 450))
epochs = int(os.environ.get("TUTORIAL_EPOCHS", 20))

# %% [markdown]
# ## 1. Data and training
#
# Each recording is a number of one to five digits. A key has a tone for its
# row and one for its column; loudness, length and pauses vary, and there is
# noise. The table has a line per recording. Nothing says where in a recording
# a digit is: CTC finds out.
#
# By default, recordings are played up to 10 % faster or slower in training.
# That changes their pitch, which is all that tells these keys from each other,
# so it is turned off here; leave it on for speech.

# %%
RATE = 16000
ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477)
KEYS = dict(zip("123456789*0#", [(r, c) for r in ROWS for c in COLUMNS]))
FRENCH = dict(
    zip(
        "0123456789",
        "zéro un deux trois quatre cinq six sept huit neuf".split(),
    )
)


def dial(number, rng):
    """The samples of a number dialled on a telephone."""
    parts = [np.zeros(rng.integers(800, 3200))]
    for digit in number:
        time = np.arange(rng.integers(1600, 3200)) / RATE
        tones = [np.sin(2 * np.pi * f * time) for f in KEYS[digit]]
        loudness = rng.uniform(0.05, 0.4)
        parts += [loudness * sum(tones), np.zeros(rng.integers(1000, 2400))]
    samples = np.concatenate(parts)
    return samples + rng.normal(0, 0.01, len(samples))


def write(number, name, rng):
    """Writes a recording; returns its line of the table."""
    soundfile.write(home / name, dial(number, rng), RATE)
    return {
        "audio": name,
        "text": number,
        "target": " ".join(FRENCH[digit] for digit in number),
    }


rng = np.random.default_rng(0)
lines = []
for i in range(recordings):
    number = "".join(rng.choice(list(FRENCH), rng.integers(1, 6)))
    split = {4: "val", 5: "test"}.get(i % 6, "train")
    lines.append({**write(number, f"{i}.wav", rng), "split": split})
table = home / "numbers.jsonl"
table.write_text("".join(json.dumps(line) + "\n" for line in lines))

report = check.check(table, kind="transcripts")
print(report.counts, report.problems)

# %%
run = home / "run"
reporter = Reporter()
reporter.verbose = 2  # A line per epoch.
small = {
    "model.dim": 64,
    "model.depth": 1,
    "data.audio_seconds": 2.0,
    "train.augment": [],
}
task = mmkeras.train(
    "transcribe-audio-ctc",
    data=table,
    out=run,
    epochs=epochs,
    batch_size=8,
    learning_rate=5e-3,
    config=small,
    reporter=reporter,
)

# %% [markdown]
# ## 2. How good is it?
#
# The error rate is the number of words (or characters) to substitute, delete
# and insert, divided by the number of those of the references: lower is
# better. Here a number is one word, right or wrong. The interval is that of a
# bootstrap; the baseline always answers the most frequent text.

# %%
metrics = mmkeras.evaluate(run, "test")
for name in ("word_error_rate", "character_error_rate"):
    low, high = (100 * metrics[f"{name}_{end}"] for end in ("low", "high"))
    baseline = 100 * metrics[f"{name}_majority"]
    print(
        f"{name}: {100 * metrics[name]:.1f} % ({low:.1f} to {high:.1f}); "
        f"baseline {baseline:.1f} %"
    )
test = datasets.get(table, "transcripts").rows("test")
answers = task.answer({"audio": [row["audio"] for row in test[:5]]}, beam=5)
for row, text in zip(test, answers["text"]):
    print(row["text"], "->", text)

# %% [markdown]
# ## 3. What CTC does
#
# Every 40 ms the model gives a probability to each digit, and to *blank*. A
# text is read off by merging repeats and removing blanks, so `5 5 - 5 2 2` is
# `552`. The loss is that of all such paths to the right text together. Most
# models learn to say a digit in one or two steps, and blank in between.

# %%
longest = max(range(len(answers["text"])), key=lambda i: len(test[i]["text"]))
audio = test[longest]["audio"]
samples = task.codecs["audio"].read([pathlib.Path(audio).read_bytes()])[0]
logits = task.logits_model().predict_on_batch({"audio": samples})[0]
probabilities = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
names = ["blank", *task.codecs["text"].vocabulary[4:]]
shown = probabilities[:, [0, *range(4, probabilities.shape[1])]]
seconds = len(logits) * 0.04

figure, axes = plt.subplots(2, 1, figsize=(9, 5), sharex=True)
axes[0].specgram(samples[0], NFFT=512, Fs=RATE, noverlap=352)
axes[0].set_ylim(0, 2000)
axes[0].set_ylabel("Hz")
axes[0].set_title(f"{test[longest]['text']} -> {answers['text'][longest]}")
axes[1].imshow(
    shown.T, aspect="auto", extent=(0, seconds, len(names) - 0.5, -0.5)
)
axes[1].set_yticks(range(len(names)), names)
axes[1].set_xlim(0, soundfile.info(audio).duration)
axes[1].set_xlabel("seconds")
plt.show()

# %% [markdown]
# The most likely id of each step is one reading (`beam=1`). A prefix beam
# search adds up the probabilities of all paths to a text, and finds texts that
# are more likely as a whole; `evaluate`, `predict` and exports use one of 5.

# %%
files = [row["audio"] for row in test]
for beam in (1, 5):
    texts = task.answer({"audio": files}, beam=beam)["text"]
    wrong = np.mean([t != row["text"] for t, row in zip(texts, test)])
    print(f"beam {beam}: {100 * wrong:.1f} % of the numbers are wrong")

# %% [markdown]
# ## 4. A served model
#
# The bytes of WAV files go in, texts come out: decoding, resampling, the
# spectrogram and the search are all in the graph.

# %%
version = serving.export(task, home / "export", beam=5)
wav = pathlib.Path(audio).read_bytes()
print(serving.load(version).predict({"audio": [wav]}))

# %% [markdown]
# ## 5. Translation of speech
#
# The same recordings, with French as the target. There is no transcript in
# between, but the encoder begins as that of the recogniser, which knows the
# digits already. The decoder writes subwords, learned from the training texts.

# %%
pairs = [{k: v for k, v in line.items() if k != "text"} for line in lines]
for pair in pairs:
    pair["audio"] = str(home / pair["audio"])
translator = mmkeras.train(
    "translate-audio-transformer",
    data=pairs,
    out=home / "french",
    init=run,
    epochs=2 * epochs,
    batch_size=8,
    learning_rate=5e-3,
    config={
        **small,
        "train.init_branches": "audio",
        "model.dropout": 0.1,
        "data.vocabulary_size": 200,
    },
    reporter=reporter,
)
scores = mmkeras.evaluate(home / "french", "test", data=pairs)
print(f"BLEU {100 * scores['bleu']:.1f}, chrF {100 * scores['chrf']:.1f}")
answers = translator.answer({"audio": files[:5]}, beam=5)
for row, text in zip(test, answers["text"]):
    print(row["text"], "->", text)

# %% [markdown]
# ## With recordings of your own
#
# On the command line, with a table of `audio` and `text`, and for translation
# of `audio` and `target`. A pretrained Whisper recognises speech without any
# training, and can be the encoder of either model.
#
# ```
# mmkeras check --data talks.csv --kind transcripts
# mmkeras train transcribe-audio-ctc --data talks.csv --out runs/ctc \
#     data.audio_seconds=15
# mmkeras evaluate runs/ctc --split test
# mmkeras transcribe runs/ctc talk.wav
# mmkeras train translate-audio-transformer --data talks.csv --out runs/fr \
#     --init runs/ctc train.init_branches=audio
# mmkeras transcribe whisper:folder/of/whisper_tiny_en talk.wav
# ```
