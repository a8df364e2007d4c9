"""Byte pairs: ids equal to those of the tokenizers networks come with."""

import pytest
import tensorflow as tf
import tiny_presets
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from mmkeras.data import codecs

WORDS = ["low", "lower", "newest", "東京", "café", "isn", "2024", "ooo"]
SPECIAL = ["<s>", "<pad>", "</s>"]
CLIP_SPECIAL = ["<|startoftext|>", "<|endoftext|>"]


def gpt2(**changes):
    words = [by_bytes(x) for x in WORDS]
    tokens, merges = tiny_presets.byte_pairs(words)
    merges += [f"Ġ {x}" for x in words]
    tokens = [*SPECIAL, *tokens, *(f"Ġ{x}" for x in words)]
    return codecs.BytePairs(tokens, merges, special=SPECIAL, **changes)


def clip(**changes):
    tokens, merges = tiny_presets.byte_pairs(map(by_bytes, WORDS), "</w>")
    names = dict(zip(("start", "end"), CLIP_SPECIAL))
    return codecs.BytePairs(
        [*tokens, *CLIP_SPECIAL],
        merges,
        special=CLIP_SPECIAL,
        padding="!",
        style="clip",
        **{**names, **changes},
    )


def by_bytes(word):
    from mmkeras.data.codecs.merges import byte_characters

    characters = byte_characters()
    return "".join(characters[byte] for byte in word.encode())


def tokens(codec, text):
    vocabulary = codec.get_config()["vocabulary"]
    return [vocabulary[i] for i in codec.tokenize([text])[0].numpy()]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("low lower", "low Ġlower"),
        ("lowest", "lowe s t"),
        ("  low", "Ġ Ġlow"),
        ("low  ", "low Ġ Ġ"),
        ("low\n\nlow", "low Ċ Ċ low"),
        ("isn't", "isn ' t"),
        ("2024!!", "2024 ! !"),
        ("ooooo", "oo ooo"),  # Of pairs that overlap, the left one.
        ("low<s>low</s>", "low <s> low </s>"),
        (" <pad>", "Ġ <pad>"),
        ("東京", by_bytes("東京")),
        ("\x00", "Ā"),
        ("", ""),
    ],
)
def test_splits_as_gpt2_does(text, expected):
    assert tokens(gpt2(), text) == expected.split()


@pytest.mark.parametrize(
    "text, expected",
    [
        ("LOW lower", "low</w> lower</w>"),
        ("lowest", "lowe s t</w>"),
        (" \n low\u3000low ", "low</w> low</w>"),
        ("isn't", "isn</w> ' t</w>"),
        ("2024", "2</w> 0</w> 2</w> 4</w>"),
        ("CAFE\u0301", by_bytes("café") + "</w>"),
        ("a\x00B", "a</w> Ā</w> b</w>"),
        ("low<|endoftext|>LOW", "low</w> <|endoftext|> low</w>"),
        ("\t", ""),
    ],
)
def test_splits_as_clip_does(text, expected):
    assert tokens(clip(), text) == expected.split()


def test_a_text_may_begin_with_a_space():
    codec = gpt2(prefix_space=True)
    assert tokens(codec, "low") == ["Ġlow"]
    assert tokens(codec, " low") == ["Ġlow"]
    assert tokens(codec, "") == []


def test_sentences_have_a_start_an_end_and_padding_of_0():
    codec = gpt2(length=6)
    ids = codec(["low", "low low low low low low", "<s>", ""]).numpy()
    low, other = codec.vocabulary.index("low"), codec.vocabulary.index("Ġlow")
    start, _, end = (codec.vocabulary.index(x) for x in SPECIAL)
    assert (start, end, codec.network_padding) == (1, 3, 1)
    assert ids.tolist() == [
        [start, low, end, 0, 0, 0],
        [start, low, other, other, other, end],
        [start, start, end, 0, 0, 0],
        [start, end, 0, 0, 0, 0],
    ]
    assert (codec.tokenize(["low"])[0] + codec.network_offset).numpy() == [low]
    assert codec.sizes(["low", "low low low"]) == [3, 5]


def test_words_are_hidden_by_the_mask():
    assert gpt2().mask is None and gpt2().unknown is None
    codec = gpt2(mask="<pad>")
    assert (codec.mask, codec.special) == (2, [0, 1, 2, 3])


def test_without_a_start():
    codec = gpt2(start=None, length=4)
    low, end = (codec.vocabulary.index(x) for x in ("low", "</s>"))
    ids, present, _ = codec.encode(codec.pack(["low", "", "</s>low"]))
    assert ids.numpy().tolist() == [
        [low, end, 0, 0],
        [0, 0, 0, 0],
        [end, low, end, 0],
    ]
    assert present.numpy().tolist() == [True, False, True]


@pytest.mark.slow
def test_a_saved_model_needs_no_table(tmp_path):
    codec, module = clip(), tf.Module()
    module.encode = tf.function(
        codec.encode, input_signature=[codec.signature("text")]
    )
    tf.saved_model.save(module, tmp_path)
    loaded = tf.saved_model.load(tmp_path)
    packed = codec.pack(["low LOWER isn't", "2024 <|endoftext|>", "", "東京"])
    for mine, theirs in zip(codec.encode(packed), loaded.encode(packed)):
        assert (mine.numpy() == theirs.numpy()).all()


