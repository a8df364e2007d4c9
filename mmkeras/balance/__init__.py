"""Balanced training of several modalities.

A multimodal model often learns from the easiest modality and neglects the
others. `mmkeras train` uses both methods, Gradient-Blend and OGM-GE, with the
key `train.balance`. With plain `fit`, they take the outputs of the branches:

>>> features = {"image": pooled_pixels, "audio": pooled_sound}
>>> model = balance.Modulated(inputs, balance.modulated(features, 10))
>>> model.compile("adam", SparseCategoricalCrossentropy(from_logits=True))
>>> model.fit(x, y)
>>> plain = model.to_inference_model()  # From inputs to logits.
"""

from mmkeras.balance.gradient_blend import blend_weights
from mmkeras.balance.gradient_blend import blended
from mmkeras.balance.gradient_blend import compare
from mmkeras.balance.gradient_blend import estimate
from mmkeras.balance.modulation import GradientModulation
from mmkeras.balance.modulation import Modulated
from mmkeras.balance.modulation import modulated
from mmkeras.balance.modulation import update_shares
