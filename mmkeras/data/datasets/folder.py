"""Your own data as pairs of files: `images/x.jpg` with `texts/x.txt`.

A text has one caption per line. The split is that of the folder if there
are `train/images/` and `train/texts/` (likewise `val` and `test`), or
`images/train/` and `texts/train/`; otherwise a hash assigns 80 % to train,
10 % to val and 10 % to test. Without images of split val, a hash moves a tenth
of the training images there. Equal images are in the same split.
"""

from mmkeras.data.datasets import dataset


def scan(folder) -> dataset.Dataset:
    """Pairs images and texts.

    Args:
        folder: `pathlib.Path` of the folder around `images/` and `texts/`.

    Returns:
        A `Dataset`.
    """
    data = dataset.Dataset()
    *split, whole = _parts(folder)
    for name, images, texts in [p for p in split if p[1].is_dir()] or [whole]:
        _pair(name, images, texts, data)
    data.assign_splits([row["image"] for row in data.rows])
    return data


def has_any(folder):
    """Returns whether a folder has a folder of images or of texts."""
    return any(i.is_dir() or t.is_dir() for _, i, t in _parts(folder))


def has_pairs(folder):
    """Returns whether a folder has folders of images and of texts."""
    return any(i.is_dir() and t.is_dir() for _, i, t in _parts(folder))


def _parts(folder):
    """Lists splits, or `None`, and their possible image and text folders."""
    return [
        (split, folder / images, folder / texts)
        for split, images, texts in (
            *((s, f"{s}/images", f"{s}/texts") for s in dataset.SPLITS),
            *((s, f"images/{s}", f"texts/{s}") for s in dataset.SPLITS),
            (None, "images", "texts"),
        )
    ]


def _pair(split, images, texts, data):
    """Adds a row for each image below a folder."""
    for place in (images, texts):
        if not place.is_dir():
            data.report("missing", place, "the folder")
    remaining = {
        file.relative_to(texts).with_suffix("").as_posix(): file
        for file in sorted(texts.rglob("*.txt"))
    }
    files = {}
    for file in sorted(images.rglob("*")):
        if not dataset.is_image(file):
            continue
        name = file.relative_to(images).with_suffix("").as_posix()
        if name in files:
            detail = f"has the same name as {files[name].name}, and its text"
            data.report("duplicate", file, detail)
            continue
        files[name] = file
        text = remaining.pop(name, None)
        captions = _captions(text, data) if text else ()
        data.add(file.relative_to(images).as_posix(), file, captions, split)
    for text in remaining.values():
        data.report("unpaired", text, "a text without an image")


def _captions(text, data):
    lines = [line for _, line in dataset.lines(text, data, True)]
    return [line for line in lines if line.strip()]
