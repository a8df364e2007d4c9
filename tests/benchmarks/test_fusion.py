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
# Of layers with weights: ours beside theirs, by attribute.
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
    """Ours and theirs, built on the same inputs."""
    x, _ = bench.batch(name, SHAPE)
    layer = fusion.get(name, dropout=0.0)
    layer(x)
    kind = getattr(torch_fusions, bench._class_name(name))
    sizes = [array.shape[-1] for array in x]
    other = kind(sizes) if bench._has_weights(kind) else kind()
    return x, layer, other


def copy(ours, theirs):
    """Gives theirs the weights of ours, dense layers or lists of them."""
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
    many = sum(weight.numel() for weight in other.parameters())
    assert many == layer.count_params()


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
    found = other([torch.from_numpy(array) for array in x]).detach().numpy()
    # The root of what an FFT rounds to 0 is not as small as that.
    apart = 1e-3 if name == "compact-bilinear" else 1e-5
    np.testing.assert_allclose(found, numpy(layer(x)), rtol=1e-4, atol=apart)


@only_tensorflow
def test_is_measured_and_written(tmp_path):
    small = ["--batch", "4", "--size", "8", "--length", "3", "--steps", "2"]
    found = CliRunner().invoke(
        app,
        [
            *["fusion", *small, "--repeats", "2", "--out", str(tmp_path)],
            *["--fusion", "gated", "--fusion", "sum"],
        ],
    )
    assert found.exit_code == 0, found.output
    written = json.loads((tmp_path / "fusion.json").read_text())
    assert [row["fusion"] for row in written["rows"]] == ["gated", "sum"]
    assert all(row["ratio"] > 0 for row in written["rows"])
    ways = {"mmkeras", "fit", "torch"}
    assert set(written["rows"][0]["milliseconds"]) == ways
    [bar] = written["bars"]
    assert bar["least"] == 1
