"""Texts in languages that are written without spaces, and emoji in texts."""

import json

import numpy as np
import pytest
import tensorflow as tf

from mmkeras.data import codecs
from mmkeras.data.codecs import scripts

Text = codecs.Text


def tokens(text, **options):
    words = Text([], **options).tokenize(tf.constant(text))
    return [word.decode() for word in words.numpy()]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("détestable", "de\u0301testable"),
        ("co\u00adoperate", "cooperate"),
        ("می\u200cخواهم", "میخواهم"),
        ("क\u094d\u200dष", "क\u094dष"),
        ("super\u2060man", "superman"),
        ("\ufeffword", "word"),
        ("\u200eword\u200f", "word"),
        ("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"),
        ("❤\ufe0f", "❤"),
    ],
)
@pytest.mark.parametrize("punctuation", ["drop", "keep"])
def test_two_spellings_of_a_word_are_one_token(one, other, punctuation):
    options = {"punctuation": punctuation, "emoji": "keep"}
    assert tokens(one, **options) == tokens(other, **options)
    assert len(tokens(one, **options)) == 1
    words = Text(tokens(one, **options), length=5, **options)
    ids = words([one, other]).numpy()
    np.testing.assert_array_equal(ids, [[1, 4, 2, 0, 0]] * 2)


def test_invisible_separators_split():
    assert tokens("two\u200bwords\u00a0and\u2028three") == [
        "two",
        "words",
        "and",
        "three",
    ]


def test_compatibility_characters_are_one_form_with_nfkc():
    assert tokens("ＡＢＣ ｶﾞ", normalization="NFKC") == ["abc", "ガ"]
    assert tokens("ＡＢＣ") == ["ａｂｃ"]


def test_a_configuration_of_an_earlier_version_keeps_its_tokens():
    for name in ("Text", "Dialogue", "Answers"):
        config = {"vocabulary": ["a"], "split": "words"}
        codec = codecs.from_config({"name": name, "config": config})
        words = getattr(codec, "words", codec)
        actual = words.tokenize(tf.constant("de\u0301tes\u200ctable"))
        assert [x.decode() for x in actual.numpy()] == ["de\u0301tes", "table"]
        again = codecs.from_config(
            json.loads(json.dumps(codecs.to_config(codec)))
        )
        assert again.get_config() == codec.get_config()


ENGLAND = "".join(chr(0xE0000 + ord(letter)) for letter in "gbeng")
EMOJI = [
    *("😀", "❤", "👍🏽", "🇫🇷", "1\u20e3", "🏳\u200d🌈", "🙂\u200d↔"),
    *("👨\u200d👩\u200d👧\u200d👦", "👩🏿\u200d🚀", f"🏴{ENGLAND}\U000e007f"),
]


@pytest.mark.parametrize("split", ["words", "mixed"])
@pytest.mark.parametrize("punctuation", ["drop", "keep"])
def test_each_emoji_is_one_token(split, punctuation):
    options = {"split": split, "punctuation": punctuation, "emoji": "keep"}
    assert tokens("today" + "".join(EMOJI) + "x", **options) == [
        "today",
        *EMOJI,
        "x",
    ]
    with_selectors = " ".join(emoji + "\ufe0f" for emoji in EMOJI)
    assert tokens(with_selectors, **options) == EMOJI


def test_emoji_are_dropped_with_punctuation_by_default():
    assert tokens("today 😀 🏳\u200d🌈👍🏽 now!") == ["today", "now"]


def test_a_joiner_next_to_an_emoji_is_not_a_token():
    words = tokens("\u200d😀\u200d a\u200d b \u200d", emoji="keep")
    assert words == ["😀", "a", "b"]


@pytest.mark.parametrize(
    ("text", "expected", "written"),
    [
        ("一只狗在跑。", "一 只 狗 在 跑", "一只狗在跑"),
        ("我的iPhone 12坏了", "我 的 iphone 12 坏 了", "我的iphone 12坏了"),
        ("犬がボールで", "犬 が ボ ー ル で", "犬がボールで"),
        ("หมาวิ่ง", "ห ม า ว ิ ่ ง", "หมาวิ่ง"),
        ("ໝາແລ່ນ", "ໝ າ ແ ລ ່ ນ", "ໝາແລ່ນ"),
        ("ឆ្កែ", "ឆ ្ ក ែ", "ឆ្កែ"),
        ("ခွေး", "ခ ွ ေ း", "ခွေး"),
        ("개가 달린다", "개가 달린다", "개가 달린다"),
        ("don't 跑", "don't 跑", "don't跑"),
    ],
)
def test_unspaced_scripts_are_split_and_written_back(text, expected, written):
    assert tokens(text, split="mixed") == expected.split()
    words = Text(sorted(set(expected.split())), split="mixed", length=30)
    assert words.decode(words(text)).numpy().decode() == written


def test_fitting_chooses_how_to_split():
    chinese = ["一只狗在雪地里跑。", "两个男人在踢足球。"]
    words = Text.from_texts(chinese, minimum=2)
    assert words.split == "mixed" and words.vocabulary[4:] == ["在"]
    assert Text.from_texts(["a dog", "a cat"], minimum=1).split == "words"
    quoted = [*["a dog runs"] * 200, "the sign says 出口"]
    assert Text.from_texts(quoted, minimum=1).split == "words"
    mixed = [*["a dog runs"] * 20, "一只狗"]
    assert "dog" in Text.from_texts(mixed, minimum=1).vocabulary
    characters = Text.from_texts(chinese, minimum=1, split="characters")
    assert characters.split == "characters"
    turns = codecs.Dialogue.from_dialogues([["你好！", "你好 吗"]], minimum=1)
    assert turns.words.split == "mixed" and "你" in turns.vocabulary


def test_spaces_are_put_around_unspaced_characters():
    assert scripts.spaced("a 狗dog").split() == ["a", "狗", "dog"]
