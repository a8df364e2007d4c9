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
import sys
import mmkeras

table, out = sys.argv[1:]
task = mmkeras.train("classify-text-bow", data=table, out=out, epochs=2)
print(task.answer({"text": ["no", "yes"]})["error"].tolist())
"""


@pytest.mark.parametrize("backend", ["torch"])
def test_trains(backend, tmp_path):
    """With the precision that fits the machine, and no option."""
    if not importlib.util.find_spec(backend):
        pytest.skip(f"{backend} is not installed")
    table = tmp_path / "words.csv"
    lines = [f"{x} {i},{x}" for i in range(30) for x in ("no", "yes")]
    table.write_text("\n".join(["text,label", *lines]))
    process = run_python(TRAIN, table, tmp_path / "run", KERAS_BACKEND=backend)
    assert process.returncode == 0, process.stderr
    assert process.stdout.splitlines()[-1] == "['', '']"


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
