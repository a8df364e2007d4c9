"""What all tests share: seeds, precision, the folder of real data."""

import os
import pathlib
import random
import sys

import numpy as np
import pytest

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def pytest_configure(config):
    """Gives each of several workers one thread: more would wait in turns."""
    if getattr(config.option, "numprocesses", None):
        for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):
            os.environ.setdefault(name, "1")


def pytest_collection_modifyitems(items):
    """Begins with the folders of long files, so that no worker ends late."""
    long = ["tutorials", "zoo", "training", "serving", "cli", "benchmarks"]
    order = {name: place for place, name in enumerate(long)}
    items.sort(key=lambda item: order.get(item.path.parent.name, len(long)))


@pytest.fixture(autouse=True)
def fresh_start():
    """Seeds every generator, and leaves float32 behind.

    Keras draws its seeds from `random`. TensorFlow's own seed is left alone:
    to set it clears the compiled graphs, which take seconds to come back.
    """
    random.seed(0)
    np.random.seed(0)
    yield
    if "keras" in sys.modules:
        sys.modules["keras"].config.set_dtype_policy("float32")


@pytest.fixture(scope="session")
def data_folder():
    """Folder of the real data sets, `MMKERAS_DATA`.

    A developer without them skips these tests; in CI, a folder that was
    promised and is not there is a failure.
    """
    folder = os.environ.get("MMKERAS_DATA")
    if folder and pathlib.Path(folder).is_dir():
        return pathlib.Path(folder)
    if os.environ.get("CI"):
        pytest.fail(
            "These tests need the data sets: MMKERAS_DATA names no folder. "
            f"Received: MMKERAS_DATA={folder!r}"
        )
    return pytest.skip("needs MMKERAS_DATA, the folder of the data sets")
