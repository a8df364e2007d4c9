"""Branches that encode each utterance of a conversation."""

import keras
import numpy as np
import pytest
from checks import BACKEND
from checks import check_saves
from checks import numpy
from checks import randomize

from mmkeras import layers
from mmkeras.branches import text
from mmkeras.branches import utterances

TOKENS = np.array(
    [[[3, 4, 5, 6], [7, 8, 0, 0]], [[5, 0, 0, 0], [0, 0, 0, 0]]], "int32"
)
KINDS = {
    "word pairs": lambda: utterances.word_pairs((2, 4), 9, 6),
    "means": lambda: utterances.means(text.gru(9, 6), (2, 4)),
}


@pytest.fixture(scope="module", params=KINDS)
def branch(request):
    return randomize(KINDS[request.param]())


def test_utterances_are_encoded_one_by_one(branch):
    assert branch.name == "text_encoder"
    x = numpy(branch(TOKENS))
    assert x.shape == (2, 2, branch.output_shape[-1])
    turned = numpy(branch(TOKENS[::-1, ::-1]))
    np.testing.assert_allclose(turned, x[::-1, ::-1], rtol=1e-5, atol=1e-6)
    mask = keras.Model(branch.input, layers.MaskToFloat()(branch.output))
    expected = [[1, 1], [1, 0]]
    np.testing.assert_array_equal(numpy(mask(TOKENS))[..., 0], expected)


def test_saves(branch):
    check_saves(branch, TOKENS)


def test_the_mean_is_that_of_the_words():
    encoder = randomize(text.gru(9, 6))
    x = numpy(utterances.means(encoder, (2, 4))(TOKENS))
    assert not x[1, 1].any()
    for row, length in (((0, 0), 4), ((0, 1), 2), ((1, 0), 1)):
        words = numpy(encoder(TOKENS[row][None, :length]))[0]
        np.testing.assert_allclose(x[row], words.mean(0), rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(BACKEND == "jax", reason="shapes are fixed")
def test_padding_is_not_encoded(monkeypatch):
    shapes = []

    def record(self, words, training):
        shapes.append(tuple(words.shape))
        return self.pool(self.encoder(words, training=training))

    monkeypatch.setattr(layers.TextMeans, "_means", record)
    layer = layers.TextMeans(randomize(text.gru(9, 6)))
    x = layer(np.pad(TOKENS[1:], [(0, 0), (0, 3), (0, 2)]))
    assert x.shape == (1, 5, 6) and set(shapes) == {(1, 1)}
    assert not numpy(layer(np.zeros((2, 3, 4), "int32"))).any()


@pytest.mark.skipif(BACKEND == "jax", reason="shapes are fixed")
def test_texts_of_similar_length_are_encoded_together(monkeypatch):
    shapes = []

    def record(self, words, training):
        shapes.append(tuple(words.shape))
        return self.pool(self.encoder(words, training=training))

    monkeypatch.setattr(layers.TextMeans, "_means", record)
    rng = np.random.default_rng(0)
    tokens = rng.integers(1, 9, (3, 4, 9))
    lengths = rng.permutation([0, 1, 1, 2, 3, 3, 4, 5, 6, 7, 9, 0])
    tokens *= np.arange(9) < lengths.reshape(3, 4, 1)
    encoder = randomize(text.gru(9, 6))
    x = numpy(layers.TextMeans(encoder)(tokens)).reshape(12, 6)
    assert shapes == [(3, 2), (3, 4), (3, 7), (3, 9)]
    for row, words, length in zip(x, tokens.reshape(12, 9), lengths):
        expected = numpy(encoder(words[None, : max(length, 1)]))[0].mean(0)
        np.testing.assert_allclose(
            row, expected if length else 0, rtol=1e-4, atol=1e-5
        )


def test_word_pairs_start_with_given_vectors():
    vectors = np.random.default_rng(0).normal(size=(9, 5)).astype("float32")
    branch = utterances.word_pairs((2, 4), 9, 6, vectors=vectors)
    words = branch.get_layer("words")
    np.testing.assert_array_equal(numpy(words.embeddings), vectors)
    assert branch.output_shape == (None, 2, 11)
    with pytest.raises(ValueError, match="one row per token id"):
        utterances.word_pairs((2, 4), 9, 6, vectors=3)
