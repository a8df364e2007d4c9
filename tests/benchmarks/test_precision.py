import json

import numpy as np
import pytest
from checks import only_tensorflow
from checks import run_python
from typer.testing import CliRunner

from benchmarks import flops
from benchmarks.__main__ import app

jax = pytest.importorskip("jax")


def ones(*shape):
    return np.ones(shape, "float32")


def test_a_product_counts_two_for_every_term():
    assert flops.count(lambda a, b: a @ b, ones(3, 4), ones(4, 5)) == 2 * 60


def test_a_convolution_counts_its_kernel_at_every_place():
    def convolve(x, kernel):
        return jax.lax.conv_general_dilated(
            x,
            kernel,
            (2, 2),
            "SAME",
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )

    count = flops.count(convolve, ones(2, 8, 8, 3), ones(3, 3, 3, 5))
    assert count == 2 * (2 * 4 * 4 * 5) * (3 * 3 * 3)


def test_the_body_of_a_scan_counts_per_step():
    def repeat(x, weights):
        product = jax.jit(lambda x: x @ weights)
        return jax.lax.scan(lambda x, _: (product(x), None), x, length=7)[0]

    assert flops.count(repeat, ones(2, 4), ones(4, 4)) == 7 * 2 * 2 * 4 * 4


MEASURE = """
import sys
from benchmarks.__main__ import app

app(sys.argv[1:])
"""
SMALL = ["--tiny", "--batch", "2", "--length", "5", "--steps", "1"]


@pytest.mark.slow
def test_results_and_failures_are_written(tmp_path):
    process = run_python(
        MEASURE,
        *["precision", *SMALL, "--repeats", "2", "--side", "16"],
        *["--policy", "mixed_bfloat16", "--out", tmp_path],
        *["--model", "caption-cnn-lstm", "--model", "caption-cnn-unheard-of"],
        KERAS_BACKEND="jax",
        JAX_DISABLE_MOST_OPTIMIZATIONS="1",  # Compiles in half the time.
    )
    assert process.returncode == 0, process.stderr
    content = json.loads((tmp_path / "precision.json").read_text())
    one, other = content["rows"]
    assert one["ratio"]["mixed_bfloat16"] > 0 and one["flops"] > 0
    assert not one["failed"] and "mixed_bfloat16" in other["failed"]
    assert "caption-cnn-unheard-of" in process.stdout


@only_tensorflow
def test_another_backend_is_refused():
    result = CliRunner().invoke(app, ["precision"])
    assert result.exit_code == 2
    assert "KERAS_BACKEND=jax" in result.output
