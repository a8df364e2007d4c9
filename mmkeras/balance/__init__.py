"""Balance: no modality learns at the cost of another, under plain `fit`.

A model of several modalities often learns from the easiest one and leaves the
others be. Both methods here are built around what the branches give:

>>> features = {"image": pooled_pixels, "audio": pooled_sound}
>>> model = balance.Modulated(inputs, balance.modulated(features, 10))
>>> model.compile("adam", SparseCategoricalCrossentropy(from_logits=True))
>>> model.fit(x, y)
>>> judge = model.judge()  # From inputs to logits, as any other.
"""

from mmkeras.balance.gradient_blend import blend_weights
from mmkeras.balance.gradient_blend import blended
from mmkeras.balance.gradient_blend import estimate
from mmkeras.balance.modulation import GradientModulation
from mmkeras.balance.modulation import Modulated
from mmkeras.balance.modulation import modulated
