import numpy as np
import pytest
import tensorflow as tf

from mmkeras.data import codecs

DIALOGUES = [["Ann: Hello!", "Bob: hello ann"], ["Hello?", "", "hello  hello"]]


@pytest.fixture
def codec():
    return codecs.Dialogue.from_dialogues(DIALOGUES, minimum=1, length=7)


def test_each_turn_is_encoded_as_text(codec):
    assert codec.shape == (3, 7) and len(codec) == len(codec.vocabulary)
    assert codec.vocabulary[4] == "hello" and "?" in codec.vocabulary
    text = tf.constant([codec.join(turns) for turns in DIALOGUES])
    ids = codec(text).numpy()
    for turns, rows in zip(DIALOGUES, ids):
        expected = codec.words(tf.constant(turns)).numpy()
        np.testing.assert_array_equal(rows[: len(turns)], expected)
        assert not rows[len(turns) :].any()
    assert list(ids[1, 1]) == [1, 2, 0, 0, 0, 0, 0]  # Silence is a turn.
    np.testing.assert_array_equal(codec(text[0]), ids[0])


def test_a_line_break_within_a_turn_is_a_space(codec):
    assert codec.join(["a\nb ", "c"]) == "a b\nc"


def test_turns_are_joined_in_a_graph_as_outside(codec):
    dialogues = [["a  b", "c\nd", ""], ["", "", ""], ["", "e", "f"]]
    joined = codec.joined(tf.constant(dialogues))
    for text, turns in zip(joined.numpy(), dialogues):
        expected = codec.join(turns)
        assert text.decode().rstrip("\n") == expected.rstrip("\n")
    assert codec.joined(joined) is joined
    lines = codec.lines(joined).numpy().tolist()
    assert lines[0] == [b"a b", b"c d", b""]
    assert lines[2] == [b"", b"e", b"f"]


def test_too_many_turns_are_an_error(codec):
    text = tf.constant(["hello\n" * 3, "hello\n" * 4, ""])
    ids, errors = codec.try_batch(text)
    error = b"4 turns; the model was trained with at most 3"
    assert list(errors.numpy()) == [b"", error, b""]
    assert ids.shape == (3, 3, 7)


def test_a_list_of_turns_is_a_raw_value(codec):
    raw = codec.pack([DIALOGUES[0], "Ann: Hello!\nBob: hello ann\n", None])
    x, present, errors = codec.encode(raw)
    np.testing.assert_array_equal(x[0], x[1])
    assert list(present.numpy()) == [True, True, False]
    assert not np.any(x[2]) and not any(errors.numpy())
    with pytest.raises(ValueError, match="Received: a value of type int"):
        codec.pack([3])


def test_config(codec):
    again = codecs.from_config(codecs.to_config(codec))
    assert again.get_config() == codec.get_config()
    text = tf.constant("Ann: Hello!")
    np.testing.assert_array_equal(again(text), codec(text))
    with pytest.raises(ValueError, match="Received: turns=0"):
        codecs.Dialogue(["a"], turns=0)


def test_unicode_white_space_is_blank():
    blank = ["", " \n\t", "\u2028", "\u00a0\n\u2003"]
    assert codecs.Dialogue.is_blank(tf.constant(blank)).numpy().all()
    assert (
        not codecs.Dialogue.is_blank(tf.constant(["a", "\n.\n"])).numpy().any()
    )
