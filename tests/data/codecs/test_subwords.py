"""Subwords: what was encoded comes back, whatever it is."""

import random
import unicodedata

import corpora
import numpy as np
import pytest
import sentencepiece
import tensorflow as tf
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies

from mmkeras.data import codecs

TEXTS = [
    f"{one} {colour} {thing} {does} near the {place}."
    for one in ("A", "The", "Eine")
    for colour in ("red", "rote", "tiny")
    for thing in ("dog", "Hündin", "bicycle")
    for does in ("runs", "läuft")
    for place in ("house", "river")
]


@pytest.fixture(scope="module", params=["unigram", "bpe"])
def codec(request):
    algorithm = request.param
    return codecs.Subwords.from_texts(
        TEXTS, 80, length=400, algorithm=algorithm
    )


def decoded(codec, texts):
    return [text.decode() for text in codec.decode(codec(texts)).numpy()]


def is_blank(text):
    return all(x.isspace() or unicodedata.category(x) == "Zs" for x in text)


@pytest.fixture(scope="module")
def round_trip(codec):
    """Encodes and decodes in a graph."""
    spec = tf.TensorSpec([None], tf.string)
    return tf.function(lambda x: codec.decode(codec(x)), [spec])


@settings(deadline=None, max_examples=15)
@given(
    strategies.lists(
        strategies.text(max_size=80).filter(lambda text: not is_blank(text)),
        min_size=1,
    )
)
@example(["two  spaces ,  at the end too ", "\x00"])
@example(["\ttab\nline\r\n end", "Straße 中文 \U0001f600\u200d"])
@example(["▁a▁▁dog▁", "\U000f0041\U000f00ff"])  # The codec's own signs.
def test_what_was_encoded_comes_back(round_trip, texts):
    back = [text.decode() for text in round_trip(tf.constant(texts)).numpy()]
    assert back == texts


def test_texts_of_white_space_are_missing(codec):
    ids, present, errors = codec.encode(codec.pack(["  ", "\n\t\u3000", "a"]))
    assert present.numpy().tolist() == [False, False, True]
    assert not ids.numpy()[:2].any()
    assert errors.numpy().tolist() == [b"", b"", b""]


def test_splits_as_sentencepiece_does(codec):
    config = codec.get_config()
    scores = dict(zip(config["vocabulary"], config["scores"]))
    kind = 1 + (config["algorithm"] == "bpe")
    proto_of = proto(scores, kind)
    model = sentencepiece.SentencePieceProcessor(model_proto=proto_of)
    for text in [*TEXTS[::7], "reddest riding houses hues", "eeeeee nnnnn"]:
        ids = np.trim_zeros(codec([text]).numpy()[0])[1:-1]
        pieces = [codec.vocabulary[i] for i in ids]
        assert "".join(pieces) == "▁" + text.replace(" ", "▁")
        best = model.encode(text, out_type=str)
        if config["algorithm"] == "bpe":
            assert pieces == best
        likelihood = [sum(scores[x] for x in part) for part in (pieces, best)]
        assert likelihood[0] == pytest.approx(likelihood[1], abs=1e-4)


def proto(scores, kind):
    """A model of the library with the same pieces; kind 2 is byte pairs."""
    from sentencepiece import sentencepiece_model_pb2

    model = sentencepiece_model_pb2.ModelProto()
    model.trainer_spec.unk_id = 0
    model.trainer_spec.model_type = kind
    model.normalizer_spec.name = "identity"
    model.normalizer_spec.remove_extra_whitespaces = False
    model.pieces.add(piece="<unk>", score=0.0, type=2)
    for piece, score in scores.items():
        model.pieces.add(piece=piece, score=score)
    return model.SerializeToString()


def test_frequent_words_are_single_pieces_and_rare_ones_are_not():
    generator = random.Random(0)
    texts = [" ".join(corpora.sentence(generator)) for _ in range(400)]
    codec = codecs.Subwords.from_texts(texts, 200)
    assert codec.sizes(["running", "running street", "xyz"]) == [3, 4, 6]


def test_ids_follow_start_and_end_and_none_is_unknown(codec):
    assert codec.unknown is None
    assert codec.vocabulary[:3] == ["", "<start>", "<end>"]
    assert len(codec) == 3 + 256 + codec.num_pieces
    ids = codec(["a é"]).numpy()[0]
    # The two bytes of the letter that the texts do not have.
    assert ids[0] == 1 and 3 + 0xC3 in ids and 3 + 0xA9 in ids
    assert ids[np.count_nonzero(ids) - 1] == 2


