"""GloVe: word vectors of one's own corpus, from counts of neighbours."""

import keras
import numpy as np
from keras import ops

from mmkeras.word_vectors.batches import Batches
from mmkeras.word_vectors.batches import spread
from mmkeras.word_vectors.cooccurrence import cooccurrence
from mmkeras.word_vectors.vectors import Vectors


def glove_loss(counts, products, most=100.0, alpha=0.75):
    """The weighted squares that GloVe makes small, in float32.

        f(X) (w . c + b_w + b_c - log X) ** 2
        f(X) = min(1, (X / most) ** alpha)

    Args:
        counts: Tensor of shape `(batch,)`, `X` above, greater than 0.
        products: Tensor of the same shape, `w . c + b_w + b_c` above.
        most: float. The count from which on all weigh alike.
        alpha: float. How much rarer ones weigh less.

    Returns:
        Tensor of shape `(batch,)`.

    Reference:
        [Pennington et al., 2014](https://aclanthology.org/D14-1162),
        equations 8 and 9
    """
    counts = ops.cast(counts, "float32")
    weight = ops.minimum(1.0, (counts / most) ** alpha)
    error = ops.cast(products, "float32") - ops.log(counts)
    return weight * error**2


@keras.saving.register_keras_serializable(package="mmkeras")
class GloveLoss(keras.losses.Loss):
    """The mean of `glove_loss`.

    Args:
        most: float. The count from which on all weigh alike.
        alpha: float. How much rarer ones weigh less.
        name: Name of the loss.
        **kwargs: Passed to `keras.losses.Loss`.
    """

    def __init__(self, most=100.0, alpha=0.75, name="loss", **kwargs):
        super().__init__(name=name, **kwargs)
        self.most = most
        self.alpha = alpha

    def call(self, y_true, y_pred):
        return glove_loss(y_true, y_pred, self.most, self.alpha)

    def get_config(self):
        return {**super().get_config(), "most": self.most, "alpha": self.alpha}


def glove_model(vocabulary_size, dim=100, seed=0):
    """Builds GloVe: the product of two words' vectors, and their biases.

    Args:
        vocabulary_size: int. Number of words.
        dim: int. Size of a vector.
        seed: int. Draws the first vectors and biases, from
            [-1 / 2 dim, 1 / 2 dim].

    Returns:
        A model from `{"word": (batch,), "context": (batch,)}` to shape
        `(batch,)`. The layers `words` and `contexts` have the vectors.
    """
    word = keras.Input((), dtype="int32", name="word")
    context = keras.Input((), dtype="int32", name="context")

    def look(ids, size, name, number):
        even = keras.initializers.RandomUniform(
            -0.5 / dim, 0.5 / dim, seed=4 * seed + number
        )
        layer = keras.layers.Embedding(
            vocabulary_size, size, even, dtype="float32", name=name
        )
        return layer(ids)

    product = keras.layers.Dot(1, dtype="float32", name="product")(
        [look(word, dim, "words", 0), look(context, dim, "contexts", 1)]
    )
    biases = [look(word, 1, "bias", 2), look(context, 1, "context_bias", 3)]
    x = keras.layers.Add(dtype="float32", name="sum")([product, *biases])
    x = keras.layers.Reshape((), dtype="float32", name="log_count")(x)
    return keras.Model({"word": word, "context": context}, x, name="words")


def train_glove(
    corpus,
    dim=100,
    window=10,
    most=100.0,
    alpha=0.75,
    epochs=50,
    batch_size=1024,
    learning_rate=0.05,
    seed=0,
    callbacks=(),
):
    """Learns word vectors as GloVe does.

    The vector of a word is the sum of that as a word and that as a context.

    Departure from the paper: whole batches are learned from at once, instead
    of count by count. AdaGrad begins as in the authors' program.

    Args:
        corpus: A `mmkeras.word_vectors.Corpus`.
        dim: int. Size of a vector.
        window: int. The farthest neighbours, in words.
        most: float. The count from which on all weigh alike: 100 for billions
            of words, 10 for small corpora.
        alpha: float. How much rarer counts weigh less.
        epochs: int. Times that the counts are gone through.
        batch_size: int. Counts a batch.
        learning_rate: float. Of AdaGrad.
        seed: int.
        callbacks: Further callbacks of `fit`.

    Returns:
        A `mmkeras.word_vectors.Vectors`, the words by falling count.

    Raises:
        ValueError: If no two words of the corpus are side by side.

    Reference:
        [Pennington et al., 2014](https://aclanthology.org/D14-1162)
    """
    data = glove_batches(corpus, window, batch_size, seed)
    model = glove_model(len(corpus.words), dim, seed)
    # The mean of a batch has its size in the divisor, and so have the
    # gradients that AdaGrad adds the squares of. The authors begin with 1.
    optimizer = keras.optimizers.Adagrad(
        learning_rate,
        initial_accumulator_value=1 / batch_size**2,
        epsilon=1e-12,
    )
    model.compile(optimizer, GloveLoss(most, alpha))
    # Left to the first step, it would be traced twice.
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
    """Makes the batches of `train_glove`, for a training loop of one's own.

    Args:
        corpus: A `mmkeras.word_vectors.Corpus`.
        window: int. The farthest neighbours, in words.
        batch_size: int. Counts a batch.
        seed: int.

    Returns:
        A `mmkeras.word_vectors.batches.Batches` of `{"word", "context"}` and
        of counts.

    Raises:
        ValueError: If no two words of the corpus are side by side.
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
            at = order[spread(len(counts), batch_size, steps, step)]
            pair = {"word": words[at], "context": contexts[at]}
            return pair, counts[at].astype("float32")

        return batch

    return Batches(draw, steps)
