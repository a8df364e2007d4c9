"""Behaviour shared by the codecs of all inputs."""

import numpy as np
import pytest
import tensorflow as tf
import tiny_presets

from mmkeras.data import codecs

WORDS = ["a", "dog", "runs"]
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, "##s"]
TOKENS, MERGES = tiny_presets.byte_pairs(["Ġdog", "Ġruns"])
BYTE_PAIRS = codecs.BytePairs(["<s>", "<pad>", "</s>", *TOKENS], MERGES, 6)
SENTENCE_PIECES = codecs.SentencePieces(
    ["<pad>", "</s>", "<unk>", "▁", "▁a", "▁dog", "d", "o", "g"],
    [None, None, None, -2.0, -2.5, -3.0, -4.0, -4.0, -4.0],
    length=6,
)
CODECS = {
    "image": codecs.Image((8, 6)),
    "audio": codecs.Audio(8000, 0.1),
    "video": codecs.Video(3, (8, 6)),
    "vector": codecs.Features((3,)),
    "sequence": codecs.Features((4, 3)),
    "text": codecs.Text(WORDS, length=6),
    "dialogue": codecs.Dialogue(WORDS, turns=2, length=6),
    "pieces": codecs.WordPieces(PIECES, length=6),
    "byte pairs": BYTE_PAIRS,
    "sentence pieces": SENTENCE_PIECES,
    "dialogue of pieces": codecs.TokenDialogue(
        codecs.WordPieces(PIECES, length=6), turns=2
    ),
    "dialogue of byte pairs": codecs.TokenDialogue(BYTE_PAIRS, turns=2),
}


@pytest.fixture(params=CODECS.values(), ids=CODECS)
def codec(request):
    return request.param


def test_encoded_samples_have_the_declared_shape_and_dtype(codec):
    samples = codec.samples()
    x, present, errors = codec.encode(codec.pack(samples))
    assert x.shape == (len(samples), *codec.shape)
    assert x.dtype == codec.dtype
    assert present.shape == errors.shape == (len(samples),)
    assert b"" in errors.numpy()[present.numpy()].tolist()


def test_the_last_sample_is_missing(codec):
    for packed in (codec.pack(codec.samples())[-1:], codec.missing(1)):
        x, [present], [error] = codec.encode(packed)
        assert not present and error == b"" and not x.numpy().any()
    np.testing.assert_array_equal(codec.missing(1), codec.pack([None]))


def test_an_export_takes_samples_and_encodes_them_alike(codec):
    spec = codec.signature("field")
    assert spec.name == "field"
    samples = tf.constant(codec.samples(), spec.dtype)
    assert spec.shape.is_compatible_with(samples.shape)
    expected = codec.encode(codec.pack(codec.samples()))
    actual = tf.function(codec.encode, [spec], autograph=False)(samples)
    for one, other in zip(actual, expected):
        np.testing.assert_array_equal(one, other)


def test_one_value_is_encoded_as_in_a_batch(codec):
    packed = codec.pack(codec.samples())
    for row in (0, -1):
        x, present = codec.encode_one(packed[row])
        expected, presence, _ = codec.encode(packed)
        np.testing.assert_array_equal(x, expected[row])
        assert bool(present) == bool(presence[row])


def test_a_value_of_a_wrong_type_is_missing_and_an_error(codec):
    good = codec.samples()[0]
    packed, errors = codec.try_pack([good, 3, None])
    assert errors[0] == errors[2] == "" and errors[1]
    _, present, _ = codec.encode(packed)
    assert present.numpy().tolist() == [True, False, False]
    with pytest.raises(ValueError, match=r"Received: .*(int|shape \(\))"):
        codec.pack([3])


def test_only_bytes_are_normalized():
    for name, codec in CODECS.items():
        x = np.full((1, *codec.shape), 51, codec.dtype)
        expected = 0.2 if name in ("image", "video") else 51
        np.testing.assert_allclose(codec.normalize(x), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "name, kind, expected",
    [
        ("image", "image", {"x_shape": (8, 6, 3)}),
        ("audio", "audio", {"x_shape": (800,)}),
        ("video", "video", {"x_shape": (3, 8, 6, 3)}),
        ("sequence", "features", {"x_shape": (4, 3)}),
        ("text", "text", {"vocabulary_size": 7}),
        ("dialogue", "dialogue", {"vocabulary_size": 7, "x_shape": (2, 6)}),
    ],
)
def test_kinds_and_arguments_of_a_builder(name, kind, expected):
    codec = CODECS[name]
    assert codec.kind == kind
    assert codec.in_file == (kind in ("image", "audio", "video"))
    assert codec.builder_arguments("x") == expected


def test_sizes_are_seconds_and_ids():
    files = CODECS["audio"].samples()
    assert CODECS["audio"].sizes(files)[:2] == [0.5, 1.0]
    assert CODECS["text"].sizes(["a dog", "", None, "\ud83d", "a"]) == [4, 3]
    assert CODECS["audio"].max_size == 0.1 and CODECS["text"].max_size == 6
    units = {name: c.size_unit for name, c in CODECS.items() if c.size_unit}
    assert units.pop("audio") == "s"
    assert units == dict.fromkeys(
        ["text", "pieces", "byte pairs", "sentence pieces"], "ids"
    )


def test_a_configuration_of_its_own_makes_each_again(codec):
    again = codecs.from_config(codecs.to_config(codec))
    assert codecs.to_config(again) == codecs.to_config(codec)
    packed = codec.pack(codec.samples())
    for one, other in zip(again.encode(packed), codec.encode(packed)):
        np.testing.assert_array_equal(one, other)


def test_an_earlier_dialogue_of_word_pieces_is_read():
    config = {"vocabulary": PIECES, "turns": 2, "length": 6}
    config |= {"lowercase": False, "strip_accents": None}
    codec = codecs.from_config({"name": "WordPieceDialogue", "config": config})
    assert type(codec) is codecs.TokenDialogue and codec.shape == (2, 6)
    assert codec.words.vocabulary == PIECES and not codec.words.lowercase


@pytest.mark.parametrize(
    "name, config, cls",
    [
        ("Words", {"vocabulary": WORDS, "length": 6}, codecs.Text),
        ("Turns", {"vocabulary": WORDS, "turns": 2}, codecs.Dialogue),
        ("Audio", {"rate": 8000, "seconds": 0.1, "limit": 99}, codecs.Audio),
        ("Labels", {"names": WORDS, "others": True}, codecs.Labels),
    ],
)
def test_configurations_with_earlier_names_are_read(name, config, cls):
    codec = codecs.from_config({"name": name, "config": config})
    assert type(codec) is cls
    again = codecs.from_config(codecs.to_config(codec))
    assert again.get_config() == codec.get_config()
    assert name != "Audio" or codec.shape == (800,)
    assert name != "Labels" or codec("cat") == -1