def test_decode_stops_at_the_end_and_replaces_broken_bytes(codec):
    d = codec.vocabulary.index("d")
    texts = codec.decode([[1, d, 2, d], [d, 3 + 0xC3, 0, 0]]).numpy()
    assert [x.decode() for x in texts] == ["d", "d\ufffd"]


def test_lower_case(codec):
    config = {**codec.get_config(), "lowercase": True}
    assert decoded(codecs.Subwords(**config), ["A Hündin Ä"]) == ["a hündin ä"]
    learned = codecs.Subwords.from_texts(TEXTS, 60, lowercase=True)
    assert "A" not in learned.vocabulary


def test_masked_words_are_hidden_in_any_case(codec):
    learned = codecs.Subwords.from_texts(TEXTS, 90, masked=["red", "tiny"])
    texts = decoded(learned, ["A Red, red dog; redder TINY", "a hundred"])
    assert texts == ["A □, □ dog; redder □", "a hundred"]
    again = codecs.Subwords(**learned.get_config())
    assert decoded(again, ["red"]) == ["□"]
    assert "□" in learned.vocabulary  # Not three bytes.


@pytest.mark.parametrize("algorithm", ["unigram", "bpe"])
def test_few_texts_give_fewer_pieces_and_the_same_ones_every_time(algorithm):
    def learn(texts):
        return codecs.Subwords.from_texts(texts, 5000, algorithm=algorithm)

    few = [learn(TEXTS[:9]) for _ in range(2)]
    assert 20 < few[0].num_pieces < 200
    assert few[0].get_config() == few[1].get_config()
    assert learn(["a"]).num_pieces >= 2


def test_byte_pairs_merge_the_most_frequent_pairs_first():
    pieces = ["▁", "a", "b", "c", "ab", "bc", "abc", "▁ab"]
    scores = [-9.0, -9.0, -9.0, -9.0, -1.0, 0.0, -2.0, -3.0]
    words = codecs.Subwords(pieces, scores, algorithm="bpe")

    def split(text):
        ids = np.trim_zeros(words([text]).numpy()[0])[1:-1]
        return [words.vocabulary[i] for i in ids]

    assert split("abc") == ["▁", "abc"]  # b c, then a bc.
    assert split("ab abb") == ["▁ab", "▁ab", "b"]
    assert split("bcbc aaa") == ["▁", "bc", "bc", "▁", "a", "a", "a"]


def test_canonical_texts_are_those_that_are_decoded(codec):
    texts = ["A  Hündin!", "STRASSE"]
    assert codec.canonical(texts) == texts == decoded(codec, texts)
    config = {**codec.get_config(), "lowercase": True, "length": 3}
    lower = codecs.Subwords(**config)
    assert lower.canonical(texts) == ["a  hündin!", "strasse"]


@pytest.mark.parametrize(
    ("texts", "size", "message"),
    [
        (["", " \n"], 100, "at least one text with a word"),
        (TEXTS, 5, "from 108 texts.*another number of pieces.*size=5"),
    ],
)
def test_what_cannot_be_learned_is_an_error(texts, size, message):
    with pytest.raises(ValueError, match=message):
        codecs.Subwords.from_texts(texts, size)


def test_an_unknown_algorithm_is_refused():
    with pytest.raises(ValueError, match="unigram, bpe.*algorithm='words'"):
        codecs.Subwords.from_texts(TEXTS, 80, algorithm="words")
    with pytest.raises(ValueError, match="unigram, bpe.*algorithm=None"):
        codecs.Subwords(["▁"], [0.0], algorithm=None)


@pytest.mark.parametrize(
    ("pieces", "scores", "message"),
    [
        (["▁", "a"], [-1.0], "1 scores of 2 pieces"),
        (["a", "b"], [-1.0, -1.0], "one of which is '▁'"),
        (["▁", "a", "a"], [-1.0] * 3, "distinct pieces"),
        (["▁", "ab", "a"], [-1.0] * 3, r"pieces with \['b'\]"),
    ],
)
def test_refused_pieces(pieces, scores, message):
    with pytest.raises(ValueError, match=message):
        codecs.Subwords(pieces, scores)
