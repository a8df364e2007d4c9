import keras
import keras_hub
import numpy as np
import pytest
from checks import check_saves
from checks import check_trains
from checks import fast
from checks import numpy
from checks import randomize
from checks import run_python

from mmkeras import branches
from mmkeras import layers

SAMPLES = 4800
SOUNDS = np.random.default_rng(0).normal(0, 0.1, (3, SAMPLES))
SOUNDS = SOUNDS.astype("float32")
SOUNDS[1, SAMPLES // 2 :] = 0
SOUNDS[2] = 0


def whisper():
    return keras_hub.models.WhisperBackbone(
        vocabulary_size=5,
        num_layers=1,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=8,
        num_mels=16,
        max_encoder_sequence_length=40,
        max_decoder_sequence_length=4,
    )


def moonshine():
    return keras_hub.models.MoonshineBackbone(
        vocabulary_size=5,
        filter_dim=16,
        encoder_num_layers=1,
        decoder_num_layers=1,
        hidden_dim=16,
        intermediate_dim=8,
        encoder_num_heads=2,
        decoder_num_heads=2,
    )


BACKBONES = {"whisper": whisper, "moonshine": moonshine}
SHAPES = {"whisper": (15, 8), "moonshine": (11, 16)}


@pytest.fixture(params=BACKBONES)
def kind(request):
    return request.param


def branch_of(kind, **options):
    return branches.audio.hub(BACKBONES[kind](), (SAMPLES,), **options)


def pooled(branch):
    sound = keras.Input(branch.input_shape[1:], name="sound")
    return keras.Model(sound, layers.MaskedPool()(branch(sound)))


def test_gives_steps_of_the_encoder(kind):
    branch = branch_of(kind)
    assert branch.output_shape == (None, *SHAPES[kind])
    assert not branch.trainable_weights
    features = numpy(fast(pooled(branch))(SOUNDS))
    assert np.isfinite(features).all()
    assert not features[2].any()  # Silence has no steps.


def test_equals_the_backbone(kind):
    backbone = randomize(BACKBONES[kind](), 0.3)
    branch = branches.audio.hub(backbone, (SAMPLES,))
    inputs = {
        "decoder_token_ids": np.ones((1, 4), "int32"),
        "decoder_padding_mask": np.ones((1, 4), bool),
    }
    if kind == "whisper":
        converter = keras_hub.layers.WhisperAudioConverter(
            num_mels=16, max_audio_length=1
        )
        converter.num_samples = SAMPLES
        inputs["encoder_features"] = numpy(converter(SOUNDS[:1]))
    else:
        inputs["encoder_input_values"] = SOUNDS[:1, :, None]
        inputs["encoder_padding_mask"] = np.ones((1, SAMPLES), bool)
    expected = numpy(backbone(inputs)["encoder_sequence_output"])
    np.testing.assert_allclose(
        numpy(branch(SOUNDS[:1])), expected, rtol=1e-3, atol=1e-4
    )


def test_learns_and_saves(kind):
    model = pooled(branch_of(kind, trainable=True))
    check_saves(model, SOUNDS, rtol=1e-3, atol=1e-4)
    check_trains(model, SOUNDS, but=("key/bias",))


@pytest.mark.slow
def test_loads_without_an_import_of_keras_hub(tmp_path):
    model = pooled(branch_of("whisper"))
    model.save(tmp_path / "model.keras")
    code = (
        "import sys, keras, mmkeras.branches\n"
        "keras.saving.load_model(sys.argv[1])"
    )
    process = run_python(code, tmp_path / "model.keras")
    assert process.returncode == 0, process.stderr[-2000:]


def test_reads_a_preset_in_a_folder(tmp_path):
    backbone = whisper()
    backbone.save_to_preset(tmp_path / "preset")
    branch = branches.audio.hub(str(tmp_path / "preset"), (SAMPLES,))
    expected = branches.audio.hub(backbone, (SAMPLES,))
    np.testing.assert_allclose(
        numpy(branch(SOUNDS)), numpy(expected(SOUNDS)), rtol=1e-4, atol=1e-5
    )


def test_other_backbones_are_refused():
    with pytest.raises(ValueError, match="at most 6400 samples.*8000"):
        branches.audio.hub(whisper(), (8000,))
    with pytest.raises(ValueError, match="Whisper.*Functional"):
        branches.audio.hub(branches.features.dense((5,)))
