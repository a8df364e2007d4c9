"""What decoders and writers compute, to be compared between backends.

Run as `KERAS_BACKEND=jax python tests/helpers/backend_outputs.py results.npz`.
"""

import sys

import checks
import decoding
import keras
import numpy as np

from mmkeras import branches
from mmkeras import generation
from mmkeras import losses

WRITERS = {
    "greedy": {},
    "beam": {
        "beam": 4,
        "length_penalty": 1.0,
        "no_repeat_ngram_size": 3,
        "min_length": 2,
    },
    "consensus": {"beam": 5, "consensus": 2.0},
    "samples": {"beam": 2, "samples": 8, "temperature": 0.7},
}


def results():
    """Dict of name to array."""
    found = {"branch": branch()}
    context = decoding.context(size=24, scale=4)
    tokens = decoding.tokens(size=24)
    for kind in decoding.KINDS:
        decoder = decoding.decoder(kind)
        logits = decoding.call(decoder, tokens, context)
        found[f"{kind} logits"] = logits
        loss = losses.TokenCrossentropy(0.1)(tokens, logits)
        found[f"{kind} loss"] = checks.numpy(loss)
        for name, options in WRITERS.items():
            x = keras.Input((None, decoding.DIM), name="context")
            write = generation.SequenceGenerator(decoder, length=9, **options)
            model = keras.Model(x, write(x))
            said = checks.numpy(model.predict_on_batch(context))
            found[f"{kind} {name} tokens"] = said["tokens"]
            found[f"{kind} {name} score"] = said["score"]
    return found


def branch():
    """Regions that a small network sees."""
    encoder = checks.randomize(branches.image.cnn((9, 13, 3), 8, depth=2))
    pixels = np.random.default_rng(0).uniform(size=(2, 9, 13, 3))
    return checks.numpy(checks.fast(encoder)(pixels.astype("float32")))


if __name__ == "__main__":
    np.savez(sys.argv[1], **results())
