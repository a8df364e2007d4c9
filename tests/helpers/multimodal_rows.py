"""A tiny world of words, an image and a tone that each tell the label."""

import io

import numpy as np
import PIL.Image
import soundfile

from mmkeras.data import codecs
from mmkeras.tasks import Classify

LABELS = ("bright", "dark")


def image(bright, rng):
    pixels = rng.integers(0, 60, (8, 8, 3)) + (190 if bright else 0)
    file = io.BytesIO()
    PIL.Image.fromarray(pixels.astype("uint8")).save(file, "PNG")
    return file.getvalue()


def sound(bright, rng):
    time = np.arange(1600) / 16000
    pitch = rng.uniform(2000, 3000) if bright else rng.uniform(200, 400)
    file = io.BytesIO()
    soundfile.write(
        file, 0.5 * np.sin(6.28 * pitch * time), 16000, format="WAV"
    )
    return file.getvalue()


def features(bright, rng):
    middle = np.array([1.0, -1.0, 0.0]) * (1 if bright else -1)
    return rng.normal(middle, 0.1).astype("float32")


def rows(split="train", count=48, seed=0):
    """Rows of which every tenth lacks its sound, every eleventh its image."""
    rng = np.random.default_rng([seed, len(split)])
    made = []
    for i in range(count):
        bright = bool(rng.random() < 0.5)
        words = "sun light day" if bright else "moon shade night"
        made.append(
            {
                "id": f"{split}-{i}",
                "split": split,
                "text": f"the {rng.choice(words.split())} there",
                "image": None if i % 11 == 10 else image(bright, rng),
                "audio": None if i % 10 == 9 else sound(bright, rng),
                "features": features(bright, rng),
                "label": LABELS[not bright],
            }
        )
    return made


def lines(folder, *splits):
    """Writes the files of rows; returns the lines of a table about them.

    Args:
        folder: Path of the folder.
        *splits: Lists of rows.
    """
    table = []
    for row in (row for split in splits for row in split):
        line = {k: row[k] for k in ("id", "split", "text", "label")}
        for field, suffix in (("image", "png"), ("audio", "wav")):
            if row[field]:
                line[field] = f"{row['id']}.{suffix}"
                (folder / line[field]).write_bytes(row[field])
        table.append(line)
    return table


def task(model):
    """A task of images and sounds around a model that takes them."""
    kept = {
        "image": codecs.Image((16, 16)),
        "audio": codecs.Audio(16000, 0.125),
        "label": codecs.Labels(LABELS),
    }
    return Classify(model, kept)
