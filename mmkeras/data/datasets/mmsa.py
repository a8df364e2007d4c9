"""CMU-MOSI, CMU-MOSEI and CH-SIMS as features, in the files of MMSA.

A file such as `aligned_50.pkl` holds a dict of `train`, `valid` and `test`,
each a dict of arrays: `text`, `audio` and `vision`, of shape (examples, steps,
size), `raw_text`, `id` and `regression_labels`; where the sequences are not
aligned to words, also `audio_lengths` and `vision_lengths`. It is a pickle,
and read by `mmkeras.data.safe_pickle`, which runs nothing of it.

Numbers that are not finite, as the -inf in CMU-MOSI's sound, become 0, as in
MMSA itself. What lies behind a sequence's length becomes 0, which is padding.

Reference:
    [Mao et al., 2022](https://arxiv.org/abs/2203.12441)
"""

import numpy as np
import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data import safe_pickle
from mmkeras.data.datasets import layout

SOURCE = "github.com/thuiar/MMSA has links to the files."
FIELDS = {"text": "text", "audio": "audio", "video": "vision"}
_SPLITS = {"train": "train", "val": "valid", "test": "test"}


def scan(folder=None) -> layout.Scan:
    """Reads a file.

    Args:
        folder: The file, or a folder with one `*.pkl`; None for
            `$MMKERAS_DATA/mmsa`.

    Returns:
        A `Scan` of rows with the float32 sequences `"text"`, `"audio"` and
        `"video"`, `(steps, size)`; `"transcript"`; and `"label"`, a number:
        in [-3, 3] of CMU-MOSI and CMU-MOSEI, in [-1, 1] of CH-SIMS.

    Raises:
        FileNotFoundError: If there is no such folder, or not one file.
        ValueError: If it is laid out in another way, or holds what is no
            array or plain container.
    """
    return _read(folder, layout.SPLITS)


def rows(split, folder=None) -> list[dict]:
    """Gives the rows of one split; see `mmkeras.data.datasets`."""
    layout.check_split(split)
    return _read(folder, [split]).rows


def load(split, folder=None) -> tf.data.Dataset:
    """Gives raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _read(folder, splits):
    """Reads the rows of some splits."""
    folder = layout.locate("mmsa", folder, SOURCE)
    path = layout.only_file(folder, "*.pkl")
    data = safe_pickle.load(path)
    found = layout.Scan()
    for split in splits:
        name = _SPLITS[split]
        part = data.get(name) if isinstance(data, dict) else None
        try:
            made, mended = _rows(part, split)
        except (LookupError, TypeError, ValueError) as error:
            raise ValueError(
                f"{path} is not an MMSA file: expected text, audio, vision, "
                f"id and regression_labels in {name!r}, with one entry per "
                f"example. Received: {error!r}"
            ) from error
        found.rows += made
        if mended:
            found.notes.append(
                f"{split}: {mended} values that are not finite are replaced "
                "by 0."
            )
    return found


def _rows(part, split):
    """The rows of a split, and how many numbers in them were not finite."""
    names = [str(name) for name in part["id"]]
    labels = [float(label) for label in np.ravel(part["regression_labels"])]
    said = [str(text) for text in part.get("raw_text", [""] * len(names))]
    arrays, mended = {}, 0
    for field, name in FIELDS.items():
        arrays[field], count = _features(part, name)
        mended += count
    sizes = {key: len(value) for key, value in arrays.items()}
    sizes |= {"id": len(names), "labels": len(labels), "raw_text": len(said)}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"different lengths, {sizes}")
    if not np.isfinite(labels).all():
        raise ValueError("labels are not finite")
    made = [
        {
            "id": name,
            **{field: array[i] for field, array in arrays.items()},
            "transcript": said[i],
            "label": labels[i],
            "split": split,
        }
        for i, name in enumerate(names)
    ]
    return made, mended


def _features(part, name):
    """Sequences of one modality, with zeros behind their ends."""
    array = np.array(part[name], "float32")
    if array.ndim != 3:
        raise ValueError(f"{name} has shape {array.shape}")
    lengths = part.get(f"{name}_lengths")
    if lengths is not None:
        beyond = np.arange(array.shape[1]) >= np.reshape(lengths, (-1, 1))
        array[beyond] = 0
    good = np.isfinite(array)
    array[~good] = 0
    return array, int(good.size - good.sum())
