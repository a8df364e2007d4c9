"""OneCommon: two players each see seven dots and select one that both see.

Some dots are in the view of both players. An example is the dialogue, the
seven dots of one player (position, size and color, each in [-1, 1]) and the
dot that this player selected. The files are the authors', one dialogue per
line:

    <input> 28 numbers </input> <dialogue> YOU: hi . <eos> THEM: ... <eos>
    <selection> </dialogue> <output> 3 </output>

`train_uncorrelated.txt` and those of `valid` and `test`, one view of each
dialogue; or the same as `train.jsonl`, `valid.jsonl` and `test.jsonl` with
`"dots"`, `"turns"` and `"target"`. The split is theirs. Dialogues without
agreement are included.

Reference:
    [Udagawa and Aizawa, 2019](https://arxiv.org/abs/1907.03399)
"""

import json

import numpy as np
import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset

SOURCE = (
    "The dialogues can be downloaded from github.com/Alab-NII/onecommon "
    "(aaai2019/experiments/data/onecommon)."
)
DOTS, NUMBERS = 7, 4
_FILES = {"train": "train", "val": "valid", "test": "test"}


def scan(folder=None) -> dataset.Dataset:
    """Reads all dialogues.

    Args:
        folder: Folder with a file of each split; None for
            `$MMKERAS_DATA/onecommon`.

    Returns:
        A `Dataset` of rows with `"text"`, one line per turn; `"scene"`,
        float32 of shape `(7, 4)`: x, y, size and lightness; and `"label"`, the
        index of the selected dot, from `"0"` to `"6"`. Malformed lines are
        reported by line number.

    Raises:
        FileNotFoundError: If the file of a split does not exist.
    """
    folder = dataset.find_folder("onecommon", folder, SOURCE)
    data = dataset.Dataset()
    for split, name in _FILES.items():
        path = dataset.first_existing(
            *(folder / f"{name}{end}" for end in _READERS)
        )
        if not path.is_file():
            raise FileNotFoundError(f"File not found: {path}. {SOURCE}")
        read = _READERS[path.name.removeprefix(name)]
        for number, line in dataset.lines(path, data):
            try:
                row = _row(*read(line))
            except (ValueError, KeyError, TypeError) as error:
                data.report("corrupt", f"{path}:{number}", str(error))
            else:
                identity = {"id": f"{split}-{number}", "split": split}
                data.rows.append({**identity, **row})
    return data


def rows(split, folder=None) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder).split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _row(scene, turns, target):
    """Checks one dialogue."""
    scene = np.array(scene, "float32")
    if scene.shape != (DOTS, NUMBERS) or not np.isfinite(scene).all():
        raise ValueError(f"expected {DOTS} dots of {NUMBERS} numbers each")
    if not turns:
        raise ValueError("expected a dialogue of at least one turn")
    target = int(target)
    if not 0 <= target < DOTS:
        raise ValueError(
            f"expected a dot from 0 to {DOTS - 1}. Received: {target}"
        )
    return {"text": "\n".join(turns), "scene": scene, "label": str(target)}


def _from_tags(line):
    """Reads a line of the authors' files."""
    numbers = [float(number) for number in _between(line, "input").split()]
    if len(numbers) != DOTS * NUMBERS:
        raise ValueError(f"expected {DOTS * NUMBERS} numbers in <input>")
    dialogue = _between(line, "dialogue").removesuffix("<selection>")
    turns = [turn.strip() for turn in dialogue.split("<eos>") if turn.strip()]
    turns = [turn.replace(":", "", 1).split(" ", 1) for turn in turns]
    return (
        np.reshape(numbers, (DOTS, NUMBERS)),
        [_turn(speaker, *text) for speaker, *text in turns],
        _between(line, "output"),
    )


def _from_json(line):
    values = json.loads(line)
    turns = [_turn(speaker, text) for speaker, text in values["turns"]]
    return values["dots"], turns, values["target"]


def _turn(speaker, text=""):
    if speaker not in ("YOU", "THEM"):
        raise ValueError(
            f"expected a turn of YOU or THEM. Received: {speaker[:20]!r}"
        )
    return f"{speaker.lower()}: {text}".strip()


def _between(line, tag):
    _, mark, rest = line.partition(f"<{tag}>")
    value, end, _ = rest.partition(f"</{tag}>")
    if not mark or not end:
        raise ValueError(f"expected <{tag}> ... </{tag}>")
    return value.strip()


_READERS = {
    ".jsonl": _from_json,
    "_uncorrelated.txt": _from_tags,
    ".txt": _from_tags,
}
