"""Synthetic data sets: rendered, and their ground truth is known."""

from mmkeras.data.synthetic import feelings
from mmkeras.data.synthetic import shapes
