"""CMU-MOSI: opinions spoken to a camera, as features of text, audio and video.

The features are those that bc-LSTM's authors distribute: `utterances.jsonl`
(row, id, video, utt, split, text, label) and `features.npz` (text, audio and
video, one vector per utterance). Their split has no validation part: a random
sixth of the training videos is held out for it, so that no speaker is in two
splits.

The authors fitted the features of text and video to the labels of all their
training utterances, which include the held-out videos. Validation accuracy is
therefore near 98 % where test accuracy is near 78 %, and cannot be used to
choose between models.
"""

import json

import numpy as np
import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset

SOURCE = (
    "The features can be downloaded from "
    "github.com/declare-lab/multimodal-deep-learning (bc-LSTM/data)."
)
FIELDS = ("text", "audio", "video")
LABELS = ("negative", "positive")


def scan(folder=None, seed=0) -> dataset.Dataset:
    """Reads all utterances, in the order of their videos.

    Args:
        folder: Folder with `utterances.jsonl` and `features.npz`; None for
            `$MMKERAS_DATA/mosi`.
        seed: int. Seed of the validation split.

    Returns:
        A `Dataset` of rows with the float32 vectors `"text"`, `"audio"` and
        `"video"`, `"transcript"`, `"label"` (negative or positive) and
        `"group"`, the video.

    Raises:
        FileNotFoundError: If a file does not exist.
    """
    folder = dataset.find_folder("mosi", folder, SOURCE)
    lines = (folder / "utterances.jsonl").read_text("utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    with np.load(folder / "features.npz") as file:
        features = {name: file[name].astype("float32") for name in FIELDS}
    validation = _validation_videos(records, seed)
    data = dataset.Dataset()
    for row in records:
        split = "val" if row["video"] in validation else row["split"]
        data.rows.append(
            {
                "id": row["id"],
                **{name: features[name][row["row"]] for name in FIELDS},
                "transcript": row["text"],
                "label": LABELS[row["label"]],
                "group": row["video"],
                "split": split,
            }
        )
    return data


def rows(split, folder=None, seed=0) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder, seed).split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _validation_videos(records, seed):
    videos = sorted({r["video"] for r in records if r["split"] == "train"})
    order = np.random.default_rng(seed).permutation(len(videos))
    return {videos[i] for i in order[::6]}
