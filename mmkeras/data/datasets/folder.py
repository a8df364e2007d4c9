"""Your own data as pairs of files: `images/x.jpg` with `texts/x.txt`.

A text has one caption a line. The split is that of the folder, where there
are `train/images/` and `train/texts/` (likewise `val` and `test`), or
`images/train/` and `texts/train/`; else a hash draws 80 % train, 10 % val and
10 % test. Without images of split val, a tenth of those for training. Equal
images stay together.
"""

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import layout

SOURCE = "Put images into `images/` and texts of the same name into `texts/`."


def scan(folder=None) -> layout.Scan:
    """Pairs images and texts.

    Args:
        folder: The folder around `images/` and `texts/`; None for
            `$MMKERAS_DATA/folder`.

    Returns:
        A `Scan`.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    folder = layout.locate("folder", folder, SOURCE)
    found = layout.Scan()
    parts = [
        (split, folder / images, folder / texts)
        for split in layout.SPLITS
        for images, texts in (
            (f"{split}/images", f"{split}/texts"),
            (f"images/{split}", f"texts/{split}"),
        )
        if (folder / images).is_dir()
    ]
    if not parts:
        parts = [(None, folder / "images", folder / "texts")]
    for split, images, texts in parts:
        _pair(split, images, texts, found)
    found.assign_splits([row["image"] for row in found.rows])
    return found


def rows(split, folder=None) -> list[dict]:
    """Gives the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder).choose(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Gives raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _pair(split, images, texts, found):
    """Adds a row for every image below a folder."""
    for place in (images, texts):
        if not place.is_dir():
            found.blame("missing", place, "the folder")
    left = {
        file.relative_to(texts).with_suffix("").as_posix(): file
        for file in sorted(texts.rglob("*.txt"))
    }
    seen = {}
    for file in sorted(images.rglob("*")):
        if not layout.is_image(file):
            continue
        name = file.relative_to(images).with_suffix("").as_posix()
        if name in seen:
            detail = f"has the same name as {seen[name].name}, and its text"
            found.blame("duplicate", file, detail)
            continue
        seen[name] = file
        text = left.pop(name, None)
        captions = _captions(text, found) if text else ()
        found.add(file.relative_to(images).as_posix(), file, captions, split)
    for text in left.values():
        found.blame("unpaired", text, "a text without an image")


def _captions(text, found):
    lines = [line for _, line in layout.lines(text, found, True)]
    return [line for line in lines if line.strip()]
