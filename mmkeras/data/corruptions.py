"""Corruptions of raw inputs, in five severities.

The kinds of corruption follow Hendrycks and Dietterich, 2019
(https://arxiv.org/abs/1903.12261) for images and Liang et al., 2021
(https://arxiv.org/abs/2107.07502) for the others. Values are raw, as in rows
of data sets, and so are results: text, the bytes of a file, arrays.
"""

import io

import numpy as np

from mmkeras.data import files

# By severity, from 1 to 5.
_AMOUNTS = {
    "image": {
        "noise": (0.04, 0.08, 0.12, 0.18, 0.26),  # Deviation; white is 1.
        "blur": (0.02, 0.03, 0.045, 0.06, 0.08),  # Radius; short side is 1.
        "jpeg": (40, 25, 15, 10, 5),  # Quality.
        "occlusion": (0.1, 0.2, 0.3, 0.4, 0.5),  # Area of a grey square.
        "brightness": (0.1, 0.2, 0.3, 0.4, 0.5),  # Added.
    },
    "text": {
        "typos": (0.03, 0.06, 0.12, 0.18, 0.25),  # Chance of each letter.
        "drop": (0.1, 0.2, 0.3, 0.4, 0.5),  # Chance of each word.
        "swap": (0.1, 0.2, 0.3, 0.4, 0.5),  # Chance of a word and the next.
    },
    "audio": {
        "noise": (20, 15, 10, 5, 0),  # Signal to white noise, decibels.
        "clipping": (0.5, 0.3, 0.2, 0.1, 0.05),  # Fraction of the peak.
        "cut": (0.1, 0.2, 0.3, 0.4, 0.5),  # Fraction of time that is silent.
        "gain": (-6, -12, -18, -24, -30),  # Decibels.
    },
    "features": {
        "noise": (0.25, 0.5, 1.0, 1.5, 2.0),  # In standard deviations.
        "drop": (0.1, 0.2, 0.3, 0.4, 0.5),  # Chance of each number to be 0.
    },
    "tabular": {
        "drop": (0.1, 0.2, 0.3, 0.4, 0.5),  # Chance of each cell to be empty.
    },
}


KINDS = tuple(_AMOUNTS)


def names(kind):
    """Returns the names of the corruptions of a kind of values.

    Args:
        kind: `"image"`, `"text"`, `"audio"`, `"features"` or `"tabular"`.

    Returns:
        Tuple of strings.

    Raises:
        ValueError: If there is no such kind.
    """
    return tuple(_entry(_AMOUNTS, "kind", kind))


def corrupt(value, kind, name, severity, rng):
    """Corrupts one raw value.

    Args:
        value: `None`, which is returned; a string (`"text"`); bytes of a file
            or its path (`"image"`, `"audio"`), or a tuple of a waveform and
            its sample rate in Hz; an array (`"features"`); or a dict from
            columns to cells (`"tabular"`).
        kind: `"text"`, `"image"`, `"audio"`, `"features"` or `"tabular"`.
        name: One of `names(kind)`.
        severity: int from 1 to 5; 0 returns the value unchanged.
        rng: A `numpy.random.Generator`.

    Returns:
        A string; bytes of a JPEG or PNG file of the same size in pixels, or
        of a WAV file of the same rate, frames and channels; an array; or a
        dict.

    Raises:
        ValueError: If there is no such kind, name or severity, or the value
            cannot be read.
    """
    amounts = _entry(_entry(_AMOUNTS, "kind", kind), "name", name)
    if severity not in range(6):
        raise ValueError(
            f"`severity` must be from 0 to 5. Received: severity={severity!r}"
        )
    if value is None or severity == 0:
        return value
    change = {
        "image": _image,
        "text": _text,
        "audio": _audio,
        "features": _features,
        "tabular": _tabular,
    }
    return change[kind](value, name, amounts[severity - 1], rng)


def _entry(table, what, name):
    if name not in table:
        raise ValueError(
            f"`{what}` must be one of {', '.join(table)}. Received: "
            f"{what}={name!r}"
        )
    return table[name]


