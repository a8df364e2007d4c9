import difflib
import io
import itertools

import numpy as np
import PIL.Image
import pytest
import soundfile

from mmkeras.data import corruptions

WORDS = " ".join(map("".join, itertools.product("bdgst", "aeiou", "lmnrs")))
SEVERITIES = range(1, 6)


def image(mode="RGB", size=(60, 40)):
    rng = np.random.default_rng(0)
    pixels = rng.integers(40, 200, (6, 9, 3)).astype("uint8")
    smooth = PIL.Image.fromarray(pixels).resize(size, PIL.Image.BICUBIC)
    file = io.BytesIO()
    smooth.convert(mode).save(file, "PNG")
    return file.getvalue()


def wav_file(channels=2, rate=8000):
    rng = np.random.default_rng(0)
    wave = 0.2 * rng.standard_normal((4000, channels))
    file = io.BytesIO()
    soundfile.write(file, wave.clip(-1, 1), rate, format="WAV")
    return file.getvalue()


VALUES = {
    "image": image(),
    "text": WORDS,
    "audio": wav_file(),
    "features": np.random.default_rng(0).normal(3, 2, 500).astype("float32"),
}
ALL = [(kind, name) for kind in VALUES for name in corruptions.names(kind)]


def corrupted(kind, name, severity, value=None, seed=0):
    value = VALUES[kind] if value is None else value
    rng = np.random.default_rng(seed)
    return corruptions.corrupt(value, kind, name, severity, rng)


def numbers(kind, value):
    """A value as numbers to compare."""
    if kind == "image":
        with PIL.Image.open(io.BytesIO(value)) as opened:
            return np.asarray(opened.convert("RGB")).astype(float) / 255
    if kind == "audio":
        return soundfile.read(io.BytesIO(value))[0]
    return value.split() if kind == "text" else value


