"""OneCommon: two people each see seven dots, and agree by talking on one.

Some dots are in the view of both. An example is the talk, the seven dots of
one person (place, size and colour, each in [-1, 1]) and the dot which that
person chose. The files are the authors', a dialogue a line:

    <input> 28 numbers </input> <dialogue> YOU: hi . <eos> THEM: ... <eos>
    <selection> </dialogue> <output> 3 </output>

`train_uncorrelated.txt` and those of `valid` and `test`, one view of each
dialogue; or the same as `train.jsonl`, `valid.jsonl` and `test.jsonl` with
`"dots"`, `"turns"` and `"target"`. The split is theirs. People who failed to
agree are among them.

Reference:
    [Udagawa and Aizawa, 2019](https://arxiv.org/abs/1907.03399)
"""

import json

import numpy as np
import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import layout

SOURCE = (
    "The dialogues can be downloaded from github.com/Alab-NII/onecommon "
    "(aaai2019/experiments/data/onecommon)."
)
DOTS, NUMBERS = 7, 4
_FILES = {"train": "train", "val": "valid", "test": "test"}


def scan(folder=None) -> layout.Scan:
    """Reads all dialogues.

    Args:
        folder: Folder with a file of each split; None for
            `$MMKERAS_DATA/onecommon`.

    Returns:
        A `Scan` of rows with `"text"`, a line a turn; `"scene"`, float32 of
        shape `(7, 4)`: to the right, down, size and how light; and
        `"label"`, the place of the chosen dot, from `"0"` to `"6"`. Malformed
        lines are problems, named by line number.

    Raises:
        FileNotFoundError: If the file of a split is not there.
    """
    folder = layout.locate("onecommon", folder, SOURCE)
    found = layout.Scan()
    for split, name in _FILES.items():
        path = layout.first_existing(
            *(folder / f"{name}{end}" for end in _READERS)
        )
        if not path.is_file():
            raise FileNotFoundError(f"File not found: {path}. {SOURCE}")
        read = _READERS[path.name.removeprefix(name)]
        for number, line in layout.lines(path, found):
            try:
                row = _row(*read(line))
            except (ValueError, KeyError, TypeError) as error:
                found.blame("corrupt", f"{path}:{number}", str(error))
            else:
                about = {"id": f"{split}-{number}", "split": split}
                found.rows.append({**about, **row})
    return found


def rows(split, folder=None) -> list[dict]:
    """Gives the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder).of_split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Gives raw examples of one split; see `mmkeras.data.examples`."""
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
    talk = _between(line, "dialogue").removesuffix("<selection>")
    turns = [turn.strip() for turn in talk.split("<eos>") if turn.strip()]
    turns = [turn.replace(":", "", 1).split(" ", 1) for turn in turns]
    return (
        np.reshape(numbers, (DOTS, NUMBERS)),
        [_turn(who, *said) for who, *said in turns],
        _between(line, "output"),
    )


def _from_json(line):
    values = json.loads(line)
    turns = [_turn(who, said) for who, said in values["turns"]]
    return values["dots"], turns, values["target"]


def _turn(who, said=""):
    if who not in ("YOU", "THEM"):
        raise ValueError(
            f"expected a turn of YOU or THEM. Received: {who[:20]!r}"
        )
    return f"{who.lower()}: {said}".strip()


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
