"""Whisper recognises speech as KerasHub's network does, without a cache."""

import keras_hub
import numpy as np
import pytest
import tiny_presets
from checks import numpy
from decoding import log_softmax

import mmkeras
from mmkeras import tasks
from mmkeras.data.codecs.waveforms import to_wav
from mmkeras.layers import WhisperSpectrogram
from mmkeras.tasks import whisper_fallback

pytestmark = pytest.mark.usefixtures("eager_models")
SECONDS, RATE = 0.4, 16000
WINDOW = int(SECONDS * RATE)
NOISE = np.random.default_rng(0).normal(0, 0.2, 3 * WINDOW).astype("float32")
NOISE = NOISE.clip(-1, 1)


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    return tiny_presets.speaking_whisper(
        tmp_path_factory.mktemp("english") / "whisper"
    )


@pytest.fixture(scope="module")
def task(preset):
    return mmkeras.load(f"whisper:{preset}")


def wav(samples):
    return to_wav(samples, RATE)


def teacher_forced(preset, samples, tokens):
    """Logits of the backbone, which has no cache, after each token."""
    backbone = keras_hub.models.Backbone.from_preset(preset)
    ids = np.array([tokens], "int32")
    outputs = backbone(
        {
            "encoder_features": numpy(WhisperSpectrogram(16)(samples[None])),
            "decoder_token_ids": ids,
            "decoder_padding_mask": np.ones_like(ids),
        }
    )
    x = outputs["decoder_sequence_output"]
    return numpy(backbone.token_embedding(x, reverse=True))[0]


def special(preset, *names):
    ids = keras_hub.tokenizers.Tokenizer.from_preset(preset)
    ids = {**(ids.language_tokens or {}), **ids._special_token_dict}
    return [ids[f"<|{name}|>"] for name in names]


def check_equal(task, preset, samples, prompt):
    """Compares cached steps and greedy tokens with the backbone's logits."""
    outputs = task.inference(beam=1)({"audio": samples[None, None]})
    tokens = numpy(outputs["tokens"])[0]
    tokens = tokens[tokens > 0]
    expected = teacher_forced(preset, samples, [*prompt, *(tokens[:-1] - 1)])
    expected = expected[len(prompt) - 1 :]
    decoder = task.target.decoder(task.model)
    state = decoder.start(task.context_model()({"audio": samples[None]}))
    last = task.codecs["text"].start
    for index, token in enumerate(tokens):
        logits, state = decoder.step(np.array([last]), state, index)
        logits, suppressed = numpy(logits)[0], list(decoder.suppress)
        suppressed += [] if index else list(decoder.suppress_first)
        assert (logits[suppressed] < -1e8).all()
        others = np.setdiff1d(np.arange(1, len(logits)), suppressed)
        np.testing.assert_allclose(
            logits[others], expected[index][others - 1], rtol=1e-3, atol=1e-3
        )
        assert token == others[expected[index][others - 1].argmax()]
        last = token
    return expected


@pytest.mark.slow
def test_steps_are_those_of_the_backbone_without_a_cache(task, preset):
    prompt = special(preset, "startoftranscript", "notimestamps")
    one = check_equal(task, preset, NOISE[:WINDOW], prompt)
    tone = np.sin(np.arange(WINDOW) / 9).astype("float32")
    other = check_equal(task, preset, tone, prompt)
    assert np.abs(one[0] - other[0]).max() > 0.1


@pytest.mark.slow
def test_a_language_is_given_or_recognised(tmp_path):
    preset = tiny_presets.speaking_whisper(
        tmp_path / "whisper", languages=("en", "de", "fr")
    )
    samples = NOISE[:WINDOW]
    names = ["startoftranscript", "de", "translate", "notimestamps"]
    german = mmkeras.load(f"whisper:{preset}", language="de", translate=True)
    check_equal(german, preset, samples, special(preset, *names))
    start = special(preset, "startoftranscript")
    languages = special(preset, "en", "de", "fr")
    [logits] = teacher_forced(preset, samples, start)
    spoken = languages[logits[languages].argmax()]
    names = special(preset, "transcribe", "notimestamps")
    task = mmkeras.load(preset)
    check_equal(task, preset, samples, [*start, spoken, *names])
    with pytest.raises(ValueError, match="`language` must be one of de, en"):
        mmkeras.load(preset, language="xx")


