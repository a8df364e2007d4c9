"""Branches: networks that encode one modality as a sequence of features.

A branch is a function that returns a `keras.Model` with a single output of
shape `(batch, length, dim)`. Image regions, words and audio frames are all
steps of a sequence, so any fusion or decoder can follow any branch.
"""

from mmkeras.branches import audio
from mmkeras.branches import crops
from mmkeras.branches import features
from mmkeras.branches import image
from mmkeras.branches import speech
from mmkeras.branches import tabular
from mmkeras.branches import text
from mmkeras.branches import utterances
from mmkeras.branches import video
from mmkeras.branches.weights import load_weights
