"""Balanced training of several modalities with plain `fit`.

A multimodal model often learns from the easiest modality and neglects the
others. Both methods, Gradient-Blend and OGM-GE, take the outputs of the
branches:

>>> features = {"image": pooled_pixels, "audio": pooled_sound}
>>> model = balance.Modulated(inputs, balance.modulated(features, 10))
>>> model.compile("adam", SparseCategoricalCrossentropy(from_logits=True))
>>> model.fit(x, y)
>>> judge = model.judge()  # A plain model, from inputs to logits.
"""

from mmkeras.balance.gradient_blend import blend_weights
from mmkeras.balance.gradient_blend import blended
from mmkeras.balance.gradient_blend import estimate
from mmkeras.balance.modulation import GradientModulation
from mmkeras.balance.modulation import Modulated
from mmkeras.balance.modulation import modulated
