"""Small presets of KerasHub, with random weights."""

import pytest

WORDS = "is it bright dark red green blue the a and not yes oh no".split()


def bert(folder):
    """Writes a BERT with a tokenizer into a folder; returns its path."""
    keras_hub = pytest.importorskip("keras_hub")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = [c for x in "abcdefghijklmnopqrstuvwxyz" for c in (x, f"##{x}")]
    vocabulary = [*special, *WORDS, *(x for x in letters if x not in WORDS)]
    sizes = {"num_layers": 1, "num_heads": 2, "hidden_dim": 8}
    backbone = keras_hub.models.BertBackbone(
        len(vocabulary), intermediate_dim=16, max_sequence_length=64, **sizes
    )
    backbone.save_to_preset(str(folder))
    tokenizer = keras_hub.models.BertTokenizer(vocabulary, True)
    tokenizer.save_to_preset(str(folder))
    return str(folder)
