"""Small image files of every kind, and hostile ones, for tests."""

import io
import pathlib
import struct

import numpy as np
import PIL.Image


def ramp(height=60, width=80):
    """A smooth uint8 image whose corners all differ."""
    down, across = np.mgrid[:height, :width]
    red = 3 * down
    green = 2 * across + 20
    blue = down + across + 60
    return np.stack([red, green, blue], -1).clip(0, 255).astype("uint8")


def save(image, kind, **options):
    """Encodes a PIL image or an array."""
    if isinstance(image, np.ndarray):
        image = PIL.Image.fromarray(image)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def rows(folder, count=7):
    """Rows of a data set of as many small images, each of another width."""
    made = []
    for number in range(count):
        path = folder / f"{number}.png"
        path.write_bytes(save(ramp(8, 6 + number), "PNG"))
        made.append({"id": f"row-{number}", "image": str(path)})
    return made


def decoded(rows, codec):
    """The pixels of the images of rows, one after the other."""
    return np.stack(
        [codec(pathlib.Path(row["image"]).read_bytes()) for row in rows]
    )


def arrays(folder):
    """How many arrays a cache keeps."""
    return len(list(folder.glob("*.npy")))


def every_kind():
    """Dict of name to the bytes of an image of 60 x 80 pixels."""
    plain = PIL.Image.fromarray(ramp())
    see_through = plain.copy()
    see_through.putalpha(100)
    more = {"save_all": True, "append_images": [plain.rotate(180)] * 3}
    files = {
        "jpeg": save(plain, "JPEG"),
        "jpeg grey": save(plain.convert("L"), "JPEG"),
        "jpeg cmyk": save(plain.convert("CMYK"), "JPEG"),
        "jpeg progressive": save(plain, "JPEG", progressive=True),
        "png": save(plain, "PNG"),
        "png palette": save(plain.convert("P"), "PNG"),
        "png alpha": save(see_through, "PNG"),
        "png grey alpha": save(plain.convert("LA"), "PNG"),
        "png 1 bit": save(plain.convert("1"), "PNG"),
        "gif": save(plain, "GIF"),
        "gif animated": save(plain, "GIF", **more),
        "bmp": save(plain, "BMP"),
        "bmp palette": save(plain.convert("P"), "BMP"),
        "bmp grey": save(plain.convert("L"), "BMP"),
        "bmp 1 bit": save(plain.convert("1"), "BMP"),
        "bmp alpha": save(see_through, "BMP"),
        "webp": save(plain, "WEBP"),
        "webp lossless": save(plain, "WEBP", lossless=True),
        "webp alpha": save(see_through, "WEBP"),
        "webp alpha lossless": save(see_through, "WEBP", lossless=True),
        "webp animated": save(plain, "WEBP", **more),
        "webp animated alpha": save(see_through, "WEBP", **more),
    }
    for orientation in range(1, 9):
        exif = PIL.Image.Exif()
        exif[0x0112] = orientation
        name = f"jpeg turned {orientation}"
        files[name] = save(plain, "JPEG", exif=exif, quality=95)
    return files


def bomb():
    """A PNG of a few hundred bytes that claims 60,000 x 60,000 pixels."""
    file = bytearray(save(ramp(), "PNG"))
    file[16:24] = struct.pack(">II", 60_000, 60_000)
    return bytes(file)


def hostile(count, seed=0):
    """Makes files that no decoder should trust.

    Args:
        count: How many.
        seed: Seed of the random damage.

    Returns:
        List of bytes: truncated, bit-flipped, overwritten, cut and spliced
        files of every kind, and some that are unusual or no images at all.
    """
    rng = np.random.default_rng(seed)
    files = list(every_kind().values())
    deep = np.full((20, 30), 40_000, "uint16")
    odd = [
        b"",
        b"a text, not an image",
        b"\0" * 1000,
        b"<html><body>404</body></html>",
        bomb(),
        save(deep, "PNG"),
        save(ramp(1, 1), "PNG"),
        save(ramp(1, 1), "JPEG"),
        save(ramp(1, 1), "GIF"),
        save(ramp(1, 20_000), "PNG"),
        save(ramp(2, 20_000), "JPEG"),
        save(ramp(20_000, 1), "PNG"),
        save(ramp(), "TIFF"),
    ]
    damaged = [
        _damage(files[rng.integers(len(files))], rng)
        for _ in range(count - len(odd))
    ]
    mixed = odd[:count] + damaged
    return [mixed[index] for index in rng.permutation(len(mixed))]


def _damage(file, rng):
    file, how = bytearray(file), rng.integers(5)
    place = rng.integers(len(file))
    if how == 0:
        del file[place:]
    elif how == 1:
        for _ in range(rng.integers(1, 6)):
            file[rng.integers(len(file))] ^= 1 << rng.integers(8)
    elif how == 2:
        for _ in range(rng.integers(1, 4)):
            file[rng.integers(min(64, len(file)))] = rng.integers(256)
    elif how == 3:
        file[place : place + rng.integers(50)] = rng.bytes(rng.integers(50))
    else:
        file = file[:place] + file[place // 2 :]
    return bytes(file)
