"""MUStARD: what is said in television series, in sarcasm or in earnest.

The words come from the authors' `sarcasm_data.json`: the utterance itself,
without what was said before. The authors give no split but five folds for
cross-validation. Here it is drawn by a seed: of each label a tenth for
validation, a tenth for test. The same people speak in all three.

Data set `mustard-speakers` has the authors' other split, independent of the
speaker: they test on all of Friends and train on the other series; a tenth of
each label of the latter, drawn by a seed, is held out for validation.

Reference:
    [Castro et al., 2019](https://arxiv.org/abs/1906.01815)
"""

import json

import numpy as np
import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import layout

SOURCE = (
    "The file can be downloaded from github.com/soujanyaporia/MUStARD (data)."
)
LABELS = ("sincere", "sarcastic")
_TEST_SHOW = "FRIENDS"


def scan(folder=None, seed=0, speakers=False) -> layout.Scan:
    """Reads all utterances.

    Args:
        folder: `sarcasm_data.json`, or the folder with it; None for
            `$MMKERAS_DATA/mustard`.
        seed: int. Draws the split.
        speakers: bool. Whether nobody who speaks in test does in training.

    Returns:
        A `Scan` of rows with `"text"` and `"label"`, one of `LABELS`; entries
        that cannot be read are problems, named by their id.

    Raises:
        FileNotFoundError: If the file is not there.
        ValueError: If it is no JSON object.
    """
    folder = layout.locate("mustard", folder, SOURCE)
    path = layout.only_file(folder, "sarcasm_data.json")
    found = layout.Scan()
    shows = []
    for name, entry in _entries(path).items():
        try:
            label = LABELS[_flag(entry["sarcasm"])]
            text, show = entry["utterance"].strip(), entry["show"]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            detail = f"expected utterance, show and sarcasm: {error!r}"
            found.blame("corrupt", f"{path}: {name}", detail)
            continue
        row = {"id": name, "split": None, "text": text, "label": label}
        found.rows.append(row)
        shows.append(show)
    _split(found.rows, shows, seed, speakers)
    return found


def rows(split, folder=None, seed=0, speakers=False) -> list[dict]:
    """Gives the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder, seed, speakers).of_split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Gives raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _entries(path):
    try:
        entries = json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(
            f"{path} is not valid JSON: {error}. {SOURCE}"
        ) from error
    if not isinstance(entries, dict):
        raise ValueError(
            f"Expected a JSON object of utterances in {path}. {SOURCE}"
        )
    return entries


def _flag(value):
    if not isinstance(value, bool):
        raise ValueError(
            f"expected true or false in sarcasm. Received: {value!r}"
        )
    return value


def _split(rows, shows, seed, speakers):
    """Names every row's split: of each label so many, in a seed's order."""
    parts = ("val",) if speakers else ("val", "test")
    rng = np.random.default_rng(seed)
    for label in LABELS:
        tested = [speakers and show == _TEST_SHOW for show in shows]
        here = [
            (row, out)
            for row, out in zip(rows, tested)
            if row["label"] == label
        ]
        for row, out in here:
            row["split"] = "test" if out else "train"
        left = [row for row, out in here if not out]
        order = rng.permutation(len(left))
        size = len(left) // 10
        for i, name in enumerate(parts):
            for place in order[i * size : (i + 1) * size]:
                left[place]["split"] = name
