"""Multi30k with photographs: an image, its description and a translation.

The folder and the splits are those of data set `multi30k`. The images are
those of Flickr30k, in `flickr30k-images/` within the folder, or else those
of Flickr8k, in the folder of data set `flickr8k` beside it, which has 7,478 of
the 31,014. Rows without an image are left out; data set `multi30k-image-all`
has them as well.
"""

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset
from mmkeras.data.datasets import multi30k

LANGUAGES = multi30k.LANGUAGES
_FOLDERS = (
    "flickr30k-images",
    "flickr30k_images",
    "../flickr8k/Flicker8k_Dataset",
    "../flickr8k/Flickr8k_Dataset",
)


def scan(
    folder=None, source="en", target="de", all_rows=False
) -> dataset.Dataset:
    """Reads pairs of sentences, and their images.

    Args:
        folder: Folder of the data; None for `$MMKERAS_DATA/multi30k`.
        source: As of `multi30k.scan`.
        target: As of `multi30k.scan`.
        all_rows: bool. Whether pairs without an image are rows as well.

    Returns:
        A `Dataset` as of `multi30k.scan`, also with `"image"`, a path or
        `None`.

    Raises:
        ValueError: As of `multi30k.scan`.
        FileNotFoundError: If there is no such folder, or it has no images.
    """
    home = dataset.find_folder(multi30k.NAME, folder, multi30k.SOURCE)
    paths = _images(home)
    data = multi30k.scan(folder, source, target)
    rows = [{**row, "image": paths.get(_key(row["id"]))} for row in data.rows]
    data.rows = [row for row in rows if all_rows or row["image"]]
    return data


def rows(
    split, folder=None, source="en", target="de", all_rows=False
) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder, source, target, all_rows).split(split)


def load(split, folder=None, source="en", target="de") -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder, source, target))


def _images(home):
    """Paths of images by the number in their name."""
    folder = dataset.first_existing(*(home / name for name in _FOLDERS))
    files = [path for path in folder.glob("*") if dataset.is_image(path)]
    if not files:
        raise FileNotFoundError(
            f"{home} has no images: expected those of Flickr30k in "
            f"{home / _FOLDERS[0]}, or those of Flickr8k in "
            f"{(home / _FOLDERS[2]).resolve()}."
        )
    return {_key(path.name): str(path.resolve()) for path in sorted(files)}


def _key(name):
    """The number of a photograph of Flickr, from the name of its file."""
    return name.partition(".")[0].partition("_")[0]
