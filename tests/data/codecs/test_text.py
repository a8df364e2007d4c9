import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from mmkeras.data import codecs

Text = codecs.Text


def tokens(text, **options):
    words = Text([], **options).tokenize(tf.constant(text))
    return [word.decode() for word in words.numpy()]


@pytest.mark.parametrize(
    ("text", "without", "with_punctuation"),
    [
        ("A dog.", "a dog", "a dog ."),
        ("  two\tdogs\n", "two dogs", "two dogs"),
        ("a T-shirt, red", "a t-shirt red", "a t-shirt , red"),
        ("the dog 's ball", "the dog 's ball", "the dog 's ball"),
        ("the dog's ball", "the dog's ball", "the dog's ball"),
        ("it’s", "it's", "it's"),
        ("'hello' he", "hello he", "' hello ' he"),
        ("so - he -- ran-", "so he ran", "so - he -- ran -"),
        ("-left 'right", "left right", "- left ' right"),
        ('"no"(yes)', "no yes", '" no " ( yes )'),
        ("3.5 #1", "3 5 1", "3 . 5 # 1"),
        ("“Ça va?”", "ça va", "“ ça va ? ”"),
        ("Ärger ŐÉ Ω", "ärger őé ω", "ärger őé ω"),
        ("Привет, мир!", "привет мир", "привет , мир !"),
        ("a\u00a0b\u3000c\0d", "a b c d", "a b c d"),
        ("", "", ""),
        ("?!", "", "? !"),
        ("<start> <end>", "start end", "< start > < end >"),
    ],
)
def test_splits_words(text, without, with_punctuation):
    assert " ".join(tokens(text)) == without
    actual = " ".join(tokens(text, punctuation="keep"))
    assert actual == with_punctuation


def test_keeps_case():
    assert tokens("Ein Hund", lowercase=False) == ["Ein", "Hund"]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Café naïve Ångström", ["cafe", "naive", "angstrom"]),
        ("cafe\u0301", ["cafe"]),
        ("ήλιος", ["ηλιος"]),
        ("ガラス 한국", ["ガラス", "한국"]),
    ],
)
def test_strips_accents(text, plain):
    assert tokens(text, accents=False) == plain
    batch = Text([], accents=False).tokenize(tf.constant([text, "x"]))
    assert [word.decode() for word in batch[0].numpy()] == plain


def test_splits_characters():
    text = "一只狗，在 雪地！"
    assert tokens(text, split="characters") == list("一只狗在 雪地")
    characters = tokens(text, split="characters", punctuation="keep")
    assert characters == list("一只狗，在 雪地！")


def test_characters_round_trip():
    words = Text(
        [*"一只狗在雪地里跑，。ab "],
        split="characters",
        punctuation="keep",
        length=20,
    )
    text = "一只狗在雪地里跑，a b。"
    assert words.decode(words(text)).numpy().decode() == text


def test_encodes():
    words = Text(["a", "dog", "runs"], length=6)
    assert len(words) == 7
    np.testing.assert_array_equal(words("A dog runs!"), [1, 4, 5, 6, 2, 0])
    np.testing.assert_array_equal(words("a cat"), [1, 4, 3, 2, 0, 0])
    np.testing.assert_array_equal(words(""), [1, 2, 0, 0, 0, 0])
    np.testing.assert_array_equal(words("a a a a a a"), [1, 4, 4, 4, 4, 2])
    assert words("a").dtype == tf.int32


def test_encodes_any_shape():
    words = Text(["a", "dog"], length=5)
    texts = [["a", "dog"], ["a dog", ""], ["x", "a a a a"]]
    ids = words(tf.constant(texts))
    assert ids.shape == (3, 2, 5)
    for row, text in zip(ids, texts):
        for one, sentence in zip(row, text):
            np.testing.assert_array_equal(one, words(sentence))
    assert words(tf.zeros((0,), tf.string)).shape == (0, 5)


def test_runs_in_a_dataset():
    words = Text(["a", "dog"], length=5)
    dataset = tf.data.Dataset.from_tensor_slices(["a dog", "dog"]).map(words)
    assert dataset.element_spec == tf.TensorSpec((5,), tf.int32)
    rows = [row.numpy().tolist() for row in dataset]
    assert rows == [[1, 4, 5, 2, 0], [1, 5, 2, 0, 0]]


def test_every_word_of_a_vocabulary_is_found():
    vocabulary = [f"w{number}" for number in range(5000)] + ["ü", "狗"]
    words = Text(vocabulary, length=3)
    ids = words(tf.constant(vocabulary))[:, 1]
    np.testing.assert_array_equal(ids, np.arange(4, 4 + len(vocabulary)))
    others = tf.constant([f"x{number}" for number in range(5000)])
    assert set(words(others)[:, 1].numpy()) == {3}


