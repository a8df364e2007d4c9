"""Unigram models of SentencePiece: ids equal to those of SentencePiece."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
import tiny_presets
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from mmkeras.data import codecs
from mmkeras.data.codecs import pretrained_tokens
from mmkeras.data.codecs.unigrams import Unigrams

PIECES = ["<pad>", "</s>", "<unk>", "▁", "▁low", "▁l", "ow", "er", "l", "e"]
SCORES = [None, None, None, -2.0, -5.0, -3.5, -2.5, -3.0, -4.0, -4.5]


def codec(**changes):
    return codecs.SentencePieces(PIECES, SCORES, **changes)


def pieces(text, **changes):
    ids = codec(**changes).tokenize([text])[0].numpy()
    return [PIECES[i] for i in ids]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("low", "▁low"),
        ("lower low", "▁low er ▁low"),
        ("  low   low ", "▁low ▁low"),
        ("lxyl", "▁l <unk> l"),  # Unknown pieces in a row are one.
        ("x", "▁ <unk>"),
        ("▁low▁", "▁ ▁low"),
        ("</s>", "▁ <unk>"),  # Special pieces are in no text.
        ("", ""),
        (" ", ""),
    ],
)
def test_splits_into_the_most_likely_pieces(text, expected):
    assert pieces(text) == expected.split()


def test_spaces_may_remain():
    options = {"prefix_space": False, "strip_spaces": False}
    assert pieces("ow  low ", **options) == "ow ▁ ▁low ▁".split()


def test_siglip_removes_case_and_punctuation():
    options = {"lowercase": True, "punctuation": "drop"}
    assert pieces("LOW, (low)!", **options) == ["▁low", "▁low"]
    assert pieces("?!", **options) == []
    assert pieces("LOW low?", lowercase=True) == "▁low ▁low <unk>".split()


def test_the_best_split_is_that_of_all_splits():
    rng = np.random.default_rng(0)
    texts = [
        "".join(x) for n in (1, 2, 3) for x in itertools.product(*["abc"] * n)
    ]
    scores = rng.normal(-5, 2, len(texts)).astype("float32").tolist()
    unigrams = Unigrams([*texts, "<unk>"], [*scores, None], len(texts))
    words = ["".join(rng.choice(list("abcx"), n)) for n in (1, 4, 7, 2, 9)]
    known = dict(zip(texts, scores))
    lowest = min(scores) - 10

    def best(word):
        if not word:
            return 0
        ends = range(1, len(word) + 1)
        return max(
            known.get(word[:i], lowest if i == 1 else -np.inf) + best(word[i:])
            for i in ends
        )

    for word, ids in zip(words, unigrams(tf.constant(words)).to_list()):
        total = sum(known[texts[i]] if i < len(texts) else lowest for i in ids)
        assert total == pytest.approx(best(word), rel=1e-5)


def test_sentences_end_with_the_end_and_padding_of_0():
    ids = codec(length=5)(["low lower", "low " * 9, ""]).numpy().tolist()
    assert ids == [[5, 5, 8, 2, 0], [5, 5, 5, 5, 2], [2, 0, 0, 0, 0]]
    started = codec(length=5, start=0)(["low"]).numpy().tolist()
    assert started == [[1, 5, 2, 0, 0]]
    assert codec().network_padding == 0 and codec().network_offset == 1


def test_words_are_hidden_by_the_mask():
    assert codec().mask == codec().unknown == 3
    assert codec().special == [0, 1, 2, 3] and codec(mask=0).mask == 1


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"scores": [None]}, "1 scores of 10 pieces"),
        ({"end": 10}, "end=10"),
        ({"unknown": None}, "unknown=None"),
        ({"punctuation": "none"}, "'keep' or 'drop'.*'none'"),
        ({"charsmap": "???"}, "charsmap"),
        ({"charsmap": "/////w=="}, "bytes of a trie"),
    ],
)
def test_wrong_arguments_are_refused(changes, message):
    config = {**codec().get_config(), **changes}
    with pytest.raises(ValueError, match=message):
        codecs.SentencePieces.from_config(config)


KINDS = {
    "siglip": ("SigLIPTokenizer", {"pad_id": 0, "eos_id": 1, "unk_id": 2}),
    "albert": (
        "AlbertTokenizer",
        {
            **{"pad_id": 0, "unk_id": 1, "bos_id": 2, "eos_id": 3},
            **{"pad_piece": "<pad>", "bos_piece": "[CLS]"},
            **{"eos_piece": "[SEP]", "control_symbols": "[MASK]"},
            **{"user_defined_symbols": "(,ed", "vocab_size": 36},
            "normalization_rule_name": "nmt_nfkc_cf",
        },
    ),
    "xlm-r": ("XLMRobertaTokenizer", {"normalization_rule_name": "identity"}),
}


@pytest.fixture(
    scope="module",
    params=[
        "siglip",
        pytest.param("albert", marks=pytest.mark.slow),
        pytest.param("xlm-r", marks=pytest.mark.slow),
    ],
)
def pair(request):
    """A tokenizer of KerasHub, and its codec."""
    keras_hub = pytest.importorskip("keras_hub")
    name, options = KINDS[request.param]
    if request.param == "siglip":
        options = {**options, "bos_id": -1}
    proto = tiny_presets.sentence_pieces(**options)
    tokenizer = getattr(keras_hub.models, name)(proto)
    own = pretrained_tokens.of_tokenizer(tokenizer, "x", 16)
    config = {**own.get_config(), "lowercase": False, "punctuation": "keep"}
    return tokenizer, codecs.SentencePieces.from_config(config)


# Letters that tables of different Unicode versions agree on.
LETTERS = st.characters(max_codepoint=0x07B0, exclude_categories=["Cn", "Cs"])
PARTS = st.sampled_from(
    [*tiny_presets.WORDS, " ", "  ", "\n", "\u3000", "\u2028", "(", "</s>"]
    + ["e\u0301", "👩‍👩‍👧", "😀", "ﬁ", "㌔", "ΣΟΣ", "\u1112\u1161", "▁", "RED"]
)
TEXTS = st.lists(PARTS | st.text(LETTERS, max_size=4), max_size=12)


@given(st.lists(TEXTS.map("".join), min_size=1, max_size=8))
@settings(deadline=None, derandomize=True, max_examples=8)
def test_ids_equal_those_of_keras_hub(pair, texts):
    tokenizer, own = pair
    texts = [text.replace("\0", "") for text in texts]  # Ends a C string.
    expected = [list(map(int, tokenizer(text))) for text in texts]
    assert own.tokenize(texts).to_list() == expected


@pytest.mark.slow
def test_a_saved_model_needs_no_table(pair, tmp_path):
    module, own = tf.Module(), pair[1]
    module.encode = tf.function(
        own.encode, input_signature=[own.signature("text")]
    )
    tf.saved_model.save(module, tmp_path)
    loaded = tf.saved_model.load(tmp_path)
    packed = own.pack([*own.samples(), "ﬁ e\u0301 \u2028 red"])
    for mine, theirs in zip(own.encode(packed), loaded.encode(packed)):
        assert (mine.numpy() == theirs.numpy()).all()


def test_another_kind_of_model_is_refused():
    keras_hub = pytest.importorskip("keras_hub")
    proto = tiny_presets.sentence_pieces(
        model_type="bpe", pad_id=0, eos_id=1, unk_id=2, bos_id=-1
    )
    tokenizer = keras_hub.models.SigLIPTokenizer(proto)
    with pytest.raises(ValueError, match="a unigram.*SigLIPTokenizer of.*bpe"):
        pretrained_tokens.of_tokenizer(tokenizer, "some/folder")


def test_another_tokenizer_is_refused():
    keras_hub = pytest.importorskip("keras_hub")
    tokenizer = keras_hub.tokenizers.ByteTokenizer()
    with pytest.raises(ValueError, match="RoBERTa.*some/folder.*ByteTokenizer"):
        pretrained_tokens.of_tokenizer(tokenizer, "some/folder")
