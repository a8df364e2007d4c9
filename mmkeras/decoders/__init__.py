"""Decoders: layers that generate tokens from the features of a branch.

A decoder has three methods, which agree with each other:

- `call([tokens, context])` returns the next-token logits at every position,
  for training;
- `start(context, length=None)` returns the state before the first of at most
  `length` tokens;
- `step(token, state, index)` takes one token and returns the logits of the
  next token and the new state, without processing earlier tokens again.

A state is a dict of two nested structures of batch-first tensors: `"static"`
does not change after `start`, `"cache"` changes with every step. A beam
search reorders only `"cache"`.

A decoder may also have `"past"`, what it computed for all hypotheses of an
example at earlier positions, which is large and never reordered: tensors of
shape `(batch, n, hypotheses, ...)`. Its cache then tells which of it belongs to
a hypothesis, see `hypotheses`, and its static part has one row per example, not
one per hypothesis.
"""

from mmkeras.decoders.attention import AttentionDecoder
from mmkeras.decoders.recurrent import RecurrentDecoder
from mmkeras.decoders.transformer import TransformerDecoder
from mmkeras.decoders.whisper import WhisperDecoder
