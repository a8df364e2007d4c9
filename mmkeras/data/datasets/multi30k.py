"""Multi30k: descriptions of photographs in four languages.

Reads the official layout, task 1: `data/task1/raw/`, a file per split and
language such as `train.en.gz` or, unpacked, `train.en`, with a sentence per
line, and `data/task1/image_splits/`, the names of their images. The test split
is that of 2016; data sets `multi30k-flickr-2017`, `multi30k-coco-2017` and
`multi30k-flickr-2018` have the later ones.

References: Elliott et al. (2016), Multi30K: Multilingual English-German Image
Descriptions, https://aclanthology.org/W16-3210; Elliott et al. (2017),
https://aclanthology.org/W17-4718; Barrault et al. (2018),
https://aclanthology.org/W18-6402
"""

import gzip
import zlib

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data import files
from mmkeras.data.datasets import dataset

NAME = "multi30k"
SOURCE = (
    "Its authors provide it at https://github.com/multi30k/dataset; clone the "
    "repository."
)
LANGUAGES = ("en", "de", "fr", "cs")
TEST = "test_2016_flickr"


def scan(folder=None, source="en", target="de", test=TEST) -> dataset.Dataset:
    """Reads pairs of sentences.

    Args:
        folder: Folder of the data; None for `$MMKERAS_DATA/multi30k`.
        source: Language of the sources, one of `LANGUAGES`.
        target: Language of the translations.
        test: Name of the test split in the official layout.

    Returns:
        A `Dataset` of rows with `"source"` and `"target"`, sentences;
        `"languages"`, their two codes; and `"id"`, the name of the image.

    Raises:
        ValueError: If a language is not one of `LANGUAGES`.
        FileNotFoundError: If there is no such folder.
    """
    for language in (source, target):
        if language not in LANGUAGES:
            raise ValueError(
                f"Expected one of the languages {', '.join(LANGUAGES)}. "
                f"Received: source={source}, target={target}"
            )
    folder = dataset.find_folder(NAME, folder, SOURCE) / "data" / "task1"
    data = dataset.Dataset()
    for split, name in (("train", "train"), ("val", "val"), ("test", test)):
        paths = [folder / "raw" / f"{name}.{x}" for x in (source, target)]
        images = folder / "image_splits" / f"{name}.txt"
        parts = [_lines(path, data) for path in (*paths, images)]
        if not all(parts):
            continue
        if len({*map(len, parts)}) > 1:
            counts = ", ".join(str(len(part)) for part in parts)
            detail = f"expected files of equal length. Received: {counts} lines"
            data.report("corrupt", paths[0], detail)
            continue
        for number, (first, second, image) in enumerate(zip(*parts), 1):
            if not first.strip() or not second.strip():
                data.skip(f"{paths[0]}:{number}", "a sentence is empty")
                continue
            row = {"id": image, "source": first, "target": second}
            row |= {"languages": [source, target], "split": split}
            data.rows.append(row)
    return data


def rows(split, folder=None, source="en", target="de", test=TEST) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder, source, target, test).split(split)


def load(split, folder=None, source="en", target="de") -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder, source, target))


def _lines(path, data):
    """The lines of a file, or of the same file packed by gzip."""
    packed = path.with_name(f"{path.name}.gz")
    if not path.exists() and not packed.exists():
        data.report("missing", path, "the file")
        return []
    try:
        if path.exists():
            content = files.read(path)
        else:
            content = gzip.decompress(files.read(packed))
        text = content.decode("utf-8")
    except (OSError, ValueError, EOFError, zlib.error) as error:
        data.report("corrupt", path, f"{error}")
        return []
    lines = text.split("\n")
    return [line.strip() for line in lines[: -1 if not lines[-1] else None]]
