import keras
import numpy as np
import pytest
from checks import numpy

from mmkeras import branches


def test_the_formula():
    branch = branches.tabular.mlp((5,), dim=3, dropout=0.5)
    x = np.random.default_rng(0).normal(size=(2, 5)).astype("float32")
    expected = x
    for name in ("embedding", "dense"):
        layer = branch.get_layer(name)
        layer.bias.assign([0.1, -0.1, 0.0])
        kernel, bias = map(numpy, (layer.kernel, layer.bias))
        expected = np.maximum(expected @ kernel + bias, 0)
    assert branch.output_shape == (None, 1, 3)
    np.testing.assert_allclose(numpy(branch(x))[:, 0], expected, rtol=1e-5)


def test_it_is_saved_and_loaded(tmp_path):
    branch = branches.tabular.mlp((4,), dim=2)
    branch.save(tmp_path / "branch.keras")
    again = keras.saving.load_model(tmp_path / "branch.keras")
    x = np.ones((1, 4), "float32")
    np.testing.assert_array_equal(numpy(again(x)), numpy(branch(x)))


def test_sequences_are_refused():
    with pytest.raises(ValueError, match="a vector"):
        branches.tabular.mlp((4, 2))
