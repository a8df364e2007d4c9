import numpy as np
import pytest
from checks import numpy
from checks import randomize
from keras import ops

from mmkeras import fusion
from mmkeras.fusion.late import KINDS

PRESENCE = np.array([[1, 1, 1], [1, 0, 1], [0, 0, 1]], bool)


@pytest.mark.parametrize("kind", KINDS)
def test_equals_the_formula(kind):
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(3, 4)).astype("float32") for _ in range(3)]
    layer = fusion.Late(kind=kind)
    layer(inputs)
    randomize(layer)
    x, p = np.stack(inputs, 1), PRESENCE.astype("float32")
    if kind == "learned":
        flat = np.concatenate([(x * p[:, :, None]).reshape(3, -1), p], axis=1)
        expected = flat @ numpy(layer.combine.kernel) + numpy(
            layer.combine.bias
        )
    else:
        weight = np.exp(numpy(layer.weight)) if kind == "weighted" else 1
        share = p * weight / (p * weight).sum(1, keepdims=True)
        expected = np.einsum("bnc,bn->bc", x, share)
    actual = numpy(layer(inputs, presence=ops.convert_to_tensor(PRESENCE)))
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="mean, weighted, learned.*'vote'"):
        fusion.Late(kind="vote")
