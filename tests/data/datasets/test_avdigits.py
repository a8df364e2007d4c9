import gzip
import hashlib
import io
import json
import pathlib

import numpy as np
import PIL.Image
import pytest
from mnist_files import write_idx

from mmkeras.data.datasets import avdigits
from mmkeras.data.datasets import avdigits_small

PAIRING = "fded6b66a03c81e2"


@pytest.fixture
def folder(tmp_path):
    """5,020 training and 20 test images; 50 takes by one speaker."""
    rng = np.random.default_rng(0)
    (tmp_path / "mnist").mkdir()
    for name, count in (("train", 5020), ("t10k", 20)):
        images = rng.integers(0, 256, (count, 28, 28))
        labels = np.arange(count) % 10
        write_idx(tmp_path / "mnist" / f"{name}-images-idx3-ubyte.gz", images)
        write_idx(tmp_path / "mnist" / f"{name}-labels-idx1-ubyte.gz", labels)
    recordings = tmp_path / "fsdd" / "recordings"
    recordings.mkdir(parents=True)
    for digit in range(10):
        for take in range(50):
            (recordings / f"{digit}_ann_{take}.wav").write_bytes(b"")
    return tmp_path


@pytest.fixture
def no_files(monkeypatch):
    """Leaves out what takes longest, to compress images."""
    monkeypatch.setattr(avdigits, "_png", lambda pixels: pixels.tobytes())


def test_pairs_are_of_one_digit_and_no_take_is_in_two_splits(folder, no_files):
    takes = {}
    for split, count in (("train", 20), ("val", 5000), ("test", 20)):
        rows = avdigits.rows(split, folder)
        assert len(rows) == count
        for row in rows:
            name = pathlib.Path(row["audio"]).name
            assert name[0] == row["label"]
            takes.setdefault(split, set()).add(int(name.split("_")[2][:-4]))
    assert takes["train"] <= set(range(10, 50))
    assert takes["val"] == set(range(5, 10))
    assert takes["test"] <= set(range(5))
    ids = [row["id"] for row in avdigits.scan(folder).rows]
    assert len(set(ids)) == len(ids)


def test_images_are_those_of_the_file(folder):
    row = avdigits.rows("test", folder)[7]
    pixels = np.asarray(PIL.Image.open(io.BytesIO(row["image"])))
    with gzip.open(folder / "mnist/t10k-images-idx3-ubyte.gz") as file:
        data = np.frombuffer(file.read(), "uint8", offset=16)
    np.testing.assert_array_equal(pixels, data.reshape(-1, 28, 28)[7])
    assert row["label"] == "7"


def test_the_seed_draws_the_pairs(folder, no_files):
    first, again = (avdigits.rows("val", folder) for _ in range(2))
    other = avdigits.rows("val", folder, seed=1)
    assert first == again != other


def test_the_small_one_takes_as_many_of_each_digit(
    folder, no_files, monkeypatch
):
    monkeypatch.setattr(avdigits_small, "PER_DIGIT", 2)
    whole = avdigits.rows("train", folder)
    small = avdigits_small.rows("train", folder)
    assert sorted(row["label"] for row in small) == sorted("0123456789" * 2)
    assert all(row in whole for row in small)
    for split in ("val", "test"):
        rows = avdigits_small.rows(split, folder)
        assert rows == avdigits.rows(split, folder)
    scanned = avdigits_small.scan(folder).rows
    assert [row for row in scanned if row["split"] == "train"] == small
    assert len(scanned) == 20 + 5000 + 20


def test_missing_and_damaged_files_are_named(folder):
    with pytest.raises(ValueError, match="split='dev'"):
        avdigits.rows("dev", folder)
    path = folder / "mnist" / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:500])
    avdigits._idx.cache_clear()
    with pytest.raises(ValueError, match="t10k-images.*truncated"):
        avdigits.rows("test", folder)
    path.unlink()
    with pytest.raises(FileNotFoundError, match="t10k-images"):
        avdigits.rows("test", folder)
    for file in (folder / "fsdd/recordings").glob("3_*"):
        file.unlink()
    with pytest.raises(FileNotFoundError, match="every digit"):
        avdigits.rows("test", folder)


@pytest.mark.realdata
def test_the_pairing_is_the_same_on_every_machine(data_folder, no_files):
    pairs = {
        split: [
            (row["id"], pathlib.Path(row["audio"]).name, row["label"])
            for row in avdigits.rows(split, data_folder)
        ]
        for split in ("train", "val", "test")
    }
    assert [len(p) for p in pairs.values()] == [55000, 5000, 10000]
    text = json.dumps(pairs).encode()
    assert hashlib.sha256(text).hexdigest()[:16] == PAIRING
