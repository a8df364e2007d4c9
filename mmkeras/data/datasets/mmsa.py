"""CMU-MOSI, CMU-MOSEI and CH-SIMS as features, in the files of MMSA.

A file such as `aligned_50.pkl` holds a dict of `train`, `valid` and `test`,
each a dict of arrays: `text`, `audio` and `vision`, of shape (examples, steps,
size), `raw_text`, `id` and `regression_labels`; if the sequences are not
aligned to words, also `audio_lengths` and `vision_lengths`. It is a pickle,
read by `mmkeras.data.safe_pickle`, which does not execute any of it.

Numbers that are not finite, such as -inf in CMU-MOSI's audio, become 0, as in
MMSA itself. Steps after the end of a sequence become 0, which is padding.

Reference:
    [Mao et al., 2022](https://arxiv.org/abs/2203.12441)
"""

import numpy as np
import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data import safe_pickle
from mmkeras.data.datasets import dataset

SOURCE = "github.com/thuiar/MMSA has links to the files."
FIELDS = {"text": "text", "audio": "audio", "video": "vision"}
_SPLITS = {"train": "train", "val": "valid", "test": "test"}


def scan(folder=None) -> dataset.Dataset:
    """Reads a file.

    Args:
        folder: The file, or a folder with one `*.pkl`; None for
            `$MMKERAS_DATA/mmsa`.

    Returns:
        A `Dataset` of rows with the float32 sequences `"text"`, `"audio"` and
        `"video"`, `(steps, size)`; `"transcript"`; and `"label"`, a number:
        in [-3, 3] for CMU-MOSI and CMU-MOSEI, in [-1, 1] for CH-SIMS.

    Raises:
        FileNotFoundError: If there is no such folder, or not exactly one file.
        ValueError: If its keys or shapes are wrong, or it holds anything
            except arrays and plain containers.
    """
    return _read(folder, dataset.SPLITS)


def rows(split, folder=None) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    dataset.check_split(split)
    return _read(folder, [split]).rows


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _read(folder, splits):
    """Reads the rows of some splits."""
    folder = dataset.find_folder("mmsa", folder, SOURCE)
    path = dataset.only_file(folder, "*.pkl")
    content = safe_pickle.load(path)
    data = dataset.Dataset()
    for split in splits:
        name = _SPLITS[split]
        part = content.get(name) if isinstance(content, dict) else None
        try:
            rows, not_finite = _rows(part, split)
        except (LookupError, TypeError, ValueError) as error:
            raise ValueError(
                f"{path} is not an MMSA file: expected text, audio, vision, "
                f"id and regression_labels in {name!r}, with one entry per "
                f"example. Received: {error!r}"
            ) from error
        data.rows += rows
        if not_finite:
            data.notes.append(
                f"{split}: {not_finite} values that are not finite are "
                "replaced by 0."
            )
    return data


def _rows(part, split):
    """Returns the rows of a split, and the count of values not finite."""
    names = [str(name) for name in part["id"]]
    labels = [float(label) for label in np.ravel(part["regression_labels"])]
    transcripts = [
        str(text) for text in part.get("raw_text", [""] * len(names))
    ]
    arrays, not_finite = {}, 0
    for field, name in FIELDS.items():
        arrays[field], count = _features(part, name)
        not_finite += count
    sizes = {key: len(value) for key, value in arrays.items()}
    sizes |= {
        "id": len(names),
        "labels": len(labels),
        "raw_text": len(transcripts),
    }
    if len(set(sizes.values())) > 1:
        raise ValueError(f"different lengths, {sizes}")
    if not np.isfinite(labels).all():
        raise ValueError("labels are not finite")
    rows = [
        {
            "id": name,
            **{field: array[i] for field, array in arrays.items()},
            "transcript": transcripts[i],
            "label": labels[i],
            "split": split,
        }
        for i, name in enumerate(names)
    ]
    return rows, not_finite


def _features(part, name):
    """Returns the sequences of one modality, with zeros after their ends."""
    array = np.array(part[name], "float32")
    if array.ndim != 3:
        raise ValueError(f"{name} has shape {array.shape}")
    lengths = part.get(f"{name}_lengths")
    if lengths is not None:
        padding = np.arange(array.shape[1]) >= np.reshape(lengths, (-1, 1))
        array[padding] = 0
    finite = np.isfinite(array)
    array[~finite] = 0
    return array, int(finite.size - finite.sum())
