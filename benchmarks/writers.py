"""Three ways to generate the same sentences with the same decoder.

Each is a function from a context to tokens: the `SequenceGenerator` of mmkeras,
the samplers of KerasHub over the same cached step, and the loop of tutorials.
"""

import keras
import keras_hub
import numpy as np
from keras import ops

from mmkeras.generation import SequenceGenerator

START, END = 1, 2


def ours(decoder, context, length, beam, jit_compile=False, xla=None):
    """Returns a function that generates with mmkeras."""
    generator = SequenceGenerator(
        *(decoder, length, beam, 0.0), xla=xla, dtype="float32"
    )
    inputs = keras.Input(context.shape[1:])
    model = keras.Model(inputs, generator(inputs))
    model.compile(jit_compile=jit_compile)
    return lambda: model.predict_on_batch(context)["tokens"]


def hub(decoder, context, length, beam, jit_compile=False):
    """Returns a function that generates with a KerasHub sampler."""
    inputs = keras.Input(context.shape[1:])
    model = keras.Model(inputs, HubGenerator(decoder, length, beam)(inputs))
    model.compile(jit_compile=jit_compile)
    return lambda: model.predict_on_batch(context)[:, 1:]


def loop(decoder, context, length, beam):
    """Returns a function that predicts on the whole prefix for each token.

    One call of `predict` takes all beams, with its own batch size; tutorials
    call it for one image at a time.
    """
    tokens = keras.Input((None,), dtype="int32")
    inputs = keras.Input(context.shape[1:])
    model = keras.Model([tokens, inputs], decoder([tokens, inputs]))
    size = len(context)
    contexts = np.repeat(context, beam, axis=0)

    def generate():
        ids = np.full((size * beam, 1), START, "int32")
        score = np.full((size, beam), -1e9, "float32")
        score[:, 0] = 0
        for _ in range(length):
            logits = model.predict([ids, contexts], verbose=0)[:, -1]
            logp = _log_softmax(logits).reshape(size, beam, -1)
            words = logp.shape[-1]
            total = (score[..., None] + logp).reshape(size, -1)
            best = np.argpartition(-total, beam - 1, axis=1)[:, :beam]
            score = np.take_along_axis(total, best, axis=1)
            rows = np.arange(size)[:, None] * beam + best // words
            word = (best % words).reshape(-1, 1).astype("int32")
            ids = np.concatenate([ids[rows.reshape(-1)], word], axis=1)
        ids = ids.reshape(size, beam, -1)
        return ids[np.arange(size), score.argmax(axis=1), 1:]

    return generate


class HubGenerator(keras.layers.Layer):
    """Generates with a KerasHub sampler over the cached step of a decoder.

    Args:
        decoder: A decoder layer of mmkeras.
        length: int. Number of tokens to generate.
        beam: int. 1 for the greedy sampler.
    """

    def __init__(self, decoder, length, beam):
        super().__init__()
        self.decoder = decoder
        self.length = length
        self.beam = beam
        self.sampler = (
            keras_hub.samplers.BeamSampler(num_beams=beam)
            if beam > 1
            else keras_hub.samplers.GreedySampler()
        )
        self.built = True

    def call(self, context):
        state = self.decoder.start(context)
        static = keras.tree.map_structure(
            lambda x: ops.repeat(x, self.beam, axis=0), state["static"]
        )
        size = ops.shape(context)[0]
        prompt = ops.zeros((size, self.length + 1), "int32")
        prompt = ops.slice_update(
            prompt, (0, 0), ops.full((size, 1), START, "int32")
        )

        def next_logits(prompt, cache, index):
            token = ops.take(prompt, index - 1, axis=1)
            state = {"static": static, **cache}
            logits, state = self.decoder.step(token, state, index - 1)
            return logits, None, _changing(state)

        mask = ops.not_equal(prompt, 0)
        return self.sampler(
            next_logits,
            prompt,
            cache=_changing(state),
            index=1,
            mask=mask,
            stop_token_ids=(END,),
        )

    def compute_output_spec(self, context):
        shape = (context.shape[0], self.length + 1)
        return keras.KerasTensor(shape, "int32")


def _changing(state):
    """The parts of a decoder's state that change, all of them reordered."""
    return {k: v for k, v in state.items() if k != "static"}


def _log_softmax(x):
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))
