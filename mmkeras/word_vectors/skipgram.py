"""Skip-gram with negative sampling: word vectors of one's own corpus."""

import keras
import numpy as np
from keras import ops

from mmkeras.word_vectors import pairs
from mmkeras.word_vectors.batches import Batches
from mmkeras.word_vectors.batches import spread
from mmkeras.word_vectors.vectors import Vectors


def negative_sampling(targets, logits):
    """The loss of skip-gram, in float32.

        -log s(u_1 . v) - sum_k log s(-u_k . v)

    with `v` the vector of a word, `u_1` that of its neighbour, the other `u`
    those of words drawn at random, and `s` the logistic function.

    Args:
        targets: Tensor of shape `(batch, 1 + negatives)`: 1 for neighbours, 0
            for words drawn at random.
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
    """Builds skip-gram: products of a word's vector and of others'.

    Args:
        vocabulary_size: int. Number of words.
        dim: int. Size of a vector.
        seed: int. Draws the first vectors, from [-1 / 2 dim, 1 / 2 dim];
            those of neighbours begin as zeros.

    Returns:
        A model from `{"word": (batch,), "others": (batch, n)}` to logits of
        shape `(batch, n)`. The layer `words` has the vectors.
    """
    word = keras.Input((), dtype="int32", name="word")
    others = keras.Input((None,), dtype="int32", name="others")
    even = keras.initializers.RandomUniform(-0.5 / dim, 0.5 / dim, seed)
    v = keras.layers.Embedding(
        vocabulary_size, dim, even, dtype="float32", name="words"
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
    """Learns word vectors by skip-gram with negative sampling.

    Every epoch draws anew which common words are left out, how far each word
    sees, and the noise. All of it depends on `seed` alone.

    Departure from the paper: whole batches are learned from at once, by Adam
    and a learning rate that falls to 0 in a straight line, instead of pair by
    pair, by gradient descent.

    Args:
        corpus: A `mmkeras.word_vectors.Corpus`.
        dim: int. Size of a vector.
        window: int. The farthest neighbours, in words.
        negatives: int. Words drawn at random for each neighbour.
        sample: float. Words whose share is greater are thinned out: 1e-3 for
            small corpora, 1e-5 for billions of words; 0 for none.
        epochs: int. Times that the corpus is gone through.
        batch_size: int. Pairs a batch.
        learning_rate: float. Of Adam, at the beginning.
        seed: int.
        callbacks: Further callbacks of `fit`.

    Returns:
        A `mmkeras.word_vectors.Vectors`, the words by falling count.

    Raises:
        ValueError: If the corpus has fewer than two words, or no two of them
            side by side.

    Reference:
        [Mikolov et al., 2013](https://arxiv.org/abs/1310.4546)
    """
    data = skipgram_batches(corpus, window, negatives, sample, batch_size, seed)
    model = skipgram_model(len(corpus.words), dim, seed)
    rate = keras.optimizers.schedules.PolynomialDecay(
        learning_rate, len(data) * epochs, 0.0
    )
    model.compile(keras.optimizers.Adam(rate), NegativeSampling())
    # Left to the first step, it would be traced twice.
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
    """Makes the batches of `train_skipgram`, for a training loop of one's own.

    Args:
        corpus: A `mmkeras.word_vectors.Corpus`.
        window: int. The farthest neighbours, in words.
        negatives: int. Words drawn at random for each neighbour.
        sample: float. See `mmkeras.word_vectors.pairs.keep_probability`.
        batch_size: int. Pairs a batch.
        seed: int.

    Returns:
        A `mmkeras.word_vectors.batches.Batches`, of `{"word", "others"}` and of
        targets, 1 in the first column and 0 in those of noise.

    Raises:
        ValueError: See `train_skipgram`.
    """
    if len(corpus.words) < 2:
        raise ValueError(
            "Negative sampling needs at least two different words. Received: "
            f"a corpus of {corpus.words}. Lower `minimum`."
        )
    chances = np.cumsum(pairs.noise_probability(corpus.counts))
    targets = np.zeros((batch_size, 1 + negatives), "float32")
    targets[:, 0] = 1

    def draw(epoch):
        found = _pairs(corpus, window, sample, [seed, epoch])
        order = np.random.default_rng([seed, epoch, 0]).permutation(steps)

        def batch(step):
            chosen = spread(len(found), batch_size, steps, order[step])
            word, near = found[chosen]
            rng = np.random.default_rng([seed, epoch, 1 + step])
            far = pairs.noise(chances, near, negatives, rng)
            others = np.concatenate([near[:, None], far], axis=1)
            return {"word": word, "others": others}, targets

        return batch

    # Every epoch finds a few more or less; all have as many steps.
    steps = -(-len(_pairs(corpus, window, sample, [seed, 0])) // batch_size)
    return Batches(draw, steps)


def _pairs(corpus, window, sample, seed):
    found = pairs.Pairs(corpus, window, sample, np.random.default_rng(seed))
    if not len(found):
        raise ValueError(
            "No word has a neighbour to train on. Received: a corpus of "
            f"{len(corpus.tokens)} words, subsampled with sample={sample}. "
            "Use more text, or a greater `sample`."
        )
    return found
