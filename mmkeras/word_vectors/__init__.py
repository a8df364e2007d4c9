"""Word vectors: reading, writing, training and evaluation.

`read` and `write` handle the usual formats; `embedding_matrix` makes the
matrix that a branch takes as `vectors`; `coverage` reports how much of a
corpus has vectors; `train_skipgram` and `train_glove` train vectors on a
corpus; `neighbours`, `analogy`, `score_analogies` and `score_similarities`
evaluate them.

The trainers, which need Keras, are imported at first use.
"""

import importlib

from mmkeras.word_vectors.corpus import Corpus
from mmkeras.word_vectors.corpus import sentences
from mmkeras.word_vectors.coverage import Coverage
from mmkeras.word_vectors.coverage import coverage
from mmkeras.word_vectors.embedding_matrix import embedding_matrix
from mmkeras.word_vectors.evaluate import read_analogies
from mmkeras.word_vectors.evaluate import read_similarities
from mmkeras.word_vectors.evaluate import score_analogies
from mmkeras.word_vectors.evaluate import score_similarities
from mmkeras.word_vectors.neighbours import analogy
from mmkeras.word_vectors.neighbours import neighbours
from mmkeras.word_vectors.read import read
from mmkeras.word_vectors.vectors import Vectors
from mmkeras.word_vectors.vectors import spellings
from mmkeras.word_vectors.write import write

_TRAINERS = {
    "train_glove": "mmkeras.word_vectors.glove",
    "train_skipgram": "mmkeras.word_vectors.skipgram",
}


def __getattr__(name):
    if name in _TRAINERS:
        return getattr(importlib.import_module(_TRAINERS[name]), name)
    raise AttributeError(
        f"module 'mmkeras.word_vectors' has no attribute {name!r}"
    )


def __dir__():
    return sorted({*globals(), *_TRAINERS})
