"""Models of speech: clips of any length, whose padding changes nothing."""

import keras
import keras_hub
import numpy as np
import pytest
from architectures import shared
from architectures import tiny
from checks import numpy

from mmkeras import branches
from mmkeras.branches import speech

NAMES = [
    "transcribe-audio-ctc",
    "transcribe-audio-transformer",
    "translate-audio-transformer",
]
BOTH = "translate-text-audio-transformer"
RNG = np.random.default_rng(0)
CLIP = RNG.normal(0, 0.1, (1, 6400)).astype("float32")
TOKENS = np.array([[1, 5, 6]], "int32")


def inputs(model, audio, **others):
    x = {"audio": audio, "tokens": np.repeat(TOKENS, len(audio), 0), **others}
    return {name: x[name] for name in model.input if name in x}


@pytest.mark.parametrize("name", NAMES)
def test_padding_changes_nothing(name):
    model = shared(name)
    alone = numpy(model(inputs(model, CLIP)))
    longer = RNG.normal(0, 0.1, (1, 16000)).astype("float32")
    padded = np.concatenate([np.pad(CLIP, [(0, 0), (0, 9600)]), longer])
    both = numpy(model(inputs(model, padded)))
    if not isinstance(alone, dict):
        alone, both = {"logits": alone}, {"logits": both}
    for key, value in alone.items():
        steps = value.shape[1]
        np.testing.assert_allclose(
            both[key][:1, :steps], value, rtol=1e-3, atol=1e-4
        )
        if both[key].shape[1] > steps:  # Of CTC: padding is blank.
            assert (both[key][0, steps:, 0] == 0).all()
            assert (both[key][0, steps:, 1:] == -1e9).all()


@pytest.mark.slow
def test_a_missing_text_or_recording_has_no_effect():
    model = shared(BOTH)
    source = np.array([[5, 6, 2, 0], [7, 2, 0, 0], [5, 2, 0, 0]], "int32")
    presence = np.array([[True, True], [True, False], [False, True]])
    audio = RNG.normal(0, 0.1, (3, 6400)).astype("float32")
    x = inputs(model, audio, source=source, presence=presence)
    expected = numpy(model(x))
    other = dict(x, source=source.copy(), audio=audio.copy())
    other["source"][2] = 4
    other["audio"][1] = np.nan
    np.testing.assert_array_equal(numpy(model(other)), expected)
    assert np.abs(expected[0] - expected[1]).max() > 0
    assert np.abs(expected[0] - expected[2]).max() > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NAMES, BOTH])
def test_whisper_can_be_the_encoder(name):
    backbone = keras_hub.models.WhisperBackbone(
        vocabulary_size=5,
        num_layers=1,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=8,
        num_mels=16,
        max_encoder_sequence_length=40,
        max_decoder_sequence_length=4,
    )
    encoder = branches.audio.hub(backbone, (6400,))
    model = tiny(name, audio=encoder, dim=4)
    assert model.input["audio"].shape == (None, 6400)
    assert not encoder.trainable_weights
    names = [layer.name for layer in model.layers]
    assert {"projection", "block_0", "block_1"} <= set(names)
    assert "block_2" not in names


@pytest.mark.parametrize("name", [*NAMES[1:], BOTH])
def test_decoders_know_the_order_of_the_steps(name):
    """Here the encoder gives no step a trace of its neighbours."""
    samples = keras.Input((32,))
    steps = keras.Model(samples, keras.layers.Reshape((4, 8))(samples))
    model = tiny(name, audio=steps, dim=8)
    clip = np.repeat(np.arange(4, dtype="float32"), 8)[None] / 4
    x = inputs(model, clip, source=TOKENS)
    forward = numpy(model(x))
    backward = numpy(model({**x, "audio": clip[:, ::-1]}))
    if isinstance(forward, dict):
        forward, backward = forward["text"], backward["text"]
    assert np.abs(forward - backward).max() > 1e-3


@pytest.mark.parametrize("blocks", speech.BLOCKS)
def test_a_step_is_40_ms(blocks):
    encoder = speech.encoder(dim=8, depth=1, heads=2, blocks=blocks)
    x = encoder(np.pad(CLIP, [(0, 0), (0, 640)]))
    assert x.shape == (1, 12, 8)
    assert numpy(x._keras_mask).tolist() == [[True] * 10 + [False] * 2]
    assert np.isfinite(numpy(x)).all()


def test_unknown_blocks_are_refused():
    with pytest.raises(ValueError, match="one of conformer.*blocks='rnn'"):
        speech.encoder(dim=8, blocks="rnn")
