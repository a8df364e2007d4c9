"""Small presets of KerasHub, with random weights."""

import io

import keras
import numpy as np
import pytest
from checks import randomize

WORDS = "is it bright dark red green blue the a and not yes oh no".split()
IMAGE_SIZE = 32
_SIZES = {"num_layers": 1, "num_heads": 2, "hidden_dim": 8}


def bert(folder):
    """Writes a BERT with a tokenizer into a folder; returns its path."""
    keras_hub = pytest.importorskip("keras_hub")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = [c for x in "abcdefghijklmnopqrstuvwxyz" for c in (x, f"##{x}")]
    vocabulary = [*special, *WORDS, *(x for x in letters if x not in WORDS)]
    backbone = keras_hub.models.BertBackbone(
        len(vocabulary), intermediate_dim=16, max_sequence_length=64, **_SIZES
    )
    tokenizer = keras_hub.models.BertTokenizer(vocabulary, True)
    return _save(folder, backbone, tokenizer)


def efficient_net():
    """Builds an EfficientNet of two blocks, for images of 16 x 16 pixels."""
    keras_hub = pytest.importorskip("keras_hub")
    keras.utils.set_random_seed(0)
    return keras_hub.models.EfficientNetBackbone(
        stackwise_width_coefficients=[1.0] * 2,
        stackwise_depth_coefficients=[1.0] * 2,
        stackwise_kernel_sizes=[3] * 2,
        stackwise_num_repeats=[1] * 2,
        stackwise_input_filters=[8] * 2,
        stackwise_output_filters=[8] * 2,
        stackwise_expansion_ratios=[1, 2],
        stackwise_strides=[1] * 2,
        stackwise_squeeze_and_excite_ratios=[0.0] * 2,
        stackwise_block_types=["v1"] * 2,
        image_shape=(16, 16, 3),
        stem_conv_filters=8,
        include_rescaling=False,
    )


def roberta(folder):
    """Writes a RoBERTa with a tokenizer of byte pairs into a folder."""
    keras_hub = pytest.importorskip("keras_hub")
    tokens, merges = byte_pairs([f"Ġ{x}" for x in WORDS])
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *tokens, "<mask>"]
    backbone = keras_hub.models.RobertaBackbone(
        len(tokens), intermediate_dim=16, max_sequence_length=64, **_SIZES
    )
    tokenizer = keras_hub.models.RobertaTokenizer(_numbered(tokens), merges)
    return _save(folder, backbone, tokenizer)


def xlm_roberta(folder):
    """Writes an XLM-R with a tokenizer of SentencePiece into a folder."""
    keras_hub = pytest.importorskip("keras_hub")
    tokenizer = keras_hub.models.XLMRobertaTokenizer(sentence_pieces())
    backbone = keras_hub.models.XLMRobertaBackbone(
        tokenizer.vocabulary_size(),
        intermediate_dim=16,
        max_sequence_length=64,
        **_SIZES,
    )
    return _save(folder, backbone, tokenizer)


def clip(folder, **changes):
    """Writes a CLIP with a tokenizer and an image converter."""
    keras_hub = pytest.importorskip("keras_hub")
    tokens, merges = byte_pairs(WORDS, "</w>")
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    models, sizes = keras_hub.models, {"intermediate_dim": 16, **_SIZES}
    keras.utils.set_random_seed(0)
    shape = (IMAGE_SIZE, IMAGE_SIZE, 3)
    backbone = models.CLIPBackbone(
        models.CLIPVisionEncoder(16, image_shape=shape, **sizes),
        models.CLIPTextEncoder(len(tokens), 8, max_sequence_length=20, **sizes),
        projection_dim=6,
    )
    ids = backbone.vision_encoder.embedding.position_ids
    ids.assign(np.arange(ids.shape[1])[None])  # As in published weights.
    tokenizer = models.CLIPTokenizer(_numbered(tokens), merges)
    converter = keras_hub.layers.CLIPImageConverter(**_conversion(**changes))
    return _save(folder, backbone, tokenizer, converter)


def siglip(folder):
    """Writes a SigLIP with a tokenizer and an image converter."""
    keras_hub = pytest.importorskip("keras_hub")
    models, sizes = keras_hub.models, {"intermediate_dim": 16, **_SIZES}
    keras.utils.set_random_seed(0)
    special = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
    tokenizer = models.SigLIPTokenizer(sentence_pieces(**special))
    count, shape = tokenizer.vocabulary_size(), (IMAGE_SIZE, IMAGE_SIZE, 3)
    backbone = models.SigLIPBackbone(
        models.SigLIPVisionEncoder(16, image_shape=shape, **sizes),
        models.SigLIPTextEncoder(count, 8, max_sequence_length=12, **sizes),
    )
    head = backbone.get_layer("siglip_head")
    head.logit_scale.assign(4.7)  # Published ones are as large.
    head.logit_bias.assign(-12.0)
    converter = keras_hub.layers.SigLIPImageConverter(
        **_conversion(crop_to_aspect_ratio=False)
    )
    return _save(folder, backbone, tokenizer, converter)


