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


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Gives a file to one worker, and all tests of exports to one.

    These have what takes longest in common: an export, checked and loaded.
    """
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            folder = file.rpartition("/")[0]
            return folder if folder.endswith("tests/serving") else file

    if config.getvalue("dist") == "loadfile":
        return Scheduling(config, log)


def pytest_collection_modifyitems(items):
    """Begins with the folders of long files, so that no worker ends late."""
    long = ["tutorials", "zoo", "training", "serving", "cli", "benchmarks"]
    order = {name: place for place, name in enumerate(long)}
    items.sort(key=lambda item: order.get(item.path.parent.name, len(long)))


@pytest.fixture(scope="module")
def eager_models():
    """Runs models operation by operation; see `eager.patch`."""
    import eager

    with pytest.MonkeyPatch.context() as patch:
        eager.patch(patch.setattr)
        yield


@pytest.fixture
def checks_here(monkeypatch):
    """Compares an export with its task in this process.

    That it runs in a fresh one, without Keras, has tests in `tests/serving`;
    to begin one takes seconds.
    """
    from mmkeras.serving import check
    from mmkeras.serving import replay

    monkeypatch.setattr(
        check, "replay_separately", lambda path, _: replay.replay(path)
    )


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


@pytest.fixture(scope="module")
def module_cache(tmp_path_factory):
    """An empty cache of decoded files, for the tests of a module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMKERAS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


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


@pytest.fixture(scope="session")
def pretrained(data_folder):
    """Returns a function from the name of a published network to its path."""

    def path(name):
        file = data_folder / "pretrained" / name
        if not file.exists():
            pytest.skip(f"needs {file}")
        return str(file)

    return path
