import io
import os

import numpy as np
import pytest

from mmkeras.data import feature_files


def header(shape, kind="<f4", version=b"\x01\x00"):
    text = f"{{'descr': {kind!r}, 'fortran_order': False, 'shape': {shape}, }}"
    text = text.ljust(117) + "\n"
    return (
        b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text.encode()
    )


def saved(save, *arrays, **options):
    file = io.BytesIO()
    save(file, *arrays, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["float16", ">f8", "int8", "uint64"])
@pytest.mark.parametrize("shape", [(3,), (2, 3)])
def test_reads_what_numpy_has_saved(tmp_path, kind, shape):
    array = np.arange(np.prod(shape)).reshape(shape).astype(kind)
    for order in (array, np.asfortranarray(array)):
        np.save(tmp_path / "x.npy", order)
        result = feature_files.read(tmp_path / "x.npy")
        assert result.dtype == "float32"
        np.testing.assert_array_equal(result, array)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"text", "not an .npy file"),
        (b"PK\x03\x04x", "archive"),
        (saved(np.savez, np.zeros(3)), "archive"),
        (b"\x80\x04N.", "pickle"),
        (saved(np.save, np.array([{}]), allow_pickle=True), "dtype object"),
        (saved(np.save, np.array(["a"])), "dtype <U1"),
        (saved(np.save, np.zeros((2, 2, 2))), "shape"),
        (saved(np.save, np.zeros(())), "shape"),
        (saved(np.save, np.zeros((0, 4))), "is empty"),
        (saved(np.save, np.zeros(99))[:-1], "truncated"),
        (header((10**12, 4)) + b"\0" * 16, "truncated"),
        (header((10**30,)), "truncated"),
        (header((-1, 4)) + b"\0" * 16, "is empty"),
        (header("(" * 50), "not a valid .npy file"),
        (header((3,), version=b"\x09\x00"), "not a valid .npy file"),
        (header((3,))[:20], "not a valid .npy file"),
        (b"\x93NUMPY", "not a valid .npy file"),
    ],
)
def test_anything_but_an_array_of_numbers_is_refused(tmp_path, data, reason):
    path = tmp_path / "x.npy"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=reason):
        feature_files.read(path)


def test_a_large_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "x.npy"
    with open(path, "wb") as file:
        file.write(header((1 << 29,)))
        file.truncate(2 << 30)
    with pytest.raises(ValueError, match="the limit is"):
        feature_files.read(path)
    os.truncate(path, 0)
    with pytest.raises(ValueError, match="empty"):
        feature_files.read(path)
