import numpy as np
import pytest
import soundfile
import tensorflow as tf
from multimodal_rows import rows

from mmkeras.data import codecs
from mmkeras.data import encoding

CODECS = {
    "text": codecs.Text(["a", "b"], length=5),
    "image": codecs.Image((4, 4)),
    "features": codecs.Features((2, 3)),
}


def test_missing_values_are_zeros():
    texts = CODECS["text"].pack(["a b", None, "", " \n"])
    x, present, errors = CODECS["text"].encode(texts)
    assert present.numpy().tolist() == [True, False, False, False]
    assert not x.numpy()[1:].any() and x.numpy()[0].any()
    assert set(errors.numpy()) == {b""}
    arrays = CODECS["features"].pack([np.ones((1, 3)), None])
    x, present, errors = CODECS["features"].encode(arrays)
    assert present.numpy().tolist() == [True, False]
    assert x.numpy().sum(axis=(1, 2)).tolist() == [3, 0]


def test_a_text_without_a_word_is_absent():
    blank = ["\u00a0", "\u200b", "\ufeff \u2028", "!!!", "\u200d", "\u3000"]
    for codec in (
        CODECS["text"],
        codecs.Dialogue(["a"], 2, 4, punctuation="drop"),
    ):
        raw = codec.pack([*blank, "a"])
        x, present, errors = codec.encode(raw)
        assert present.numpy().tolist() == [False] * len(blank) + [True]
        assert not x.numpy()[:-1].any() and not any(errors.numpy())
    codec = codecs.Text(["a", "!"], length=5, punctuation="keep")
    _, present, _ = codec.encode(codec.pack(["!!!", "\u200b"]))
    assert present.numpy().tolist() == [True, False]


def test_half_a_surrogate_pair_is_an_error():
    turns = codecs.Dialogue(["a"], turns=2, length=5)
    for codec in (CODECS["text"], turns):
        values = ["cut \ud83d", "a", "\ud83d\ude00", b"\xff", None, "\ufffd a"]
        raw = codec.pack(values)
        _, _, errors = codec.encode(raw)
        bad = b"not valid UTF-8, or half of a surrogate pair"
        assert errors.numpy().tolist() == [bad, b"", bad, bad, b"", b""]
    raw = turns.pack([["a", "cut \ud83d"], ["a"]])
    _, _, errors = turns.encode(raw)
    assert errors.numpy().tolist() == [bad, b""]


def test_the_first_error_of_an_example_counts():
    good = rows(count=2)[0]["image"]
    raw = {
        "image": CODECS["image"].pack([good, b"junk", None, None]),
        "features": CODECS["features"].pack(
            [np.full((2, 3), np.inf), None, np.ones((2, 3)), None],
        ),
    }
    x, present, errors = encoding.encode_batch(CODECS, list(CODECS), raw)
    assert present.numpy().astype(int).tolist() == [
        [0, 1, 1],
        [0, 1, 0],
        [0, 0, 1],
        [0, 0, 0],
    ]
    messages = errors.numpy().tolist()
    assert messages[0] == b"features: values that are not finite"
    assert messages[1].startswith(b"image: ")
    assert messages[2] == b"" and messages[3].startswith(
        b"example has no input"
    )
    assert x["text"].shape == (4, 5) and not x["text"].numpy().any()
    blank = encoding.blank_errors({"y": tf.ones((4, 2))}, errors)
    assert blank["y"].numpy().any(axis=1).tolist() == [
        False,
        False,
        True,
        False,
    ]


def test_one_example_is_as_in_a_batch():
    x, present = encoding.encode_example(
        CODECS, ["text", "image"], {"text": "a b"}
    )
    assert present.numpy().tolist() == [True, False]
    assert x["text"].shape == (5,) and x["image"].shape == (4, 4, 3)


def test_one_example_may_have_audio_of_any_format(tmp_path):
    codec, file = codecs.Audio(8000, 0.1), tmp_path / "a.flac"
    tone = 0.5 * np.sin(np.arange(800))
    soundfile.write(file, tone, 8000)
    values = [file.read_bytes(), b"", b"fLaC and no more"]
    dataset = tf.data.Dataset.from_tensor_slices({"audio": values})
    examples = iter(
        dataset.map(
            lambda e: encoding.encode_example({"audio": codec}, ["audio"], e)
        )
    )
    x, present = next(examples)
    np.testing.assert_allclose(x["audio"], tone, atol=1e-4)
    assert present.numpy().tolist() == [True]
    x, present = next(examples)
    assert not x["audio"].numpy().any() and not present.numpy().any()
    error = "not a readable audio file"
    with pytest.raises(tf.errors.InvalidArgumentError, match=error):
        next(examples)


def test_one_example_that_cannot_be_read_is_an_error():
    dataset = tf.data.Dataset.from_tensors({"image": b"junk"})
    dataset = dataset.map(
        lambda e: encoding.encode_example(CODECS, ["image"], e)
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="image|image"):
        next(iter(dataset))


def test_a_waveform_and_its_rate_are_audio():
    codec = codecs.Audio(8000, 0.1)

    def tone(rate):
        return 0.5 * np.sin(2 * np.pi * 300 * np.arange(rate // 4) / rate)

    two = np.stack([tone(44100) + 0.2, tone(44100) - 0.2], 1)
    whole = np.int16(np.round(tone(16000) * 2**15))
    values = [(tone(8000), 8000), (two, 44100), (whole, 16000), None]
    x, present, errors = codec.encode(codec.pack(values))
    assert present.numpy().tolist() == [True, True, True, False]
    assert set(errors.numpy()) == {b""}
    np.testing.assert_allclose(x[0], tone(8000)[:800], atol=1e-6)
    for other in x.numpy()[1:3]:  # The beginning rings, as a filter does.
        np.testing.assert_allclose(other[50:], x[0][50:], atol=2e-3)
    byte = np.uint8(whole // 256 + 128)
    deep = np.zeros((2, 2, 2))
    for bad in ((tone(8000), 0), (deep, 8000), (0.5, 8000), (byte, 8000)):
        with pytest.raises(ValueError, match=r"frames, channels.*Received"):
            codec.pack([bad])


def test_a_value_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="Text.*type int"):
        CODECS["text"].pack([3])
    with pytest.raises(ValueError, match=r"\(any, 3\)"):
        CODECS["features"].pack([np.ones(3)])
