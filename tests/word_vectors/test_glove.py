import keras
import numpy as np
import pytest
import word_classes
from checks import numpy

from mmkeras.word_vectors import Corpus
from mmkeras.word_vectors import glove
from mmkeras.word_vectors import train_glove
from mmkeras.word_vectors.cooccurrence import cooccurrence

SMALL = dict(dim=8, window=2, x_max=10.0, batch_size=32)


@pytest.fixture(scope="module")
def corpus():
    return Corpus.read(word_classes.sentences(), minimum=1)


def formula(counts, products, x_max, alpha):
    weight = np.where(counts < x_max, (counts / x_max) ** alpha, 1)
    return weight * (products - np.log(counts)) ** 2


def test_loss():
    rng = np.random.default_rng(0)
    counts, products = rng.uniform(0.1, 30, 9), rng.normal(0, 2, 9)
    actual = numpy(glove.glove_loss(counts, products, 10, 0.5))
    expected = formula(counts, products, 10, 0.5)
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-6)
    mean = numpy(glove.GloveLoss()(counts, products))
    expected = formula(counts, products, 100, 0.75).mean()
    assert mean == pytest.approx(expected, rel=1e-4)


def test_loss_is_saved():
    config = glove.GloveLoss(7, 0.5).get_config()
    assert (config["x_max"], config["alpha"]) == (7, 0.5)
    assert glove.GloveLoss.from_config(config).get_config() == config


def test_model():
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = glove.glove_model(6, dim=4)
    rng = np.random.default_rng(0)
    weights = {}
    for name in ("words", "contexts", "bias", "context_bias"):
        (old,) = model.get_layer(name).get_weights()
        assert 0 < np.abs(old).max() <= 0.125
        weights[name] = rng.normal(size=old.shape).astype("float32")
        model.get_layer(name).set_weights([weights[name]])
    word, context = np.array([1, 5, 0]), np.array([0, 2, 0])
    actual = numpy(model({"word": word, "context": context}))
    expected = np.sum(
        weights["words"][word] * weights["contexts"][context], axis=1
    )
    expected += weights["bias"][word, 0] + weights["context_bias"][context, 0]
    assert actual.dtype == "float32"
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-6)


def test_an_epoch_has_every_count_once(corpus):
    data = glove.glove_batches(corpus, 2, batch_size=7, seed=1)
    rows, columns, counts = cooccurrence(corpus, 2)
    assert len(data) == -(-len(counts) // 7)
    targets_by_pair = {
        pair: count
        for inputs, targets in (data[step] for step in range(len(data)))
        for *pair, count in zip(inputs["word"], inputs["context"], targets)
        for pair in [tuple(map(int, pair))]
    }
    expected = dict(zip(zip(rows.tolist(), columns.tolist()), counts))
    assert targets_by_pair == pytest.approx(expected)


def test_a_step_is_adagrad_s_of_the_authors_program():
    """One batch of two counts without a word in common, in NumPy."""
    corpus = Corpus.read(["a b"] * 3, minimum=1)
    options = dict(dim=3, batch_size=2, epochs=1, learning_rate=0.05)
    actual = train_glove(corpus, **options)
    model = glove.glove_model(2, 3, seed=0)
    w, c, b, d = (
        model.get_layer(name).get_weights()[0]
        for name in ("words", "contexts", "bias", "context_bias")
    )
    count = 3.0
    expected = np.zeros((2, 3))
    for i, j in ((0, 1), (1, 0)):
        error = w[i] @ c[j] + b[i, 0] + d[j, 0] - np.log(count)
        slope = 2 * (count / 100) ** 0.75 * error
        for row, own, other in ((i, w[i], c[j]), (j, c[j], w[i])):
            gradient = slope * other
            squares = 1 + gradient**2
            expected[row] += own - 0.05 * gradient / np.sqrt(squares)
    np.testing.assert_allclose(actual.array, expected, rtol=1e-4, atol=1e-6)


def test_words_of_a_class_become_neighbours(corpus):
    vectors = train_glove(corpus, epochs=30, **SMALL)
    assert vectors.words == corpus.words
    nearest = word_classes.nearest(vectors)
    classes = word_classes.MEMBERS
    assert [w for w in classes if classes[nearest[w]] != classes[w]] == []


def test_the_seed_decides(corpus):
    one, two, other = (
        train_glove(corpus, epochs=2, seed=seed, **SMALL).array
        for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one, two)
    assert np.abs(one - other).max() > 1e-3


def test_too_little_to_learn_from():
    with pytest.raises(ValueError, match="No word has a neighbour"):
        train_glove(Corpus.read(["a", "b"], minimum=1))
