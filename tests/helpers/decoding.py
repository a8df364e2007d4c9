"""Small decoders with random weights, and plain loops over them."""

import keras
import numpy as np
from checks import fast
from checks import numpy
from checks import randomize

from mmkeras import decoders

START, END = 1, 2
SIZE, REGIONS, DIM = 3, 4, 5  # Of a context.
KINDS = {
    "recurrent": (decoders.RecurrentDecoder, {"dim": 6}),
    "recurrent-par": (decoders.RecurrentDecoder, {"dim": 6, "inject": "par"}),
    "attention": (decoders.AttentionDecoder, {"dim": 8}),
    "transformer": (
        decoders.TransformerDecoder,
        {"dim": 8, "depth": 2, "heads": 2, "length": 12},
    ),
    "whisper": (
        decoders.WhisperDecoder,
        {"dim": 5, "depth": 2, "heads": 1, "length": 12, "prompt": (3, 4)},
    ),
}
# Scale and seed of weights that generate varied sentences of all lengths.
WEIGHTS = {
    "recurrent": (1.2, 4),
    "recurrent-par": (1.0, 7),
    "attention": (0.8, 6),
    "transformer": (0.8, 15),
    "whisper": (0.8, 15),
}


def decoder(kind, vocabulary=7, **options):
    """A built decoder with random weights; none of them is 0 or 1."""
    cls, kwargs = KINDS[kind]
    layer = cls(vocabulary, **{**kwargs, **options}, name=kind)
    layer.build([(None, None), (None, None, DIM)])
    return randomize(layer, *WEIGHTS[kind])


def context(size=SIZE, seed=0, scale=1):
    rng = np.random.default_rng(seed)
    return rng.normal(0, scale, (size, REGIONS, DIM)).astype("float32")


def tokens(size=SIZE, length=6, vocabulary=7, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(1, vocabulary, (size, length)).astype("int32")


def arrays(layer):
    """A layer's weights as arrays, by their path inside it."""
    return {
        weight.path.partition("/")[2]: numpy(weight).astype("float64")
        for weight in layer.weights
    }


def call(layer, tokens, context):
    """Logits of a whole sentence, as an array."""
    return numpy(fast(layer.__call__)([tokens, context]))


def by_steps(layer, tokens, context):
    """Logits of every position, one `step` after the other."""
    state = fast(layer.start)(context)
    step = fast(layer.step)
    logits = []
    for index in range(tokens.shape[1]):
        token = keras.ops.convert_to_tensor(tokens[:, index])
        output, state = step(token, state, index)
        logits.append(numpy(output))
    return np.stack(logits, axis=1)


def log_probabilities(layer, tokens, context):
    """Log-probability of every token of a sentence, by one `call`.

    Returns:
        Array of shape `(batch, length)`, 0 at padding.
    """
    previous = np.pad(tokens, [(0, 0), (1, 0)], constant_values=START)[:, :-1]
    logp = log_softmax(call(layer, previous, context))
    chosen = np.take_along_axis(logp, tokens[..., None], axis=-1)[..., 0]
    return np.where(tokens == 0, 0.0, chosen)


def greedy(layer, context, length):
    """The likeliest words, one after the other: a plain loop over `step`."""
    state = fast(layer.start)(context)
    step = fast(layer.step)
    last = np.full(len(context), START, "int32")
    over = np.zeros(len(context), bool)
    words = np.zeros((len(context), length), "int32")
    for index in range(length):
        logits, state = step(keras.ops.convert_to_tensor(last), state, index)
        logits = numpy(logits)
        logits[:, [0, START]] = -np.inf
        last = np.where(over, END, logits.argmax(-1)).astype("int32")
        words[:, index] = np.where(over, 0, last)
        over |= last == END
    return words


def log_softmax(x):
    x = x.astype("float64")
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def softmax(x):
    return np.exp(log_softmax(x))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))
