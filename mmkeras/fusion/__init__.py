"""Fusion: layers that combine several modalities into one tensor.

A fusion is a layer called on a list of at least two inputs and, if some of
them may be missing, on a `presence` mask of shape `(batch, inputs)`. The
output is bit for bit independent of the missing inputs.
"""

from mmkeras.fusion.bottleneck import Bottleneck
from mmkeras.fusion.classification_head import classification_head
from mmkeras.fusion.compact_bilinear import CompactBilinear
from mmkeras.fusion.concat import Concat
from mmkeras.fusion.cross_attention import CrossAttention
from mmkeras.fusion.deep_sets import DeepSets
from mmkeras.fusion.film import FiLM
from mmkeras.fusion.gated import Gated
from mmkeras.fusion.get import get
from mmkeras.fusion.get import names
from mmkeras.fusion.late import Late
from mmkeras.fusion.low_rank import LowRank
from mmkeras.fusion.mag import MAG
from mmkeras.fusion.max import Max
from mmkeras.fusion.mean import Mean
from mmkeras.fusion.mfb import MFB
from mmkeras.fusion.mfh import MFH
from mmkeras.fusion.mlb import MLB
from mmkeras.fusion.mlp import MLP
from mmkeras.fusion.mult import MulT
from mmkeras.fusion.multiplicative import Multiplicative
from mmkeras.fusion.mutan import MUTAN
from mmkeras.fusion.perceiver import Perceiver
from mmkeras.fusion.product import Product
from mmkeras.fusion.sum import Sum
from mmkeras.fusion.tensor import Tensor
