"""Targets: what a model is trained to predict.

A target knows its loss, how outputs become answers, how answers are scored,
and what a baseline predicts. Each is one class in one file.
"""

from mmkeras.tasks.targets.auxiliary import Auxiliary
from mmkeras.tasks.targets.class_label import ClassLabel
from mmkeras.tasks.targets.ctc import CTC
from mmkeras.tasks.targets.ctc import AuxiliaryCTC
from mmkeras.tasks.targets.embedding import Embedding
from mmkeras.tasks.targets.masked_tokens import MaskedTokens
from mmkeras.tasks.targets.matching import Matching
from mmkeras.tasks.targets.multi_label import MultiLabel
from mmkeras.tasks.targets.number import Number
from mmkeras.tasks.targets.target import Target
from mmkeras.tasks.targets.text import Text

_OF_LABELS = {"single": ClassLabel, "multi": MultiLabel, "number": Number}


def make(codec, field="label") -> Target:
    """Makes the target that fits a codec of labels or texts.

    Args:
        codec: A `codecs.Labels`, or a codec of texts.
        field: Name of the value in an example.

    Returns:
        A `Target`.
    """
    kind = getattr(codec, "kind", "text")
    return _OF_LABELS.get(kind, Text)(codec, field)
