import builtins
import os
import pickle
import subprocess

import numpy as np
import pytest

from mmkeras.data import safe_pickle

FLOATS = np.arange(12, dtype="float32").reshape(3, 4)
VALUES = {
    "floats": FLOATS,
    "columns": np.asfortranarray(FLOATS),
    "every other": FLOATS[:, ::2],
    "other end": FLOATS.astype(">f8"),
    "whole": np.array([[1, -2]], "int64"),
    "truth": np.array([True, False]),
    "words": np.array(["ab", "\u4e2d\u6587"]),
    "bytes": np.array([b"ab", b"c"]),
    "none": np.zeros((0, 3), "float32"),
    "no axes": np.array(3.5),
    "number": np.float32(2.5),
    "text": np.str_("x"),
    "plain": [1, 2.5, None, True, "x", b"\xff\x00", (2, (3,)), 2**70],
}


def write(tmp_path, data):
    path = tmp_path / "data.pkl"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("core", ["numpy._core.", "numpy.core."])
def test_reads_what_pickle_writes(tmp_path, protocol, core):
    data = pickle.dumps(VALUES, protocol)
    results = {}
    for name, value in VALUES.items():
        data = pickle.dumps(value, protocol)
        for part in ("multiarray", "numeric"):
            data = rename(data, part, core)
        results[name] = safe_pickle.load(write(tmp_path, data))
    for name, value in VALUES.items():
        assert type(results[name]) is type(value)
        if name == "plain":
            assert results[name] == value
            continue
        assert results[name].dtype == value.dtype, name
        np.testing.assert_array_equal(results[name], value, strict=True)


def rename(data, part, core):
    """Renames NumPy's modules as in an older or newer version."""
    for old in ("numpy._core.", "numpy.core."):
        old, new = f"{old}{part}".encode(), f"{core}{part}".encode()
        for head, tail in ((b"c", b"\n"), (b"\x8c", b"")):
            length = [
                bytes([len(n)]) if head != b"c" else b"" for n in (old, new)
            ]
            data = data.replace(
                head + length[0] + old + tail, head + length[1] + new + tail
            )
    return data if data[:2] < b"\x80\x04" else remove_frame(data)


def remove_frame(data):
    """Removes the frame of protocol 4, whose length may have changed."""
    return data[:2] + data[11:] if data[2:3] == b"\x95" else data


def test_arrays_of_objects_become_lists(tmp_path):
    value = {"raw": np.array(["a", None, FLOATS], object)}
    results = safe_pickle.load(write(tmp_path, pickle.dumps(value)))["raw"]
    assert results[:2] == ["a", None]
    np.testing.assert_array_equal(results[2], FLOATS)


def test_shared_objects_stay_shared(tmp_path):
    value = [FLOATS, FLOATS]
    for _ in range(60):  # Copied, it would be 2^60 arrays.
        value = [value, value]
    results = safe_pickle.load(write(tmp_path, pickle.dumps(value)))
    assert results[0] is results[1]


class Call:
    """An object that calls a function when it is unpickled."""

    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call[0], self.call[1:]


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("inside", [lambda x: x, lambda x: {"train": [x]}])
def test_refuses_a_pickle_that_runs_something(tmp_path, protocol, inside):
    mark = tmp_path / "mark"
    calls = (
        (os.mkdir, str(mark)),
        (os.system, f"touch {mark}"),
        (builtins.eval, f"__import__('os').mkdir({str(mark)!r})"),
        (builtins.getattr, "x", "upper"),
        (subprocess.Popen, ["touch", str(mark)]),
        (np.load, str(mark)),
    )
    for call in calls:
        data = pickle.dumps(inside(Call(*call)), protocol)
        with pytest.raises(
            ValueError, match="it refers to .*No code in it was"
        ):
            safe_pickle.load(write(tmp_path, data))
        assert not mark.exists()
    pickle.loads(pickle.dumps(Call(*calls[0])))  # The same does run elsewhere.
    assert mark.exists()


@pytest.mark.parametrize(
    "value",
    [
        np.array([1 + 2j]),
        np.array([(1, 2.0)], [("a", "i4"), ("b", "f4")]),
        np.array(["2020-01-01"], "datetime64[D]"),
        np.array([[None, "a"]], object),
        np.void(b"abc"),
        np.ndarray,
        complex(1, 2),
        {1, 2},
        ValueError("x"),
    ],
)
def test_refuses_other_values(tmp_path, value):
    with pytest.raises(ValueError, match="not a pickle of only NumPy arrays"):
        safe_pickle.load(write(tmp_path, pickle.dumps(value)))


@pytest.mark.parametrize(
    "data",
    [
        b"cnumpy\nndarray\n(K\x02d.",  # An array of no dtype.
        b"cnumpy\nndarray\n)R.",
        b"cnumpy\ndtype\n(V\nf4\nV<\ntb.",  # A state for the class itself.
        b"cnumpy\ndtype\n.",  # The class itself.
        b"c_codecs\nencode\n(V\\u4e2d\ntR.",
        b"cnumpy.core.multiarray\nscalar\n(VO\nC\x08AAAAAAAAtR.",
        b"(lp0\ng0\na.",  # A list that holds itself.
        b"\x80\x04\x95",
        b"PK\x03\x04",
        b"",
    ],
)
def test_refuses_malformed_data(tmp_path, data):
    with pytest.raises(ValueError, match="not a pickle of only NumPy arrays"):
        safe_pickle.load(write(tmp_path, data))


def test_refuses_bytes_that_pretend_to_be_objects(tmp_path):
    scalar = np.float64(1).__reduce__()
    kind = Call(np.dtype, "O8")
    data = pickle.dumps(Call(scalar[0], kind, b"A" * 8))
    with pytest.raises(ValueError, match="array of objects"):
        safe_pickle.load(write(tmp_path, data))
    short = pickle.dumps(FLOATS, 3).replace(
        b"K\x03K\x04\x86", b"K\x03K\xff\x86"
    )
    assert short != pickle.dumps(FLOATS, 3)
    with pytest.raises(ValueError, match="data.pkl .*buffer"):
        safe_pickle.load(write(tmp_path, short))


def test_a_truncated_file_is_refused(tmp_path):
    data = pickle.dumps(VALUES)
    for end in range(0, len(data), 97):
        with pytest.raises(ValueError, match="is truncated"):
            safe_pickle.load(write(tmp_path, data[:end]))
