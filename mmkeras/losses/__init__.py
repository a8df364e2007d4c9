"""Losses: pure functions, and the Keras losses that call them.

All architectures return logits. The losses that fit, by the targets:

- One label per example: class indices of shape `(batch,)`, with
  `keras.losses.SparseCategoricalCrossentropy(from_logits=True)`; the index of
  the right answer among candidates likewise.
- Several labels per example: zeros and ones of shape `(batch, num_classes)`,
  with `keras.losses.BinaryCrossentropy(from_logits=True)`.
- A number: floats of shape `(batch, 1)`, with `num_classes=1` and
  `keras.losses.MeanSquaredError()`.
- One label per utterance: class indices of shape `(batch, utterances)`, -1 for
  padding, with `keras.losses.SparseCategoricalCrossentropy(from_logits=True,
  ignore_class=-1)`.
- Embeddings of two or more modalities, from `layers.EmbeddingPairs`: integers
  of shape `(batch,)`, equal for examples that are not each other's negatives,
  with `ContrastiveLoss`, `SigmoidLoss` or `TripletLoss`.
- Text: token ids of shape `(batch, length)`, 0 for padding, with
  `TokenCrossentropy`.
- Text without alignment: token ids likewise, with `ctc_loss` of the logits of
  each step, of which blank, id 0, is one.
"""

from mmkeras.losses.contrastive import ContrastiveLoss
from mmkeras.losses.contrastive import SigmoidLoss
from mmkeras.losses.contrastive import TripletLoss
from mmkeras.losses.contrastive import contrastive_loss
from mmkeras.losses.contrastive import sigmoid_loss
from mmkeras.losses.contrastive import triplet_loss
from mmkeras.losses.ctc import ctc_loss
from mmkeras.losses.ctc import ctc_steps
from mmkeras.losses.late_interaction import late_interaction
from mmkeras.losses.tokens import TokenCrossentropy
from mmkeras.losses.tokens import token_crossentropy
from mmkeras.losses.tokens import token_divergence
