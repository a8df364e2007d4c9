"""Rendered worlds: data that needs no download and whose truth is known."""

from mmkeras.data.worlds import feelings
from mmkeras.data.worlds import shapes