def test_a_very_long_word_is_cut():
    [ids] = clip(length=16).tokenize(["low" * 100_000]).to_list()
    assert 3_000 < len(ids) < 10_000


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"vocabulary": ["a", "b", "a"]}, "Received twice: 'a'"),
        ({"end": "<end>"}, "end='<end>', which is not among"),
        ({"special": ["<x>"]}, "special.*not among"),
        ({"merges": ["low"]}, "pairs of tokens.*'low'"),
        ({"style": "bert"}, "one of gpt2, clip"),
        ({"length": 2}, "length=2"),
    ],
)
def test_wrong_arguments_are_refused(changes, message):
    config = {**gpt2().get_config(), **changes}
    with pytest.raises(ValueError, match=message):
        codecs.BytePairs.from_config(config)


# Letters that tables of different Unicode versions agree on.
LETTERS = st.characters(max_codepoint=0x07B0, exclude_categories=["Cn", "Cs"])
PARTS = st.sampled_from(
    [*WORDS, *SPECIAL, *CLIP_SPECIAL, " ", "  ", "\n", "\u3000", "\u2028", "'s"]
    + ["e\u0301", "👩‍👩‍👧", "😀", "ﬁ", "ΟΔΟΣ", "İ", "\x00", "한국", "!?", "1"]
)
TEXTS = st.lists(PARTS | st.text(LETTERS, max_size=4), max_size=12)


@pytest.mark.parametrize("make", [gpt2, clip])
@given(st.lists(TEXTS.map("".join), min_size=1, max_size=8))
@settings(deadline=None, derandomize=True, max_examples=8)
def test_ids_equal_those_of_the_original_tokenizer(make, texts):
    codec, original = make(), reference(make())
    encoded = original.encode_batch(texts, add_special_tokens=False)
    assert codec.tokenize(texts).to_list() == [x.ids for x in encoded]


def reference(codec):
    """The tokenizer of RoBERTa or CLIP, as transformers defines it."""
    tokenizers = pytest.importorskip("tokenizers")
    normalizers, splits = tokenizers.normalizers, tokenizers.pre_tokenizers
    config = codec.get_config()
    vocabulary = {x: i for i, x in enumerate(config["vocabulary"])}
    merges = [tuple(x.split(" ")) for x in config["merges"]]
    if config["style"] == "gpt2":
        model = tokenizers.models.BPE(vocabulary, merges)
        tokenizer = tokenizers.Tokenizer(model)
        tokenizer.pre_tokenizer = splits.ByteLevel(add_prefix_space=False)
    else:
        model = tokenizers.models.BPE(
            vocabulary, merges, end_of_word_suffix="</w>"
        )
        tokenizer = tokenizers.Tokenizer(model)
        tokenizer.normalizer = normalizers.Sequence(
            [
                normalizers.NFC(),
                normalizers.Replace(tokenizers.Regex(r"\s+"), " "),
                normalizers.Lowercase(),
            ]
        )
        words = tokenizers.Regex(
            r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
        )
        tokenizer.pre_tokenizer = splits.Sequence(
            [
                splits.Split(words, behavior="removed", invert=True),
                splits.ByteLevel(add_prefix_space=False),
            ]
        )
    tokenizer.add_special_tokens(config["special"])
    return tokenizer


TRICKY = ["A low, lower!", "isn't  it\n", "", "Café 😀 e\u0301", "<s>low"]


def test_ids_equal_those_of_keras_hub(tmp_path):
    keras_hub = pytest.importorskip("keras_hub")
    preset = tiny_presets.clip(tmp_path)
    tokenizer = keras_hub.tokenizers.Tokenizer.from_preset(preset)
    codec = codecs.of_preset(preset, 20)
    texts = [*TRICKY, "the RED 2024", "<|endoftext|>red"]
    expected = [list(map(int, ids)) for ids in tokenizer(texts)]
    assert codec.tokenize(texts).to_list() == expected


def test_a_roberta_of_keras_hub(tmp_path):
    keras_hub = pytest.importorskip("keras_hub")
    preset = tiny_presets.roberta(tmp_path)
    packer = keras_hub.models.RobertaTextClassifierPreprocessor.from_preset(
        preset, sequence_length=24
    )
    codec = codecs.of_preset(preset, 24)
    texts = [*TRICKY, " is red and green", "dark </s> <mask>"]
    x = packer(texts)
    ids, mask = x["token_ids"], x["padding_mask"]
    expected = tf.where(tf.cast(mask, tf.bool), ids + 1, 0)
    tf.debugging.assert_equal(codec(texts), tf.cast(expected, tf.int32))
    assert codec.network_padding == 1


def test_decoding_gives_the_text_back():
    texts = ["low caf\u00e9", "12 \n isn't!! ", "\u6771 \U0001f600\x00", ""]
    for codec in (gpt2(), gpt2(prefix_space=True)):
        decoded = codec.decode(codec(texts)).numpy()
        assert [text.decode() for text in decoded] == texts
    assert gpt2().decode(gpt2()(["  low"])).numpy().tolist() == [b"  low"]


def test_decoding_leaves_special_tokens_out_and_replaces_half_characters():
    codec = gpt2()
    ids = codec.token_ids(["low"], -1)[0].numpy().tolist()
    ids = [codec.start, *ids, codec.end, 0]
    assert codec.decode([ids, ids]).numpy().tolist() == [b"low", b"low"]
    byte = codec.vocabulary.index(by_bytes("\u00e9")[0])
    assert codec.decode([byte]).numpy().decode() == "\ufffd"
