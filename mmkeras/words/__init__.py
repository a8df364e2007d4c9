"""Word vectors: read, fitted to a vocabulary, trained, asked.

`read` and `write` know the usual formats; `fit` makes the matrix that a
branch takes as `vectors`, `cover` says how much of a corpus has vectors;
`train_skipgram` and `train_glove` learn from one's own text; `neighbours`,
`analogy` and the scores say what came of it.

The trainers, which need Keras, are loaded at first use.
"""

import importlib

from mmkeras.words.corpus import Corpus
from mmkeras.words.corpus import sentences
from mmkeras.words.coverage import Coverage
from mmkeras.words.coverage import cover
from mmkeras.words.evaluate import read_analogies
from mmkeras.words.evaluate import read_similarities
from mmkeras.words.evaluate import score_analogies
from mmkeras.words.evaluate import score_similarities
from mmkeras.words.fit import fit
from mmkeras.words.neighbours import analogy
from mmkeras.words.neighbours import neighbours
from mmkeras.words.read import read
from mmkeras.words.vectors import Vectors
from mmkeras.words.vectors import spellings
from mmkeras.words.write import write

_TRAINERS = {
    "train_glove": "mmkeras.words.glove",
    "train_skipgram": "mmkeras.words.skipgram",
}


def __getattr__(name):
    if name in _TRAINERS:
        return getattr(importlib.import_module(_TRAINERS[name]), name)
    raise AttributeError(f"module 'mmkeras.words' has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_TRAINERS})
