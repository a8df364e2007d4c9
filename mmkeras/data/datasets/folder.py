"""Your own data as pairs of files: `images/x.jpg` with `texts/x.txt`.

A text has one caption a line. The split is that of the folder, where there
are `train/images/` and `train/texts/` (likewise `val` and `test`), or
`images/train/` and `texts/train/`; else a hash draws 80 % train, 10 % val and
10 % test. Without images of split val, a tenth of those for training. Equal
images stay together.
"""

from mmkeras.data.datasets import layout


def scan(folder) -> layout.Scan:
    """Pairs images and texts.

    Args:
        folder: `pathlib.Path` of the folder around `images/` and `texts/`.

    Returns:
        A `Scan`.
    """
    found = layout.Scan()
    *split, whole = _parts(folder)
    for name, images, texts in [p for p in split if p[1].is_dir()] or [whole]:
        _pair(name, images, texts, found)
    found.assign_splits([row["image"] for row in found.rows])
    return found


def has_any(folder):
    """Whether a folder has images, or texts, where `scan` looks for them."""
    return any(i.is_dir() or t.is_dir() for _, i, t in _parts(folder))


def has_pairs(folder):
    """Whether a folder has both images and texts where `scan` looks."""
    return any(i.is_dir() and t.is_dir() for _, i, t in _parts(folder))


def _parts(folder):
    """Lists a split, or `None`, and where its images and texts may lie."""
    return [
        (split, folder / images, folder / texts)
        for split, images, texts in (
            *((s, f"{s}/images", f"{s}/texts") for s in layout.SPLITS),
            *((s, f"images/{s}", f"texts/{s}") for s in layout.SPLITS),
            (None, "images", "texts"),
        )
    ]


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
