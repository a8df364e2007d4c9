"""Images are rotated as by Pillow, for any EXIF data."""

import io
import struct
import warnings
import zlib

import hypothesis
import image_files
import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest
import tensorflow as tf
from hypothesis import strategies

from mmkeras.data import codecs
from mmkeras.data.decoding.pixels import READS_WEBP

SIDE = 16
RAMP = image_files.ramp(SIDE, SIDE) // 2 * 2  # The four corners differ.
JPEG = image_files.save(RAMP, "JPEG", quality=95, subsampling=0)
PNG = image_files.save(RAMP, "PNG")
WEBP = image_files.save(RAMP, "WEBP", lossless=True)
FORMATS = {
    "BYTE": (1, "B"),
    "SHORT": (3, "H"),
    "LONG": (4, "I"),
    "SSHORT": (8, "h"),
    "SLONG": (9, "i"),
}


def tiff(value=6, kind="SHORT", order=">", count=1, at=8, others=1, last=False):
    """Makes EXIF data with an orientation in its first directory.

    Args:
        value: The orientation.
        kind: Name of its type.
        order: ">" or "<", the order of bytes.
        count: Number of values of the entry.
        at: Offset of the directory.
        others: Number of other entries.
        last: Whether the other entries come first.
    """
    number, letter = FORMATS[kind]
    values = struct.pack(f"{order}{count}{letter}", value, *[1] * (count - 1))
    end = at + 2 + 12 * (others + 1) + 4
    where = struct.pack(order + "I", end) if len(values) > 4 else values
    entry = struct.pack(order + "HHI", 0x0112, number, count)
    entry += where.ljust(4, b"\0")
    other = struct.pack(order + "HHIHH", 0x0213, 3, 1, 3, 0) * others
    entries = other + entry if last else entry + other
    head = (b"MM" if order == ">" else b"II") + struct.pack(
        order + "HI", 42, at
    )
    directory = struct.pack(order + "H", others + 1) + entries + bytes(4)
    return head + bytes(at - 8) + directory + (values if count > 1 else b"")


def segment(data, name=b"Exif\0\0"):
    return b"\xff\xe1" + struct.pack(">H", len(name + data) + 2) + name + data


def in_jpeg(data, before=b"", fill=b""):
    return JPEG[:2] + before + fill + segment(data) + JPEG[2:]


def in_png(data):
    chunk = b"eXIf" + data
    chunk = struct.pack(">I", len(data)) + chunk
    chunk += struct.pack(">I", zlib.crc32(chunk[4:]))
    return PNG[:33] + chunk + PNG[33:]


def in_webp(data):
    size = struct.pack("<I", SIDE - 1)[:3]
    head = b"VP8X" + struct.pack("<I", 10) + b"\x08\0\0\0" + size + size
    chunk = (
        b"EXIF" + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    )
    body = b"WEBP" + head + WEBP[12:] + chunk
    return b"RIFF" + struct.pack("<I", len(body)) + body


CONTAINERS = [in_jpeg, in_png] + [in_webp] * READS_WEBP


def by_pillow(file):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = PIL.ImageOps.exif_transpose(PIL.Image.open(io.BytesIO(file)))
    return np.array(image.convert("RGB")).astype(int)


@pytest.fixture(scope="module")
def codec():
    return codecs.Image((SIDE, SIDE))


def assert_turned_alike(codec, files):
    """Checks the graph and, enlarged, the fast decoders."""
    pixels, errors = codec.try_batch(files)
    assert errors.numpy().tolist() == [b""] * len(files)
    larger, _ = codecs.Image((2 * SIDE, 2 * SIDE)).read(files)
    for file, one, large in zip(files, pixels.numpy(), larger):
        expected = by_pillow(file)
        np.testing.assert_allclose(one, expected, atol=4)
        small = np.array(PIL.Image.fromarray(large).resize((SIDE, SIDE)))
        np.testing.assert_allclose(small, expected, atol=12)


NAMED = {
    "big-endian LONG": in_jpeg(tiff(kind="LONG")),
    "little-endian LONG": in_jpeg(tiff(kind="LONG", order="<")),
    "a fill byte": in_jpeg(tiff(), fill=b"\xff"),
    "many fill bytes": in_jpeg(tiff(), fill=b"\xff" * 40),
    "fill bytes before another segment": in_jpeg(
        tiff(), before=b"\xff\xff\xff\xfe\0\x06abcd", fill=b"\xff"
    ),
    "other bytes between segments": in_jpeg(
        tiff(), before=b"\xff\xfe\0\x06abcd", fill=b"\0ab"
    ),
    "BYTE": in_jpeg(tiff(kind="BYTE")),
    "SHORT of two values": in_jpeg(tiff(count=2)),
    "SHORT of three values, apart": in_jpeg(tiff(count=3)),
    "LONG of two values, apart": in_jpeg(tiff(kind="LONG", count=2)),
    "an odd offset": in_jpeg(tiff(at=27)),
    "XMP first": in_jpeg(
        tiff(), before=segment(b"<x/>", b"http://ns.adobe.com/xap/1.0/\0")
    ),
    "EXIF twice": in_jpeg(tiff(3), before=segment(tiff(6))),
    "EXIF twice, first without": in_jpeg(
        tiff(3), before=segment(tiff(9, others=0))
    ),
    "a value out of range": in_jpeg(tiff(9)),
    "cut short": in_jpeg(tiff(others=0)[:16]),
    "PNG": in_png(tiff()),
    "PNG with a prefix": in_png(b"Exif\0\0" + tiff()),
    "WebP": in_webp(tiff()),
    "WebP with a prefix": in_webp(b"Exif\0\0" + tiff(order="<")),
}
if not READS_WEBP:
    NAMED = {name: f for name, f in NAMED.items() if "WebP" not in name}


@pytest.mark.parametrize("name", NAMED)
def test_turns_as_pillow_does(codec, name):
    assert_turned_alike(codec, [NAMED[name]])


@hypothesis.settings(
    max_examples=60, deadline=None, derandomize=True, database=None
)
@hypothesis.given(strategies.data())
def test_turns_any_exif_as_pillow_does(codec, data):
    draw = data.draw
    exif = tiff(
        draw(strategies.integers(0, 9)),
        draw(strategies.sampled_from(list(FORMATS))),
        draw(strategies.sampled_from("<>")),
        draw(strategies.integers(1, 4)),
        draw(strategies.integers(8, 40)),
        draw(strategies.integers(0, 3)),
        draw(strategies.booleans()),
    )
    place = draw(strategies.sampled_from(CONTAINERS))
    assert_turned_alike(codec, [place(exif)])


def test_damaged_exif_is_not_an_error(codec):
    rng = np.random.default_rng(0)
    files = []
    for i in range(200):
        exif = bytearray(tiff(order="<>"[i % 2], count=1 + i % 3))
        for place in rng.integers(len(exif), size=rng.integers(1, 4)):
            exif[place] = rng.choice([0, 1, 255, rng.integers(256)])
        exif = bytes(exif[: rng.integers(len(exif))] if i % 5 == 0 else exif)
        files.append(CONTAINERS[i % len(CONTAINERS)](exif))
    pixels, errors = codec.try_batch(tf.constant(files))
    assert errors.numpy().tolist() == [b""] * len(files)
    alone = np.stack([codec(file) for file in files[:20]])
    np.testing.assert_array_equal(alone, pixels[:20])