def distance(kind, name, severity):
    """Distance between a value and its corruption."""
    before, after = (
        numbers(kind, v)
        for v in (VALUES[kind], corrupted(kind, name, severity))
    )
    if kind == "text":
        return 1 - difflib.SequenceMatcher(None, before, after, False).ratio()
    return np.abs(after - before).mean()


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_gets_ever_worse_and_the_generator_decides(kind, name):
    worse = [distance(kind, name, severity) for severity in SEVERITIES]
    assert worse[0] > 0 and worse[-1] > 1.5 * worse[0]
    assert worse == sorted(worse)
    first, again = (corrupted(kind, name, 3) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    other = corrupted(kind, name, 3, seed=1)
    free = name in ("blur", "jpeg", "brightness", "clipping", "gain")
    assert free == np.array_equal(other, first)


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_missing_values_and_severity_0_change_nothing(kind, name):
    rng = np.random.default_rng(0)
    assert corruptions.corrupt(None, kind, name, 3, rng) is None
    assert corrupted(kind, name, 0) is VALUES[kind]


@pytest.mark.parametrize("name", corruptions.names("image"))
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA"])
def test_an_image_keeps_its_size(name, mode):
    for severity in (1, 5):
        value = corrupted("image", name, severity, image(mode))
        assert numbers("image", value).shape == (40, 60, 3)


def test_amounts_of_image_corruptions():
    before = numbers("image", VALUES["image"])
    grey = numbers("image", corrupted("image", "occlusion", 3))
    hidden = np.isclose(grey, 128 / 255, atol=1e-3).all(axis=2)
    assert hidden.mean() == pytest.approx(0.3, abs=0.03)
    np.testing.assert_allclose(grey[~hidden], before[~hidden])
    bright = numbers("image", corrupted("image", "brightness", 2))
    np.testing.assert_allclose(bright, np.minimum(before + 0.2, 1), atol=0.003)
    noise = numbers("image", corrupted("image", "noise", 1)) - before
    assert noise.std() == pytest.approx(0.04, rel=0.05)
    jpeg = corrupted("image", "jpeg", 1)
    assert PIL.Image.open(io.BytesIO(jpeg)).format == "JPEG"


def test_words_are_lost_or_exchanged():
    words = VALUES["text"].split()
    result = corrupted("text", "drop", 5).split()
    assert len(result) / len(words) == pytest.approx(0.5, abs=0.12)
    swapped = corrupted("text", "swap", 5).split()
    assert sorted(swapped) == sorted(words) and swapped != words
    assert corrupted("text", "drop", 5, "one") == "one"
    typed = corrupted("text", "typos", 5)
    wrong = sum(word not in set(words) for word in typed.split())
    assert wrong / len(words) > 0.4


@pytest.mark.parametrize("channels", [1, 2])
def test_amounts_of_audio_corruptions(channels):
    data = wav_file(channels)
    before = numbers("audio", data)
    for severity, decibels in zip(SEVERITIES, (20, 15, 10, 5, 0)):
        noise = numbers("audio", corrupted("audio", "noise", severity, data))
        power = ((noise - before) ** 2).mean()
        ratio = 10 * np.log10((before**2).mean() / power)
        assert ratio == pytest.approx(decibels, abs=0.2)
    cut = numbers("audio", corrupted("audio", "cut", 4, data))
    is_silent = np.all(cut.reshape(4000, -1) == 0, axis=1)
    assert is_silent.mean() == pytest.approx(0.4, abs=0.001)
    assert np.abs(np.diff(is_silent.astype(int))).sum() <= 2  # In one piece.
    soft = numbers("audio", corrupted("audio", "gain", 1, data))
    np.testing.assert_allclose(soft, before * 10 ** (-6 / 20), atol=1e-6)
    clipped = numbers("audio", corrupted("audio", "clipping", 3, data))
    peak = np.abs(before).max()
    np.testing.assert_allclose(
        clipped, before.clip(-0.2 * peak, 0.2 * peak) * 5, atol=1e-6
    )


def test_sounds_of_files_and_arrays(tmp_path):
    data = wav_file()
    wave, rate = soundfile.read(io.BytesIO(data))
    (tmp_path / "a.wav").write_bytes(data)
    for value in ((wave, rate), str(tmp_path / "a.wav")):
        value = corrupted("audio", "gain", 2, value)
        assert value == corrupted("audio", "gain", 2)
        assert soundfile.info(io.BytesIO(value)).samplerate == 8000


def test_amounts_of_feature_corruptions():
    before = VALUES["features"]
    result = corrupted("features", "drop", 3)
    assert np.mean(result == 0) == pytest.approx(0.3, abs=0.06)
    np.testing.assert_array_equal(result[result != 0], before[result != 0])
    noise = corrupted("features", "noise", 3) - before
    assert noise.std() == pytest.approx(before.std(), rel=0.1)


def test_unknown_names_and_unreadable_values_are_refused():
    with pytest.raises(ValueError, match="`kind` must be one of image, text"):
        corruptions.names("smell")
    with pytest.raises(ValueError, match="`name` must be one of typos.*'blur'"):
        corrupted("text", "blur", 1)
    with pytest.raises(ValueError, match="severity=6"):
        corrupted("text", "drop", 6)
    with pytest.raises(ValueError, match="image cannot be decoded"):
        corrupted("image", "blur", 1, b"junk")
    with pytest.raises(ValueError, match="audio cannot be decoded"):
        corrupted("audio", "gain", 1, b"junk")


def test_cells_of_a_table_are_emptied_but_never_all():
    row = {f"column {i}": i for i in range(100)}
    for severity in SEVERITIES:
        changed = corrupted("tabular", "drop", severity, row)
        assert changed.keys() == row.keys()
        assert all(changed[k] in (None, v) for k, v in row.items())
        empty = sum(value is None for value in changed.values())
        assert abs(empty - 10 * severity) < 15
    small = {"a": 1.0, "b": None}
    for seed in range(20):
        assert corrupted("tabular", "drop", 5, small, seed) == small
