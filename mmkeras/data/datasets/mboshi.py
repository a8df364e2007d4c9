"""Mboshi-French: read Mboshi, its transcription and its French translation.

The folder is `full_corpus_newsplit` of the authors: in `train` and `dev`, for
each utterance a recording, `.wav`, or the same in another format such as
`.opus`, its transcription, `.mb`, and its translation, `.fr`.

Papers score on dev, which is the test split here; a tenth of the training
sentences is the validation split. Utterances with the same transcription stay
together. Some sentences of dev are also read in train, as the authors chose.

Reference: Godard et al. (2018), A Very Low Resource Language Speech Corpus for
Computational Language Documentation Experiments,
https://arxiv.org/abs/1710.03501
"""

import re
import unicodedata

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset

SOURCE = (
    "Clone github.com/besacier/mboshi-french-parallel-corpus into a folder "
    "mboshi."
)
_SPLITS = {"train": "train", "dev": "test"}
_AUDIO = ("wav", "opus", "flac", "ogg")
_VALIDATION = 0.1


def scan(folder=None, seed=0) -> dataset.Dataset:
    """Reads all utterances.

    Args:
        folder: Folder of the corpus, with `full_corpus_newsplit`, or this
            one; None for `$MMKERAS_DATA/mboshi`.
        seed: int. Seed of the choice of validation sentences.

    Returns:
        A `Dataset` of rows with `"audio"`, a path, the transcription as
        `"text"` and as `"source"`, and `"target"`, the translation, both in
        lower case and without punctuation.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    folder = dataset.find_folder("mboshi", folder, SOURCE)
    if (folder / "full_corpus_newsplit").is_dir():
        folder = folder / "full_corpus_newsplit"
    data = dataset.Dataset()
    for name, split in _SPLITS.items():
        paths = sorted((folder / name).glob("*.mb"))
        if not paths:
            raise FileNotFoundError(
                f"{folder / name} has no transcriptions (.mb). {SOURCE}"
            )
        for path in paths:
            _read(path, split, data)
    data.hold_out_validation(_VALIDATION, seed)
    for row in data.rows:
        del row["group"]  # Dev shares sentences with train.
    return data


def rows(split, folder=None, seed=0) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder, seed).split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _read(path, split, data):
    """Adds the utterance of a transcription."""
    audio = [path.with_suffix(f".{kind}") for kind in _AUDIO]
    audio = next((file for file in audio if file.exists()), audio[0])
    try:
        text, translation = (
            _plain(file.read_text("utf-8"))
            for file in (path, path.with_suffix(".fr"))
        )
    except (OSError, UnicodeDecodeError) as error:
        data.report("corrupt", path, str(error))
        return
    data.rows.append(
        {
            "id": path.stem,
            "audio": str(audio),
            "text": text,
            "source": text,
            "target": translation,
            "languages": ("mdw", "fr"),
            "group": text,
            "split": split,
        }
    )


def _plain(text):
    """Lower case, without punctuation except hyphens and apostrophes."""
    text = unicodedata.normalize("NFC", text).lower().replace("’", "'")
    text = re.sub(r"[^\w\s'-]|(?<!\w)[-']+|[-']+(?!\w)", " ", text)
    return " ".join(text.split())
