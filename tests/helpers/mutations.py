"""Damaged inputs of every kind, the same each time, for tests of exports."""

import io

import image_files
import numpy as np
import PIL.Image
import soundfile

_TEXTS = (
    "a red dog sees a blue cat",
    "crème brûlée and 中文 words",
    "Ann: hello!\nBob: what colour is it?",
    "",
    "no no no no no no no no no no no no no no no no",
)
_ODD = (
    b"\0",
    b"\xff\xfe",
    b"\xed\xa0\xbd",
    b"\xe2\x80\xa8",
    b"\xf0\x9f\x98",
    b"\n\n\n",
    b"\xc2\xa0\xe2\x80\x8b",
    b"e\xcc\x81" * 20,
    b" " * 300,
    "😀👩‍👩‍👧".encode(),
)


def texts(count, seed=0, whole=False):
    """Texts as bytes, of which some are not UTF-8.

    Args:
        count: How many.
        seed: Seed of the damage.
        whole: Whether to leave them whole.
    """
    rng = np.random.default_rng([seed, 1])
    made = []
    for i in range(count):
        text = bytearray(_TEXTS[i % len(_TEXTS)].encode())
        for _ in range(0 if whole else rng.integers(0, 4)):
            place = rng.integers(len(text) + 1)
            how = rng.integers(3)
            if how == 0:
                text[place:place] = _ODD[rng.integers(len(_ODD))]
            elif how == 1:
                text[place : place + 1] = rng.bytes(1)
            else:
                del text[place : place + rng.integers(1, 9)]
        made.append(bytes(text))
    return made


def sounds(count, seed=0, whole=False):
    """WAV files, most with damaged headers; see `texts`."""
    rng = np.random.default_rng([seed, 2])
    files = [_sound(kind) for kind in ("PCM_U8", "PCM_16", "PCM_24", "FLOAT")]
    files += [_sound("ALAW"), _sound("PCM_16", 44100, 3)]
    if whole:
        return [files[i % len(files)] for i in range(count)]
    files.append(_sound("IMA_ADPCM"))
    made = []
    for i in range(count):
        data = bytearray(files[i % len(files)])
        for _ in range(rng.integers(0, 5)):
            place = rng.integers(48 if rng.random() < 0.8 else len(data))
            data[place] = rng.choice([0, 1, 2, 255, rng.integers(256)])
        if rng.random() < 0.2:
            del data[rng.integers(len(data)) :]
        made.append(bytes(data))
    return made


def images(count, seed=0, whole=False):
    """Image files, damaged, half of them in their EXIF; see `texts`."""
    rng = np.random.default_rng([seed, 3])
    turned = []
    for kind in ("JPEG", "PNG"):
        exif = PIL.Image.Exif()
        exif[0x0112] = 6
        turned.append(
            image_files.save(image_files.ramp(20, 30), kind, exif=exif)
        )
    if whole:
        return [turned[i % 2] for i in range(count)]
    made = image_files.hostile(count - count // 2, seed)
    for i in range(count // 2):
        data = bytearray(turned[i % 2])
        start = max(data.find(b"Exif"), data.find(b"eXIf"))
        for _ in range(rng.integers(1, 5)):
            place = start - 4 + rng.integers(48)
            data[place] = rng.choice([0, 1, 6, 255, rng.integers(256)])
        made.append(bytes(data))
    return [made[i] for i in rng.permutation(count)]


def _sound(kind, rate=8000, channels=1):
    time = np.arange(rate // 8)[:, None] / rate
    samples = 0.4 * np.sin(6.28 * 440 * time * np.arange(1, channels + 1))
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype=kind)
    return file.getvalue()


def candidates(count, seed=0, whole=False):
    """Lists of answers, each a line, damaged; see `texts`."""
    if whole:
        return [b"red\nblue\na dog", b"a cat sees\nno"] * count
    rng = np.random.default_rng([seed, 4])
    lines = texts(3 * count, seed + 1)
    return [
        b"\n".join(lines[3 * i : 3 * i + rng.integers(0, 5)])
        for i in range(count)
    ]
