"""Whisper's fallback to sampling, where its text is bad."""

import numpy as np
import pytest

from mmkeras.tasks import whisper_fallback

GOOD, REPEATED, UNLIKELY = [5, 6, 7, 2], [8, 8, 8, 2], [9, 2, 0, 0]
TEXTS = {5: "a dog runs", 8: "na " * 40, 9: "a"}
MEANS = {5: -0.5, 8: -0.1, 9: -3.0}


class Recogniser:
    """Whose text is good from a temperature on; `silence` is a probability."""

    def __init__(self, good_from=2.0, silence=0.0):
        self.good_from, self.silence = good_from, silence
        self.windows, self.temperatures = [], []

    def context(self, window):
        self.windows.append(window)
        return window

    def no_speech(self, context):
        return self.silence

    def text(self, tokens):
        return TEXTS.get(int(tokens[0]), "")

    def sample(self, context, temperature):
        self.temperatures.append(temperature)
        good = temperature >= self.good_from
        tokens = np.array(GOOD if good else UNLIKELY, "int32")
        return tokens, MEANS[tokens[0]]


class Search:
    """Returns the same tokens for the windows of one recording."""

    def __init__(self, *tokens, penalty=1.0):
        self.tokens = np.array(tokens, "int32")
        counts = np.count_nonzero(self.tokens, axis=1)
        means = [MEANS.get(x[0], 0.0) for x in self.tokens]
        self.scores = np.float32(means * counts ** (1 - penalty))

    def predict_on_batch(self, x):
        used = self.scores[self.scores != 0]
        return {
            "tokens": self.tokens.reshape(1, -1),
            "score": np.float32([used.mean() if len(used) else 0]),
            "scores": self.scores[None],
        }


def predict(recogniser, *tokens, penalty=1.0):
    search = Search(*tokens, penalty=penalty)
    predictor = whisper_fallback.FallbackPredictor(recogniser, search, penalty)
    x = {"audio": np.arange(2.0 * len(tokens)).reshape(1, -1, 2)}
    outputs = predictor.predict_on_batch(x)
    tokens = outputs["tokens"].reshape(len(tokens), -1).tolist()
    return tokens, float(outputs["score"][0])


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_good_windows_remain_as_they_are(penalty):
    recogniser = Recogniser(silence=0.9)
    search = Search(GOOD, [0] * 4, penalty=penalty)
    tokens, score = predict(recogniser, GOOD, [0] * 4, penalty=penalty)
    assert tokens == [GOOD, [0] * 4] and score == search.scores[0]
    assert not recogniser.windows


@pytest.mark.parametrize("bad", [REPEATED, UNLIKELY])
def test_bad_windows_are_sampled_at_rising_temperatures(bad):
    recogniser = Recogniser(good_from=0.6)
    tokens, score = predict(recogniser, GOOD, bad)
    assert tokens == [GOOD, GOOD] and score == pytest.approx(-0.5)
    assert recogniser.temperatures == [0.2, 0.4, 0.6]
    [window] = recogniser.windows
    assert window.tolist() == [[2.0, 3.0]]  # The second one alone.


def test_the_last_temperature_is_taken_in_any_case():
    recogniser = Recogniser()
    tokens, score = predict(recogniser, REPEATED)
    assert tokens == [UNLIKELY] and score == pytest.approx(-3.0)
    assert recogniser.temperatures == [0.2, 0.4, 0.6, 0.8, 1.0]


def test_silence_has_no_text():
    recogniser = Recogniser(silence=0.7)
    tokens, score = predict(recogniser, GOOD, UNLIKELY)
    assert tokens == [GOOD, [0] * 4] and score == pytest.approx(-0.5)
    assert not recogniser.temperatures
    # A likely text that repeats itself is sampled first.
    tokens, score = predict(recogniser, REPEATED)
    assert tokens == [[0] * 4] and score == 0.0
    assert recogniser.temperatures == [0.2]


def test_repeated_words_are_compressed_most():
    assert whisper_fallback.compression("") == 0
    assert whisper_fallback.compression("a dog runs on the beach") < 1.5
    assert whisper_fallback.compression("thank you. " * 30) > 10
