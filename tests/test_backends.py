"""TensorFlow, JAX and torch compute, and write, the same."""

import importlib.util
import os
import subprocess
import sys

import backend_outputs
import numpy as np
import pytest
from checks import BACKEND
from checks import ROOT
from checks import run_python
from decoding import KINDS

pytestmark = pytest.mark.slow  # Two processes, one of them compiling.
OTHERS = sorted({"tensorflow", "jax", "torch"} - {BACKEND})


@pytest.fixture(scope="module")
def here():
    return backend_outputs.results()


@pytest.fixture(scope="module", params=OTHERS)
def there(request, tmp_path_factory):
    if not importlib.util.find_spec(request.param):
        pytest.skip(f"{request.param} is not installed")
    file = tmp_path_factory.mktemp("backends") / f"{request.param}.npz"
    process = subprocess.run(
        [
            sys.executable,
            ROOT / "tests" / "helpers" / "backend_outputs.py",
            file,
        ],
        env={
            **os.environ,
            "KERAS_BACKEND": request.param,
            "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # Compiles in half the time.
        },
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert process.returncode == 0, process.stderr
    with np.load(file) as arrays:
        return dict(arrays)


TRAIN = """
import contextlib
import signal
import sys

import keras

import mmkeras
from mmkeras.training.reporter import Reporter


class Epochs(keras.callbacks.Callback):
    def __init__(self, stops):
        super().__init__()
        self.stops = stops

    def on_epoch_begin(self, epoch, logs=None):
        print("epoch", epoch)
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.stops and (self.epoch, batch) == (1, 0):
            signal.raise_signal(signal.SIGINT)


class Watch(Reporter):
    verbose = 0

    def __init__(self, stops):
        self.stops = stops

    @contextlib.contextmanager
    def epochs(self, total):
        yield [Epochs(self.stops)]


def train(stops):
    return mmkeras.train(
        "classify-text-bow",
        data=sys.argv[1],
        out=sys.argv[2],
        epochs=2,
        reporter=Watch(stops),
    )


try:
    train(stops=True)
except KeyboardInterrupt:
    print("stopped")
task = train(stops=False)
print(task.answer({"text": ["no", "yes"]})["error"].tolist())
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_trains_stops_and_goes_on(backend, tmp_path):
    """With the precision that fits the machine, and no option."""
    if not importlib.util.find_spec(backend):
        pytest.skip(f"{backend} is not installed")
    table = tmp_path / "words.csv"
    lines = [f"{x} {i},{x}" for i in range(30) for x in ("no", "yes")]
    table.write_text("\n".join(["text,label", *lines]))
    environment = {
        "KERAS_BACKEND": backend,
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # Compiles in half the time.
    }
    process = run_python(TRAIN, table, tmp_path / "run", **environment)
    assert process.returncode == 0, process.stderr
    assert process.stdout.splitlines() == [
        *("epoch 0", "epoch 1", "stopped", "epoch 1"),
        "['', '']",
    ]


def test_same_numbers(here, there):
    assert set(here) == set(there)
    for name in here:
        if not name.endswith("tokens"):
            np.testing.assert_allclose(
                there[name], here[name], rtol=1e-3, atol=1e-4, err_msg=name
            )


def test_same_tokens(here, there):
    names = [name for name in here if name.endswith("tokens")]
    assert len(names) == len(backend_outputs.WRITERS) * len(KINDS)
    for name in names:
        assert len({row.tobytes() for row in here[name]}) > 5
        np.testing.assert_array_equal(there[name], here[name], err_msg=name)
