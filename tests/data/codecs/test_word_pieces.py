import pathlib
import unicodedata

import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from mmkeras.data import codecs
from mmkeras.data.codecs import normalization
from mmkeras.data.codecs.word_pieces import WordPieces

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789,.!'-éσ東京"
VOCABULARY = [
    *SPECIAL,
    *["un", "##aff", "##able", "hello", "hell", "world", "##o", "of", "cafe"],
    *[x for x in LETTERS if x not in "xyz"],
    *[f"##{x}" for x in "abcdefghijklmnop"],
]


def pieces(text, codec=None):
    codec = codec or WordPieces(VOCABULARY)
    return [codec.vocabulary[i] for i in codec.tokenize([text])[0].numpy()]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("unaffable", ["un", "##aff", "##able"]),
        ("Hello, WORLD!", ["hello", ",", "world", "!"]),
        ("hellof", ["hello", "##f"]),  # The longest first piece, not "hell".
        ("hellx hello", ["[UNK]", "hello"]),  # No piece for x: all unknown.
        ("Café", ["cafe"]),
        ("東京", ["東", "京"]),
        ("Σ σ", ["σ", "σ"]),
        ("a\u00ad\u200bb\tc\x00", ["a", "##b", "c"]),
        ("a" * 100, ["a", *["##a"] * 99]),
        ("a" * 101, ["[UNK]"]),
        ("  \n", []),
    ],
)
def test_splits_as_bert_does(text, expected):
    assert pieces(text) == expected


def test_a_cased_vocabulary_keeps_case_and_accents():
    vocabulary = [*VOCABULARY, "Café"]
    codec = WordPieces(vocabulary, lowercase=False)
    assert pieces("Café cafe", codec) == ["Café", "cafe"]
    assert pieces("HELLO", codec) == ["[UNK]"]


def test_sentences_have_a_start_an_end_and_padding():
    codec = WordPieces(VOCABULARY, length=6)
    ids = codec(["hello", "hello world of hello of", ""]).numpy().tolist()
    word = {x: i for i, x in enumerate(VOCABULARY)}
    start, end = word["[CLS]"], word["[SEP]"]
    hello, world, of = word["hello"], word["world"], word["of"]
    assert ids[0] == [start, hello, end, 0, 0, 0]
    assert ids[1] == [start, hello, world, of, hello, end]
    assert ids[2] == [start, end, 0, 0, 0, 0]
    assert codec.sizes(["hello", "hello world of hello of"]) == [3, 7]


def test_a_text_without_a_word_is_missing():
    codec = WordPieces(VOCABULARY, length=6)
    packed = codec.pack(["hello", None, " \n", b"\xff hello"])
    ids, present, errors = codec.encode(packed)
    assert present.numpy().tolist() == [True, False, False, True]
    assert not ids.numpy()[1:3].any()
    assert errors.numpy().tolist()[:3] == [b""] * 3
    assert b"UTF-8" in errors.numpy()[3]


def test_a_saved_model_needs_no_table(tmp_path):
    codec = WordPieces(VOCABULARY, length=8)
    module = tf.Module()
    module.encode = tf.function(
        codec.encode, input_signature=[codec.signature("text")]
    )
    tf.saved_model.save(module, tmp_path)
    loaded = tf.saved_model.load(tmp_path)
    texts = codec.pack(codec.samples())
    for mine, theirs in zip(codec.encode(texts), loaded.encode(texts)):
        assert (mine.numpy() == theirs.numpy()).all()


def test_its_configuration_makes_it_again():
    codec = WordPieces(VOCABULARY, 9, lowercase=False, strip_accents=True)
    same = codecs.from_config(codecs.to_config(codec))
    assert same.get_config() == codec.get_config()


@pytest.mark.parametrize(
    "vocabulary, message",
    [
        (SPECIAL[1:], "first word piece must be '.PAD.'"),
        ([x for x in SPECIAL if x != "[SEP]"], r"contain '\[SEP\]' once"),
        ([*SPECIAL, "[UNK]"], r"contain '\[UNK\]' once"),
        ([], "first word piece"),
    ],
)
def test_an_incomplete_vocabulary_is_refused(vocabulary, message):
    with pytest.raises(ValueError, match=message):
        WordPieces(vocabulary)


def test_a_length_without_a_place_for_words_is_refused():
    with pytest.raises(ValueError, match="length=2"):
        WordPieces(VOCABULARY, length=2)


@given(st.text(st.characters(max_codepoint=0x2FFFF, exclude_categories="C")))
@settings(deadline=None, derandomize=True)
def test_marks_are_stripped_as_unicode_decomposes(text):
    found = normalization.strip_marks(tf.constant([text]))[0].numpy().decode()
    parts = unicodedata.normalize("NFD", text)
    assert found == "".join(x for x in parts if unicodedata.category(x) != "Mn")


# Marks that tables of different Unicode versions do not agree on are not
# drawn: these ranges have been complete for long.
LETTERS_OF_ALL = st.characters(max_codepoint=0x07B0, exclude_categories="C")
WORDS = st.sampled_from(["un", "affable", "Hello", " ", "東京", "한국", "…"])


@pytest.mark.realdata
@given(st.lists(WORDS | st.text(LETTERS_OF_ALL, max_size=4)))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_ids_equal_those_of_the_original_tokenizer(reference, texts):
    codec, original = reference
    text = "".join(texts)
    ids = original.encode(text, add_special_tokens=False).ids
    assert codec.tokenize([text])[0].numpy().tolist() == ids


@pytest.fixture(scope="module")
def reference(data_folder):
    tokenizers = pytest.importorskip("tokenizers")
    file = pathlib.Path(data_folder, "pretrained", "minilm", "vocab.txt")
    if not file.exists():
        pytest.skip(f"needs {file}")
    words = file.read_text("utf-8").splitlines()
    return WordPieces(words), tokenizers.BertWordPieceTokenizer(str(file))