def _image(value, name, amount, rng):
    import PIL.Image
    import PIL.ImageFilter

    try:
        with PIL.Image.open(_file(value)) as file:
            image = file.convert("RGB")
    except (OSError, ValueError) as error:
        raise ValueError(f"The image cannot be decoded: {error}") from error
    if name == "jpeg":
        return _to_bytes(image, "JPEG", quality=amount)
    if name == "blur":
        radius = amount * min(image.size)
        blur = PIL.ImageFilter.GaussianBlur(radius)
        return _to_bytes(image.filter(blur), "PNG")
    pixels = np.asarray(image).astype("float32") / 255
    if name == "noise":
        pixels = pixels + amount * rng.standard_normal(pixels.shape)
    elif name == "brightness":
        pixels = pixels + amount
    else:
        pixels = _occlude(pixels, amount, rng)
    pixels = np.clip(np.round(255 * pixels), 0, 255).astype("uint8")
    return _to_bytes(PIL.Image.fromarray(pixels), "PNG")


def _occlude(pixels, area, rng):
    height, width, _ = pixels.shape
    tall, wide = (round(side * area**0.5) for side in (height, width))
    top = rng.integers(0, height - tall + 1)
    left = rng.integers(0, width - wide + 1)
    pixels = pixels.copy()
    pixels[top : top + tall, left : left + wide] = 0.5
    return pixels


def _to_bytes(image, form, **options):
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def _text(value, name, amount, rng):
    if name == "typos":
        return _add_typos(value, amount, rng)
    words = value.split()
    if name == "drop":
        mask = rng.random(len(words)) >= amount
        if words and not mask.any():
            mask[rng.integers(len(words))] = True
        return " ".join(w for w, keep in zip(words, mask) if keep)
    i = 0
    while i + 1 < len(words):
        if rng.random() < amount:
            words[i : i + 2] = words[i + 1], words[i]
            i += 1
        i += 1
    return " ".join(words)


def _add_typos(value, chance, rng):
    """Drops, doubles, swaps or replaces letters at random."""
    letters, i = list(value), 0
    result = []
    while i < len(letters):
        letter = letters[i]
        typo = rng.integers(4) if rng.random() < chance else None
        if typo is None or not letter.isalpha():
            result.append(letter)
        elif typo == 1:
            result += [letter, letter]
        elif typo == 2 and i + 1 < len(letters):
            result += [letters[i + 1], letter]
            i += 1
        elif typo == 3:
            result.append(chr(ord("a") + rng.integers(26)))
        i += 1
    return "".join(result)


def _audio(value, name, amount, rng):
    import soundfile

    if isinstance(value, tuple):
        samples, rate = value
    else:
        try:
            samples, rate = soundfile.read(_file(value), dtype="float32")
        except (OSError, ValueError, soundfile.LibsndfileError) as error:
            raise ValueError(f"The audio cannot be decoded: {error}") from error
    x = np.array(samples, "float32")
    if name == "noise":
        power = np.mean(x**2) * 10 ** (-amount / 10)
        x += np.sqrt(power) * rng.standard_normal(x.shape)
    elif name == "clipping":
        peak = amount * np.abs(x).max(initial=0)
        x = np.clip(x, -peak, peak) / amount
    elif name == "cut":
        count = round(amount * len(x))
        start = rng.integers(0, len(x) - count + 1)
        x[start : start + count] = 0
    else:
        x *= 10 ** (amount / 20)
    file = io.BytesIO()
    soundfile.write(file, x, rate, format="WAV", subtype="FLOAT")
    return file.getvalue()


def _features(value, name, amount, rng):
    x = np.array(value, "float32")
    if name == "drop":
        return x * (rng.random(x.shape) >= amount)
    noise = amount * x.std() * rng.standard_normal(x.shape)
    return x + noise.astype("float32")


def _tabular(value, name, amount, rng):
    """Empties cells, but never all of a row."""
    mask = rng.random(len(value)) >= amount
    present = [cell is not None for cell in value.values()]
    if any(present) and not (mask & present).any():
        mask[rng.choice(np.flatnonzero(present))] = True
    return {k: v if keep else None for (k, v), keep in zip(value.items(), mask)}


def _file(value):
    """Returns a file object for Pillow and soundfile."""
    return io.BytesIO(value if isinstance(value, bytes) else files.read(value))