def test_english_alone_is_said(preset):
    with pytest.raises(ValueError, match="English only"):
        mmkeras.load(preset, language="de")


def test_long_recordings_are_recognised_window_by_window(task):
    parts = [wav(NOISE[i * WINDOW :][:WINDOW]) for i in range(2)]
    half = NOISE[2 * WINDOW :][: WINDOW // 2]
    parts += [wav(half), wav(np.zeros(100, "float32"))]
    each = task.answer({"audio": parts})
    silence = np.zeros(WINDOW, "float32")
    samples = np.concatenate([NOISE[: 2 * WINDOW], silence, half])
    whole = task.answer({"audio": [wav(samples), b"", parts[0]]})
    tokens = [task.codecs["text"].token_ids([x], -1)[0] for x in each["text"]]
    assert all(len(x) for x in tokens[:3]) and each["text"][3] == ""
    # Spaces at borders are part of the tokens.
    joined = whole["text"][0].replace(" ", "")
    assert joined == "".join(each["text"]).replace(" ", "")
    np.testing.assert_allclose(
        whole["score"][0], each["score"][:3].mean(), rtol=1e-4
    )
    assert whole["text"][2] == each["text"][0] and whole["error"][2] == ""
    assert whole["text"][1] == "" and "missing" in whole["error"][1]


def test_is_saved_and_loaded_as_any_task(task, tmp_path):
    again = tasks.load(task.save(tmp_path / "run"))
    assert type(again) is type(task)
    batch = {"audio": [wav(NOISE)]}
    one, other = (x.answer(batch, beam=2)["text"] for x in (task, again))
    assert one == other


def test_signs_that_nobody_speaks_are_suppressed(task):
    words, decoder = task.codecs["text"], task.target.decoder(task.model)
    names = {words.vocabulary[i] for i in decoder.suppress}
    assert {"", "[", "♪"[:0], "<|startoftranscript|>", "<|translate|>"} <= names
    assert "-" not in names and "Ġthe" not in names  # A hyphen is spoken.
    assert {words.vocabulary[i] for i in decoder.suppress_first} == {
        "Ġ",
        "<|endoftext|>",
    }
    assert sum("unused" in name for name in names) == 3  # Timestamps.


@pytest.mark.slow
def test_bad_windows_are_sampled_with_the_network(tmp_path, monkeypatch):
    folder = tmp_path / "whisper"
    preset = tiny_presets.speaking_whisper(folder, extra=["<|nocaptions|>"])
    task = mmkeras.load(f"whisper:{preset}")
    decoder = task.target.decoder(task.model)
    samples = NOISE[:WINDOW]
    recogniser = whisper_fallback.Recogniser(task, {"beam": 2})
    context = recogniser.context(samples[None])
    start, silence = special(preset, "startoftranscript", "nocaptions")
    logits = teacher_forced(preset, samples, [start])[0].astype("float64")
    expected = np.exp(logits - logits.max())
    expected = expected[silence] / expected.sum()
    assert decoder.no_speech == silence + 1
    assert recogniser.no_speech(context) == pytest.approx(expected, rel=1e-3)
    tokens, mean = recogniser.sample(context, 0.6)
    again, _ = recogniser.sample(context, 0.6)
    assert tokens.tolist() == again.tolist()
    prompt = [start, *special(preset, "notimestamps")]
    words = tokens[tokens > 0] - 1
    logits = teacher_forced(preset, samples, [*prompt, *words[:-1]])[1:]
    logits[:, [i - 1 for i in decoder.suppress if i]] = -1e9
    logits[0, [i - 1 for i in decoder.suppress_first]] = -1e9
    logp = log_softmax(logits)[np.arange(len(words)), words]
    assert mean == pytest.approx(logp.mean(), rel=1e-3)
    batch = {"audio": [wav(NOISE[: 2 * WINDOW])]}
    plain = task.answer(batch, beam=2, fallback=False)
    # Then all texts are unlikely.
    monkeypatch.setattr(whisper_fallback, "MIN_LOG_PROBABILITY", 0.0)
    monkeypatch.setattr(whisper_fallback, "TEMPERATURES", (0.6,))
    answers = task.answer(batch, **task.generation_options(beam=2))
    assert answers["text"][0].startswith(recogniser.text(tokens))
    assert answers["text"][0] != plain["text"][0]
    off = task.answer(batch, beam=2)
    assert off["text"].tolist() == plain["text"].tolist()
