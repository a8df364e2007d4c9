"""Decoders: layers that generate tokens from the features of a branch.

A decoder has three methods, which agree with each other:

- `call([tokens, context])` returns the next-token logits at every position,
  for training;
- `start(context)` returns the state before the first token;
- `step(token, state, index)` takes one token and returns the logits of the
  next token and the new state, without processing earlier tokens again.

A state is a dict of two nested structures of batch-first tensors: `"static"`
does not change after `start`, `"cache"` changes with every step. A beam
search reorders only `"cache"`.
"""

from mmkeras.decoders.attention import AttentionDecoder
from mmkeras.decoders.recurrent import RecurrentDecoder
from mmkeras.decoders.transformer import TransformerDecoder
from mmkeras.decoders.whisper import WhisperDecoder
