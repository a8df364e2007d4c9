import json

import numpy as np
import pytest
from checks import numpy
from checks import only_tensorflow
from checks import randomize
from typer.testing import CliRunner

from benchmarks import fusion as bench
from benchmarks.__main__ import app
from mmkeras import fusion

torch = pytest.importorskip("torch")
from benchmarks import torch_fusions  # noqa: E402

SHAPE = (4, 3, 8, 5)  # Batch, inputs, features, steps.
# Corresponding attributes of our layers and theirs, of those with weights.
PAIRS = {
    "deep-sets": [("projections", "projections"), ("phi", "phi"), ("rho",) * 2],
    "film": [("films", "films")],
    "gated": [("values", "values"), ("gates", "gates")],
    "mfb": [("factors", "factors")],
    "mlb": [("factors", "factors"), ("out", "out")],
    "mutan": [("squash", "squash"), ("factors", "factors")],
    "mlp": [("stack", "stack")],
}


def pair(name):
    """Builds our layer and theirs on the same inputs."""
    x, _ = bench.batch(name, SHAPE)
    layer = fusion.get(name, dropout=0.0)
    layer(x)
    kind = getattr(torch_fusions, bench._class_name(name))
    sizes = [array.shape[-1] for array in x]
    other = kind(sizes) if bench._has_weights(kind) else kind()
    return x, layer, other


def copy(ours, theirs):
    """Copies our weights to theirs, of dense layers or lists of them."""
    if isinstance(ours, list):
        linear = [m for m in theirs if isinstance(m, torch.nn.Linear)]
        for one, other in zip(ours, linear, strict=True):
            copy(one, other)
        return
    theirs.weight.data = torch.from_numpy(numpy(ours.kernel).T.copy())
    if ours.bias is not None:
        theirs.bias.data = torch.from_numpy(numpy(ours.bias))


@pytest.mark.parametrize("name", fusion.names())
@pytest.mark.slow
def test_both_have_as_many_weights_and_results(name):
    x, layer, other = pair(name)
    theirs = other([torch.from_numpy(array) for array in x])
    assert tuple(theirs.shape) == tuple(layer(x).shape)
    count = sum(weight.numel() for weight in other.parameters())
    assert count == layer.count_params()


@pytest.mark.parametrize(
    "name",
    [
        *PAIRS,
        *["compact-bilinear", "concat", "late", "max", "mean", "product"],
        *["sum", "tensor"],
    ],
)
def test_both_compute_the_same(name):
    x, layer, other = pair(name)
    randomize(layer)
    for ours, theirs in PAIRS.get(name, ()):
        copy(getattr(layer, ours), getattr(other, theirs))
    actual = other([torch.from_numpy(array) for array in x]).detach().numpy()
    # The root of a rounding error of the FFT is larger.
    tolerance = 1e-3 if name == "compact-bilinear" else 1e-5
    np.testing.assert_allclose(
        actual, numpy(layer(x)), rtol=1e-4, atol=tolerance
    )


@pytest.mark.slow
@only_tensorflow
def test_is_measured_and_written(tmp_path):
    small = ["--batch", "4", "--size", "8", "--length", "3", "--steps", "2"]
    result = CliRunner().invoke(
        app,
        [
            *["fusion", *small, "--repeats", "2", "--out", str(tmp_path)],
            *["--fusion", "gated", "--fusion", "sum"],
        ],
    )
    assert result.exit_code == 0, result.output
    content = json.loads((tmp_path / "fusion.json").read_text())
    assert [row["fusion"] for row in content["rows"]] == ["gated", "sum"]
    assert all(row["ratio"] > 0 for row in content["rows"])
    methods = {"mmkeras", "fit", "torch"}
    assert set(content["rows"][0]["milliseconds"]) == methods
    [bar] = content["bars"]
    assert bar["least"] == 1
