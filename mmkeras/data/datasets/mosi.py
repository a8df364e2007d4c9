"""CMU-MOSI: opinions spoken to a camera, as features of words, voice and face.

The features are those that bc-LSTM's authors distribute: `utterances.jsonl`
(row, id, video, utt, split, text, label) and `features.npz` (text, audio and
video, a vector an utterance). Their split has no validation part: every sixth
training video, by the order of a seed, is held out for it, so that no speaker
is in two splits.

The authors fitted the features of words and face to the labels of all their
training utterances. Of those, held-out videos among them, the features tell
far more than of the test utterances: validation near 98 % goes with test near
78 %. It cannot choose between models.
"""

import json

import numpy as np
import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import layout

SOURCE = (
    "The features can be downloaded from "
    "github.com/declare-lab/multimodal-deep-learning (bc-LSTM/data)."
)
FIELDS = ("text", "audio", "video")
LABELS = ("negative", "positive")


def scan(folder=None, seed=0) -> layout.Scan:
    """Reads all utterances, in the order of their videos.

    Args:
        folder: Folder with `utterances.jsonl` and `features.npz`; None for
            `$MMKERAS_DATA/mosi`.
        seed: int. Draws the videos held out for validation.

    Returns:
        A `Scan` of rows with the float32 vectors `"text"`, `"audio"` and
        `"video"`, `"transcript"`, `"label"` (negative or positive) and
        `"group"`, the video.

    Raises:
        FileNotFoundError: If the data is not there.
    """
    folder = layout.locate("mosi", folder, SOURCE)
    lines = (folder / "utterances.jsonl").read_text("utf-8").splitlines()
    about = [json.loads(line) for line in lines]
    with np.load(folder / "features.npz") as file:
        features = {name: file[name].astype("float32") for name in FIELDS}
    held = _held_out(about, seed)
    found = layout.Scan()
    for row in about:
        split = "val" if row["video"] in held else row["split"]
        found.rows.append(
            {
                "id": row["id"],
                **{name: features[name][row["row"]] for name in FIELDS},
                "transcript": row["text"],
                "label": LABELS[row["label"]],
                "group": row["video"],
                "split": split,
            }
        )
    return found


def rows(split, folder=None, seed=0) -> list[dict]:
    """Gives the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder, seed).of_split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Gives raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _held_out(about, seed):
    videos = sorted({r["video"] for r in about if r["split"] == "train"})
    order = np.random.default_rng(seed).permutation(len(videos))
    return {videos[i] for i in order[::6]}
