"""Fusion: several modalities in, one tensor out.

A fusion is a layer called on a list of two or more inputs and, where some of
them may be absent, on a `presence` mask of shape `(batch, inputs)`. Not a bit
of the output depends on what is absent.
"""

from mmkeras.fusion.concat import Concat
from mmkeras.fusion.find import find
from mmkeras.fusion.find import names
from mmkeras.fusion.gated import Gated
