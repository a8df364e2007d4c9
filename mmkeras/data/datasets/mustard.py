"""MUStARD: sarcastic and sincere utterances of television series.

The texts come from the authors' `sarcasm_data.json`: the utterance itself,
without its context. The authors define no split, only five folds for
cross-validation. Here a random split is drawn by a seed: a tenth of each label
for validation, a tenth for test. The same speakers are in all three.

Data set `mustard-speakers` has the authors' other split, independent of the
speaker: they test on all of Friends and train on the other series; a random
tenth of each label of the latter is held out for validation.

Reference:
    [Castro et al., 2019](https://arxiv.org/abs/1906.01815)
"""

import json

import numpy as np
import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset

SOURCE = (
    "The file can be downloaded from github.com/soujanyaporia/MUStARD (data)."
)
LABELS = ("sincere", "sarcastic")
_TEST_SHOW = "FRIENDS"


def scan(folder=None, seed=0, speakers=False) -> dataset.Dataset:
    """Reads all utterances.

    Args:
        folder: `sarcasm_data.json`, or the folder with it; None for
            `$MMKERAS_DATA/mustard`.
        seed: int. Seed of the split.
        speakers: bool. Whether to split by speaker: `mustard-speakers`.

    Returns:
        A `Dataset` of rows with `"text"` and `"label"`, one of `LABELS`;
        malformed entries are reported by their id.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If it is not a JSON object.
    """
    folder = dataset.find_folder("mustard", folder, SOURCE)
    path = dataset.only_file(folder, "sarcasm_data.json")
    data = dataset.Dataset()
    shows = []
    for name, entry in _entries(path).items():
        try:
            label = LABELS[_flag(entry["sarcasm"])]
            text, show = entry["utterance"].strip(), entry["show"]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            detail = f"expected utterance, show and sarcasm: {error!r}"
            data.report("corrupt", f"{path}: {name}", detail)
            continue
        row = {"id": name, "split": None, "text": text, "label": label}
        data.rows.append(row)
        shows.append(show)
    _split(data.rows, shows, seed, speakers)
    return data


def rows(split, folder=None, seed=0, speakers=False) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder, seed, speakers).split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
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
    """Assigns a random split to each row, stratified by label."""
    parts = ("val",) if speakers else ("val", "test")
    rng = np.random.default_rng(seed)
    for label in LABELS:
        train = []
        for row, show in zip(rows, shows):
            if row["label"] != label:
                continue
            is_test = speakers and show == _TEST_SHOW
            row["split"] = "test" if is_test else "train"
            if not is_test:
                train.append(row)
        order = rng.permutation(len(train))
        size = len(train) // 10
        for i, name in enumerate(parts):
            for place in order[i * size : (i + 1) * size]:
                train[place]["split"] = name
