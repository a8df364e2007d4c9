"""MELD: utterances in dialogues of a television series, with their emotion.

The texts come from the authors' three tables, `train_sent_emo.csv` and those
of `dev` and `test`; the split is theirs. The label is one of seven emotions;
data set `meld-sentiment` is the same with one of three sentiments.

Reference:
    [Poria et al., 2019](https://arxiv.org/abs/1810.02508)
"""

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset
from mmkeras.data.datasets import tabular

SOURCE = "Download the tables from github.com/declare-lab/MELD (data/MELD)."
LABELS = ("Emotion", "Sentiment")
_FILES = {"train": "train", "val": "dev", "test": "test"}


def scan(folder=None, label="Emotion") -> dataset.Dataset:
    """Reads all utterances, dialogue by dialogue and in order.

    Args:
        folder: Folder with the three tables; None for `$MMKERAS_DATA/meld`.
        label: The column that is the label, one of `LABELS`.

    Returns:
        A `Dataset` of rows with `"text"`, `"speaker"`, `"label"` and `"group"`,
        the dialogue; malformed lines are reported by line number.

    Raises:
        FileNotFoundError: If a table does not exist.
        ValueError: If there is no such label.
    """
    if label not in LABELS:
        raise ValueError(
            f"`label` must be one of {', '.join(map(repr, LABELS))}. "
            f"Received: label={label!r}"
        )
    folder = dataset.find_folder("meld", folder, SOURCE)
    data = dataset.Dataset()
    for split, name in _FILES.items():
        path = folder / f"{name}_sent_emo.csv"
        if not path.is_file():
            raise FileNotFoundError(f"File not found: {path}. {SOURCE}")
        data.rows += _read(path, split, label, data)
    return data


def rows(split, folder=None, label="Emotion") -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder, label).split(split)


def load(split, folder=None, label="Emotion") -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder, label))


def _read(path, split, label, data):
    """Reads the rows of one table, in the order of their dialogues."""
    entries = []
    for number, values in tabular.published_lines(path, data, "Utterance"):
        try:
            dialogue = int(values["Dialogue_ID"])
            place = int(values["Utterance_ID"])
        except (KeyError, ValueError):
            detail = "expected integers in Dialogue_ID and Utterance_ID"
            data.report("corrupt", f"{path}:{number}", detail)
            continue
        if not values["Utterance"].strip() or not values.get(label):
            detail = f"expected texts in Utterance and {label}"
            data.report("corrupt", f"{path}:{number}", detail)
            continue
        row = {
            "id": f"{split}-dia{dialogue}_utt{place}",
            "split": split,
            "text": values["Utterance"].strip(),
            "speaker": (values.get("Speaker") or "").strip(),
            "label": values[label],
            "group": f"{split}-dia{dialogue}",
        }
        entries.append((dialogue, place, row))
    entries.sort(key=lambda entry: entry[:2])
    return [row for *_, row in entries]
