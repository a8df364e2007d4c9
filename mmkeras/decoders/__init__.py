"""Decoders: what was seen or read in, words out.

A decoder is a layer with three ways in, all of one mind:

- `call([tokens, context])` for teaching: next-word logits at every position;
- `start(context)` gives the state before the first word;
- `step(token, state, index)` reads one word and gives the next word's logits
  and the next state, without reading the words before it again.

A state is a dict of two nests of batch-first tensors: `"fixed"` stays as
`start` made it, `"moving"` changes with every step. A beam search gathers
only what moves.
"""

from mmkeras.decoders.attention import AttentionDecoder
from mmkeras.decoders.recurrent import RecurrentDecoder
from mmkeras.decoders.transformer import TransformerDecoder
