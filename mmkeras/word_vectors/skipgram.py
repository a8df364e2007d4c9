"""Skip-gram with negative sampling: word vectors trained on a corpus."""

import keras
import numpy as np
from keras import ops

from mmkeras.word_vectors import pairs
from mmkeras.word_vectors.batches import Batches
from mmkeras.word_vectors.batches import batch_indices
from mmkeras.word_vectors.vectors import Vectors


def negative_sampling(targets, logits):
    """Computes the loss of skip-gram, in float32.

        -log s(u_1 . v) - sum_k log s(-u_k . v)

    with `v` the vector of a word, `u_1` that of its neighbour, the other `u`
    those of negatives (random words), and `s` the logistic function.

    Args:
        targets: Tensor of shape `(batch, 1 + negatives)`: 1 for neighbours, 0
            for negatives.
        logits: Tensor of the same shape, the products.

    Returns:
        Tensor of shape `(batch,)`.

    Reference:
        [Mikolov et al., 2013](https://arxiv.org/abs/1310.4546), equation 4
    """
    logits = ops.cast(logits, "float32")
    signs = 1 - 2 * ops.cast(targets, "float32")
    return ops.sum(ops.softplus(signs * logits), axis=-1)


@keras.saving.register_keras_serializable(package="mmkeras")
class NegativeSampling(keras.losses.Loss):
    """The mean of `negative_sampling`.

    Args:
        name: Name of the loss.
        **kwargs: Passed to `keras.losses.Loss`.
    """

    def __init__(self, name="loss", **kwargs):
        super().__init__(name=name, **kwargs)

    def call(self, y_true, y_pred):
        return negative_sampling(y_true, y_pred)


def skipgram_model(vocabulary_size, dim=100, seed=0):
    """Builds skip-gram: products of the vectors of a word and of others.

    Args:
        vocabulary_size: int. Number of words.
        dim: int. Size of a vector.
        seed: int. Seed of the initial vectors, uniform in [-1 / 2 dim,
            1 / 2 dim]; those of neighbours are initially zero.

    Returns:
        A model from `{"word": (batch,), "others": (batch, n)}` to logits of
        shape `(batch, n)`. The layer `words` has the vectors.
    """
    word = keras.Input((), dtype="int32", name="word")
    others = keras.Input((None,), dtype="int32", name="others")
    uniform = keras.initializers.RandomUniform(-0.5 / dim, 0.5 / dim, seed)
    v = keras.layers.Embedding(
        vocabulary_size, dim, uniform, dtype="float32", name="words"
    )(word)
    u = keras.layers.Embedding(
        vocabulary_size, dim, "zeros", dtype="float32", name="contexts"
    )(others)
    logits = keras.layers.Dot((1, 2), dtype="float32", name="logits")([v, u])
    return keras.Model({"word": word, "others": others}, logits, name="words")


def train_skipgram(
    corpus,
    dim=100,
    window=5,
    negatives=5,
    sample=1e-3,
    epochs=5,
    batch_size=1024,
    learning_rate=0.005,
    seed=0,
    callbacks=(),
):
    """Trains word vectors by skip-gram with negative sampling.

    Every epoch samples again which common words are dropped, the window of
    each word, and the negatives. All of it depends on `seed` alone.

    Departure from the paper: each step uses a batch of pairs and Adam, with a
    learning rate that decays linearly to 0, instead of one pair and gradient
    descent.

    Args:
        corpus: A `mmkeras.word_vectors.Corpus`.
        dim: int. Size of a vector.
        window: int. Largest distance of neighbours, in words.
        negatives: int. Random words per neighbour.
        sample: float. Words with a greater share are subsampled: 1e-3 for
            small corpora, 1e-5 for billions of words; 0 for none.
        epochs: int. Passes over the corpus.
        batch_size: int. Pairs per batch.
        learning_rate: float. Initial learning rate of Adam.
        seed: int.
        callbacks: Further callbacks of `fit`.

    Returns:
        A `mmkeras.word_vectors.Vectors`, the words by falling count.

    Raises:
        ValueError: If the corpus has fewer than two words, or no two of them
            occur together.

    Reference:
        [Mikolov et al., 2013](https://arxiv.org/abs/1310.4546)
    """
    data = skipgram_batches(corpus, window, negatives, sample, batch_size, seed)
    model = skipgram_model(len(corpus.words), dim, seed)
    rate = keras.optimizers.schedules.PolynomialDecay(
        learning_rate, len(data) * epochs, 0.0
    )
    model.compile(keras.optimizers.Adam(rate), NegativeSampling())
    # Built here, since the first step would otherwise be traced twice.
    model.optimizer.build(model.trainable_variables)
    model.fit(
        data,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[data.callback, *callbacks],
    )
    (words,) = model.get_layer("words").get_weights()
    return Vectors(corpus.words, words)


def skipgram_batches(
    corpus, window=5, negatives=5, sample=1e-3, batch_size=1024, seed=0
):
    """Makes the batches of `train_skipgram`, for a custom training loop.

    Args:
        corpus: A `mmkeras.word_vectors.Corpus`.
        window: int. Largest distance of neighbours, in words.
        negatives: int. Random words per neighbour.
        sample: float. See `mmkeras.word_vectors.pairs.keep_probability`.
        batch_size: int. Pairs per batch.
        seed: int.

    Returns:
        A `mmkeras.word_vectors.batches.Batches`, of inputs
        `{"word", "others"}` and targets, 1 in the first column and 0 in those
        of negatives.

    Raises:
        ValueError: See `train_skipgram`.
    """
    if len(corpus.words) < 2:
        raise ValueError(
            "Negative sampling needs at least two different words. Received: "
            f"a corpus of {corpus.words}. Lower `minimum`."
        )
    cumulative = np.cumsum(pairs.noise_probability(corpus.counts))
    targets = np.zeros((batch_size, 1 + negatives), "float32")
    targets[:, 0] = 1

    def draw(epoch):
        epoch_pairs = _pairs(corpus, window, sample, [seed, epoch])
        order = np.random.default_rng([seed, epoch, 0]).permutation(steps)

        def batch(step):
            indices = batch_indices(
                len(epoch_pairs), batch_size, steps, order[step]
            )
            word, near = epoch_pairs[indices]
            rng = np.random.default_rng([seed, epoch, 1 + step])
            far = pairs.noise(cumulative, near, negatives, rng)
            others = np.concatenate([near[:, None], far], axis=1)
            return {"word": word, "others": others}, targets

        return batch

    # Epochs differ slightly in their numbers of pairs, not of steps.
    steps = -(-len(_pairs(corpus, window, sample, [seed, 0])) // batch_size)
    return Batches(draw, steps)


def _pairs(corpus, window, sample, seed):
    rng = np.random.default_rng(seed)
    epoch_pairs = pairs.Pairs(corpus, window, sample, rng)
    if not len(epoch_pairs):
        raise ValueError(
            "No word has a neighbour to train on. Received: a corpus of "
            f"{len(corpus.tokens)} words, subsampled with sample={sample}. "
            "Use more text, or a greater `sample`."
        )
    return epoch_pairs
