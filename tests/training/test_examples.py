import io
import os

import numpy as np
import PIL.Image
import pytest
import soundfile

from mmkeras.data import codecs
from mmkeras.training import examples

SIDE, RATE = 8, 8000


def image(seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3))
    file = io.BytesIO()
    PIL.Image.fromarray(pixels.astype("uint8")).save(file, "BMP")
    return file.getvalue()


def audio(seed):
    wave = np.random.default_rng(seed).uniform(-0.5, 0.5, RATE // 10)
    file = io.BytesIO()
    soundfile.write(file, wave, RATE, format="WAV")
    return file.getvalue()


def write(folder, make, seed):
    """Files whose names, sizes and times are the same of every seed."""
    folder.mkdir(exist_ok=True)
    for i in range(3):
        path = folder / f"{i}.bin"
        path.write_bytes(make(10 * seed + i))
        os.utime(path, (1e9, 1e9))


@pytest.mark.parametrize(
    "codec, make",
    [(codecs.Image((SIDE, SIDE)), image), (codecs.Audio(RATE, 0.1), audio)],
    ids=["image", "audio"],
)
def test_files_of_equal_names_sizes_and_times_are_told_apart(
    tmp_path, monkeypatch, codec, make
):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))
    found = []
    for seed in (0, 1):
        folder = tmp_path / f"set-{seed}"
        write(folder, make, seed)
        monkeypatch.chdir(folder)  # So that the paths are equal as well.
        array, place, _, _ = examples._files(
            codec, ["2.bin", "0.bin", "1.bin"], None, keep=True
        )
        expected, _ = codec.read([make(10 * seed + i) for i in (2, 0, 1)])
        np.testing.assert_array_equal(array[place], expected)
        found.append(array)
    assert (np.array(found[0]) != found[1]).any()


def test_errors_name_the_file_where_it_is_now(tmp_path, monkeypatch):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))
    codec = codecs.Image((SIDE, SIDE))
    for name in ("a", "b"):
        folder = tmp_path / name
        write(folder, image, 0)
        (folder / "1.bin").write_bytes(b"junk")
        files = [str(folder / f"{i}.bin") for i in range(3)]
        *_, errors = examples._files(codec, files, None, keep=True)
        assert errors[1].startswith(f"{files[1]}: ")
        assert errors[0] == errors[2] == ""