def test_decodes():
    words = Text(["a", "dog", "runs"])
    ids = [[1, 4, 5, 2, 6, 6], [4, 5, 6, 2, 0, 0], [2, 4, 4, 4, 4, 4]]
    assert words.decode(ids).numpy().tolist() == [b"a dog", b"a dog runs", b""]
    assert words.decode([4, 3, 6]) == b"a <unknown> runs"
    assert words.decode([[ids]]).shape == (1, 1, 3)


def test_decoding_joins_punctuation():
    words = Text(["a", "dog", "(", ")", ",", "."], punctuation="keep")
    text = "a dog, a ( dog)."
    assert words.decode(words(text)).numpy().decode() == text
    np.testing.assert_array_equal(words("A dog,a (dog)."), words(text))


def test_vocabulary_by_count_then_alphabet():
    texts = ["b a c", "B c!", "a, d", "c"]
    words = Text.from_texts(texts, minimum=1)
    assert words.vocabulary[4:] == ["c", "a", "b", "d"]
    assert Text.from_texts(texts, minimum=2).vocabulary[4:] == ["c", "a", "b"]
    assert Text.from_texts(texts, 2, minimum=1).vocabulary[4:] == ["c", "a"]
    words = Text.from_texts(texts, minimum=1, punctuation="keep", length=9)
    assert "!" in words.vocabulary
    assert words.length == 9


def test_vocabulary_of_nothing():
    with pytest.raises(ValueError, match="No word occurs at least 5 times"):
        Text.from_texts(["a b"])


def test_broken_unicode_is_no_error():
    words = Text(["abc"], length=6)
    broken = [b"\xff\xfe abc", b"\xc3", b"\xed\xa0\x80", b"\xf0\x9f", b"\0"]
    ids = words(tf.constant(broken))
    assert ids.shape == (5, 6)
    assert 4 in ids[0].numpy()
    words = Text.from_texts(["abc \ud800"], minimum=1)
    assert "abc" in words.vocabulary


ALONE = """
import json, sys
import tensorflow as tf
folders, texts = map(json.loads, sys.argv[1:])
for folder in folders:
    loaded = tf.saved_model.load(folder)
    outputs = loaded.signatures["serving_default"](text=tf.constant(texts))
    print(json.dumps({
        "ids": outputs["ids"].numpy().tolist(),
        "texts": [text.decode() for text in outputs["texts"].numpy()],
    }))
"""


def write_saved_model(words, folder):
    """Writes a module that uses a codec and does not track it."""

    class Served(tf.Module):
        @tf.function(
            input_signature=[tf.TensorSpec((None,), tf.string, name="text")]
        )
        def serve(self, text):
            ids = words(text)
            return {"ids": ids, "texts": words.decode(ids)}

    served = Served()
    signatures = {"serving_default": served.serve}
    tf.saved_model.save(served, folder, signatures=signatures)


@pytest.mark.slow
def test_serves_untracked(tmp_path):
    texts = ["Café, a dog's", "a 狗", ""]
    codecs = {
        str(tmp_path / str(i)): Text.from_texts(texts, minimum=1, **options)
        for i, options in enumerate(
            [{"accents": False}, {"split": "characters", "punctuation": "keep"}]
        )
    }
    for folder, words in codecs.items():
        write_saved_model(words, folder)
    answer = subprocess.run(
        [sys.executable, "-c", ALONE]
        + [json.dumps([*codecs]), json.dumps(texts)],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = answer.stdout.splitlines()[-2:]
    for words, line in zip(codecs.values(), lines, strict=True):
        outputs = json.loads(line)
        ids = words(tf.constant(texts))
        assert outputs["ids"] == ids.numpy().tolist()
        decoded = [text.decode() for text in words.decode(ids).numpy()]
        assert outputs["texts"] == decoded


def test_config():
    words = Text(
        ["狗", "a"],
        length=7,
        lowercase=False,
        accents=False,
        split="characters",
        punctuation="keep",
    )
    config = json.loads(json.dumps(codecs.to_config(words)))
    again = codecs.from_config(config)
    assert again.get_config() == words.get_config()
    np.testing.assert_array_equal(again("a狗x"), words("a狗x"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vocabulary": ["a", "a"]}, "'a'"),
        ({"vocabulary": ["<end>"]}, "'<end>'"),
        ({"vocabulary": [""]}, "''"),
        ({"vocabulary": [3]}, "3"),
        ({"length": 2}, "`length`"),
        ({"split": "letters"}, "`split` must be one of 'words', 'characters'"),
        ({"punctuation": "no"}, "`punctuation`"),
    ],
)
def test_refuses_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        Text(**{"vocabulary": ["a"], **arguments})
