import keras
import numpy as np
import pytest
import word_classes
from checks import numpy

from mmkeras.word_vectors import Corpus
from mmkeras.word_vectors import train_skipgram
from mmkeras.word_vectors.skipgram import NegativeSampling
from mmkeras.word_vectors.skipgram import negative_sampling
from mmkeras.word_vectors.skipgram import skipgram_batches
from mmkeras.word_vectors.skipgram import skipgram_model

SMALL = dict(dim=8, window=2, sample=0, batch_size=128)


@pytest.fixture(scope="module")
def corpus():
    return Corpus.read(word_classes.sentences(), minimum=1)


def formula(products):
    """-log s(u_1 . v) - sum_k log s(-u_k . v)."""

    def s(x):
        return 1 / (1 + np.exp(-x))

    near, far = products[:, 0], products[:, 1:]
    return -np.log(s(near)) - np.log(s(-far)).sum(axis=1)


def test_loss():
    products = np.random.default_rng(0).normal(0, 2, (5, 4))
    targets = np.eye(4)[np.zeros(5, int)]
    actual = numpy(negative_sampling(targets, products))
    np.testing.assert_allclose(actual, formula(products), rtol=1e-5, atol=1e-6)
    mean = numpy(NegativeSampling()(targets, products))
    assert mean == pytest.approx(formula(products).mean(), rel=1e-5)


def test_loss_of_large_products_is_finite():
    actual = numpy(negative_sampling([[1, 0]], [[-1e4, 1e4]]))
    assert actual == pytest.approx([2e4])


def test_loss_is_saved():
    config = NegativeSampling().get_config()
    assert NegativeSampling.from_config(config).get_config() == config


def test_model():
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = skipgram_model(6, dim=4, seed=1)
    rng = np.random.default_rng(0)
    words, contexts = rng.normal(size=(2, 6, 4)).astype("float32")
    model.get_layer("words").set_weights([words])
    model.get_layer("contexts").set_weights([contexts])
    word, others = np.array([1, 5]), np.array([[0, 2, 3], [4, 4, 1]])
    actual = numpy(model({"word": word, "others": others}))
    expected = np.einsum("bd,bnd->bn", words[word], contexts[others])
    assert actual.dtype == "float32"
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


def test_first_vectors():
    model = skipgram_model(50, dim=4)
    words, contexts = (
        w
        for layer in ("words", "contexts")
        for w in model.get_layer(layer).get_weights()
    )
    assert 0.1 < np.abs(words).max() <= 0.125
    assert not contexts.any()


def test_batches(corpus):
    data = skipgram_batches(corpus, 2, 3, 0, 64, seed=1)
    inputs, targets = data[0]
    assert inputs["word"].shape == (64,)
    assert inputs["others"].shape == targets.shape == (64, 4)
    assert (targets == [1, 0, 0, 0]).all()
    assert not (inputs["others"][:, 1:] == inputs["others"][:, :1]).any()
    again = skipgram_batches(corpus, 2, 3, 0, 64, seed=1)
    np.testing.assert_array_equal(again[0][0]["others"], inputs["others"])
    again.start_epoch(1)
    assert (again[0][0]["others"] != inputs["others"]).any()


def test_words_of_a_class_become_neighbours(corpus):
    vectors = train_skipgram(corpus, epochs=10, learning_rate=0.02, **SMALL)
    assert vectors.words == corpus.words
    nearest = word_classes.nearest(vectors)
    classes = word_classes.MEMBERS
    assert [w for w in classes if classes[nearest[w]] != classes[w]] == []


def test_the_seed_decides(corpus):
    options = dict(epochs=2, **SMALL)
    one, two, other = (
        train_skipgram(corpus, seed=seed, **options).array for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one, two)
    assert np.abs(one - other).max() > 1e-3


@pytest.mark.parametrize(
    "texts, error",
    [(["a a"], "two different words"), (["a", "b"], "No word has a neighb")],
)
def test_too_little_to_learn_from(texts, error):
    with pytest.raises(ValueError, match=error):
        train_skipgram(Corpus.read(texts, minimum=1))
