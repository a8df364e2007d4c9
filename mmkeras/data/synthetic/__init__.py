"""Synthetic data sets: rendered, with known ground truth."""

from mmkeras.data.synthetic import feelings
from mmkeras.data.synthetic import people
from mmkeras.data.synthetic import shapes
