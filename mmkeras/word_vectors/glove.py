"""GloVe: word vectors trained on co-occurrence counts of a corpus."""

import keras
import numpy as np
from keras import ops

from mmkeras.word_vectors.batches import Batches
from mmkeras.word_vectors.batches import batch_indices
from mmkeras.word_vectors.cooccurrence import cooccurrence
from mmkeras.word_vectors.vectors import Vectors


def glove_loss(counts, products, x_max=100.0, alpha=0.75):
    """Computes the weighted squared error of GloVe, in float32.

        f(X) (w . c + b_w + b_c - log X) ** 2
        f(X) = min(1, (X / x_max) ** alpha)

    Args:
        counts: Tensor of shape `(batch,)`, `X` above, greater than 0.
        products: Tensor of the same shape, `w . c + b_w + b_c` above.
        x_max: float. Count from which on the weight is 1.
        alpha: float. Exponent of the weight of smaller counts.

    Returns:
        Tensor of shape `(batch,)`.

    Reference:
        [Pennington et al., 2014](https://aclanthology.org/D14-1162),
        equations 8 and 9
    """
    counts = ops.cast(counts, "float32")
    weight = ops.minimum(1.0, (counts / x_max) ** alpha)
    error = ops.cast(products, "float32") - ops.log(counts)
    return weight * error**2


@keras.saving.register_keras_serializable(package="mmkeras")
class GloveLoss(keras.losses.Loss):
    """The mean of `glove_loss`.

    Args:
        x_max: float. Count from which on the weight is 1.
        alpha: float. Exponent of the weight of smaller counts.
        name: Name of the loss.
        **kwargs: Passed to `keras.losses.Loss`.
    """

    def __init__(self, x_max=100.0, alpha=0.75, name="loss", **kwargs):
        super().__init__(name=name, **kwargs)
        self.x_max = x_max
        self.alpha = alpha

    def call(self, y_true, y_pred):
        return glove_loss(y_true, y_pred, self.x_max, self.alpha)

    def get_config(self):
        return {
            **super().get_config(),
            "x_max": self.x_max,
            "alpha": self.alpha,
        }


def glove_model(vocabulary_size, dim=100, seed=0):
    """Builds GloVe: the product of two words' vectors, and their biases.

    Args:
        vocabulary_size: int. Number of words.
        dim: int. Size of a vector.
        seed: int. Seed of the initial vectors and biases, uniform in
            [-1 / 2 dim, 1 / 2 dim].

    Returns:
        A model from `{"word": (batch,), "context": (batch,)}` to shape
        `(batch,)`. The layers `words` and `contexts` have the vectors.
    """
    word = keras.Input((), dtype="int32", name="word")
    context = keras.Input((), dtype="int32", name="context")

    def embed(ids, size, name, number):
        uniform = keras.initializers.RandomUniform(
            -0.5 / dim, 0.5 / dim, seed=4 * seed + number
        )
        layer = keras.layers.Embedding(
            vocabulary_size, size, uniform, dtype="float32", name=name
        )
        return layer(ids)

    product = keras.layers.Dot(1, dtype="float32", name="product")(
        [embed(word, dim, "words", 0), embed(context, dim, "contexts", 1)]
    )
    biases = [embed(word, 1, "bias", 2), embed(context, 1, "context_bias", 3)]
    x = keras.layers.Add(dtype="float32", name="sum")([product, *biases])
    x = keras.layers.Reshape((), dtype="float32", name="log_count")(x)
    return keras.Model({"word": word, "context": context}, x, name="words")


def train_glove(
    corpus,
    dim=100,
    window=10,
    x_max=100.0,
    alpha=0.75,
    epochs=50,
    batch_size=1024,
    learning_rate=0.05,
    seed=0,
    callbacks=(),
):
    """Trains word vectors with GloVe.

    The vector of a word is the sum of its vectors as a word and as a context.

    Departure from the paper: each step uses a batch of counts instead of one.
    AdaGrad is initialized as in the authors' program.

    Args:
        corpus: A `mmkeras.word_vectors.Corpus`.
        dim: int. Size of a vector.
        window: int. Largest distance of neighbours, in words.
        x_max: float. Count from which on the weight is 1: 100 for billions of
            words, 10 for small corpora.
        alpha: float. Exponent of the weight of smaller counts.
        epochs: int. Passes over the counts.
        batch_size: int. Counts per batch.
        learning_rate: float. Learning rate of AdaGrad.
        seed: int.
        callbacks: Further callbacks of `fit`.

    Returns:
        A `mmkeras.word_vectors.Vectors`, the words by falling count.

    Raises:
        ValueError: If no two words of the corpus occur together.

    Reference:
        [Pennington et al., 2014](https://aclanthology.org/D14-1162)
    """
    data = glove_batches(corpus, window, batch_size, seed)
    model = glove_model(len(corpus.words), dim, seed)
    # The loss of a batch is divided by its size, and so are the gradients
    # whose squares AdaGrad sums. The authors' sums begin with 1.
    optimizer = keras.optimizers.Adagrad(
        learning_rate,
        initial_accumulator_value=1 / batch_size**2,
        epsilon=1e-12,
    )
    model.compile(optimizer, GloveLoss(x_max, alpha))
    # Built here, since the first step would otherwise be traced twice.
    model.optimizer.build(model.trainable_variables)
    model.fit(
        data,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[data.callback, *callbacks],
    )
    words, contexts = (
        model.get_layer(name).get_weights()[0] for name in ("words", "contexts")
    )
    return Vectors(corpus.words, words + contexts)


def glove_batches(corpus, window=10, batch_size=1024, seed=0):
    """Makes the batches of `train_glove`, for a custom training loop.

    Args:
        corpus: A `mmkeras.word_vectors.Corpus`.
        window: int. Largest distance of neighbours, in words.
        batch_size: int. Counts per batch.
        seed: int.

    Returns:
        A `mmkeras.word_vectors.batches.Batches` of inputs
        `{"word", "context"}` and target counts.

    Raises:
        ValueError: If no two words of the corpus occur together.
    """
    words, contexts, counts = cooccurrence(corpus, window)
    if not len(counts):
        raise ValueError(
            "No word has a neighbour to train on. Received: a corpus of "
            f"{len(corpus.tokens)} words. Use more text, or a lower `minimum`."
        )
    steps = -(-len(counts) // batch_size)

    def draw(epoch):
        order = np.random.default_rng([seed, epoch]).permutation(len(counts))

        def batch(step):
            indices = order[batch_indices(len(counts), batch_size, steps, step)]
            pair = {"word": words[indices], "context": contexts[indices]}
            return pair, counts[indices].astype("float32")

        return batch

    return Batches(draw, steps)
