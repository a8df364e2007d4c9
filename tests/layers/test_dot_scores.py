import keras
import numpy as np
import pytest
from checks import numpy

from mmkeras import layers


def test_scores_are_products_and_padding_is_last():
    rng = np.random.default_rng(0)
    query = rng.normal(size=(2, 3)).astype("float32")
    candidates = rng.normal(size=(2, 4, 3)).astype("float32")
    mask = np.array([[1, 1, 1, 1], [1, 0, 1, 0]], bool)
    layer = layers.DotScores()
    plain = numpy(layer([query, candidates]))
    expected = np.einsum("bd,bcd->bc", query, candidates)
    np.testing.assert_allclose(plain, expected, rtol=1e-5, atol=1e-6)
    masked = numpy(layer([query, candidates], mask=[None, mask]))
    np.testing.assert_allclose(
        masked[mask], expected[mask], rtol=1e-5, atol=1e-6
    )
    assert (masked[~mask] == -1e9).all()


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_scores_are_float32(policy):
    layer = layers.DotScores(dtype=policy)
    ones = np.ones((1, 2), "float32")
    scores = layer([ones, ones[:, None]], mask=[None, np.zeros((1, 1), bool)])
    assert numpy(scores).dtype == "float32" and numpy(scores) == -1e9


def test_texts_are_encoded_separately_and_padding_is_masked():
    tokens = keras.Input((3, 4), dtype="int32")
    table = keras.layers.Embedding(5, 2, mask_zero=True)
    pool = layers.MaskedPool()
    x = layers.encode_each(tokens, lambda ids: pool(table(ids)))
    steps = layers.MaskToFloat()(x)
    model = keras.Model(tokens, [x, steps])
    ids = np.array([[[1, 2, 0, 0], [3, 0, 0, 0], [0] * 4]], "int32")
    features, mask = map(numpy, model(ids))
    vectors = numpy(table.embeddings)
    np.testing.assert_allclose(
        features[0, 0], vectors[[1, 2]].mean(0), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(features[0, 1], vectors[3], rtol=1e-5, atol=1e-6)
    assert mask.tolist() == [[[1], [1], [0]]]
    plain = numpy(layers.MaskToFloat()(np.ones((2, 3, 4), "float32")))
    assert plain.shape == (2, 3, 1) and (plain == 1).all()