def meta_clip_2(folder):
    """Writes a MetaCLIP 2 with a tokenizer and an image converter."""
    keras_hub = pytest.importorskip("keras_hub")
    models, sizes = keras_hub.models, {"intermediate_dim": 16, **_SIZES}
    keras.utils.set_random_seed(0)
    if not hasattr(models, "MetaCLIP2Backbone"):
        pytest.skip("needs a later KerasHub")
    tokenizer = models.MetaCLIP2Tokenizer(sentence_pieces())
    count, shape = tokenizer.vocabulary_size(), (IMAGE_SIZE, IMAGE_SIZE, 3)
    backbone = models.MetaCLIP2Backbone(
        models.MetaCLIP2VisionEncoder(16, image_shape=shape, **sizes),
        models.MetaCLIP2TextEncoder(count, 8, max_sequence_length=20, **sizes),
        projection_dim=6,
    )
    converter = keras_hub.layers.MetaCLIP2ImageConverter(**_conversion())
    return _save(folder, backbone, tokenizer, converter)


def whisper(folder, languages=(), extra=()):
    """Writes a Whisper of windows of 0.4 s, with random weights."""
    keras_hub = pytest.importorskip("keras_hub")
    tokens, merges = byte_pairs([*(f"Ġ{x}" for x in WORDS), "âĻ"])
    names = ["<|endoftext|>", "<|startoftranscript|>", "<|translate|>"]
    names += ["<|transcribe|>", "<|startofprev|>", "<|notimestamps|>"]
    names += extra
    count = len(tokens) + len(names) + len(languages)
    special = {name: len(tokens) + i for i, name in enumerate(names)}
    spoken = {f"<|{x}|>": count - i for i, x in enumerate(languages, 1)}
    keras.utils.set_random_seed(0)
    backbone = keras_hub.models.WhisperBackbone(
        count + 3,  # Three timestamps.
        num_layers=1,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=32,
        num_mels=16,
        max_encoder_sequence_length=40,
        max_decoder_sequence_length=14,
    )
    tokenizer = keras_hub.models.WhisperTokenizer(
        _numbered(tokens), merges, special, spoken or None
    )
    return _save(folder, backbone, tokenizer)


def speaking_whisper(folder, **options):
    """A `whisper` whose weights are large enough for varied tokens."""
    keras_hub = pytest.importorskip("keras_hub")
    preset = whisper(folder, **options)
    backbone = keras_hub.models.Backbone.from_preset(preset)
    tokenizer = keras_hub.tokenizers.Tokenizer.from_preset(preset)
    randomize(backbone, 0.7, seed=3)
    words = backbone.token_embedding.embeddings
    words.assign(words * 0.2)  # Else each token predicts itself.
    backbone.save_to_preset(preset)
    tokenizer.save_to_preset(preset)
    return preset


def byte_pairs(words, ending=""):
    """Makes tokens of all bytes, and merges to words from the left."""
    from mmkeras.data.codecs.merges import byte_characters

    tokens = byte_characters()
    tokens += [x + ending for x in tokens] if ending else []
    merges = []
    for word in words:
        parts = [*word[:-1], word[-1] + ending]
        for part in parts[1:]:
            merges.append(f"{parts[0]} {part}")
            parts[0] += part
            tokens.append(parts[0])
    return list(dict.fromkeys(tokens)), list(dict.fromkeys(merges))


def sentence_pieces(**options):
    """Trains a small unigram model of SentencePiece; returns its bytes."""
    sentencepiece = pytest.importorskip("sentencepiece")
    writer = io.BytesIO()
    text = [" ".join(WORDS[i:] + WORDS[:i]) for i in range(len(WORDS))]
    values = {"vocab_size": 32, "model_type": "unigram", "num_threads": 1}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(text),
        model_writer=writer,
        minloglevel=2,
        **{**values, **options},
    )
    return writer.getvalue()


def _numbered(tokens):
    return {token: i for i, token in enumerate(tokens)}


def _conversion(**changes):
    """Arguments of an image converter, as those of CLIP."""
    return {
        "image_size": (IMAGE_SIZE, IMAGE_SIZE),
        "scale": [0.0146, 0.015, 0.0142],
        "offset": [-1.79, -1.75, -1.48],
        "interpolation": "bicubic",
        "antialias": True,
        **changes,
    }


def _save(folder, *parts):
    for part in parts:
        part.save_to_preset(str(folder))
    return str(folder)
