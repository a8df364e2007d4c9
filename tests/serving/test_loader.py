"""The export runs without Python, as it does in a C++ server."""

import pathlib
import shutil
import subprocess

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny_presets
from tensorflow.core.protobuf import saved_model_pb2

import mmkeras
from mmkeras import branches
from mmkeras import serving
from mmkeras import tasks
from mmkeras.data import codecs
from mmkeras.data.codecs.sample_values import images

SOURCE = pathlib.Path(__file__).with_name("loader.c")
TEXTS = [
    *(
        "a dog runs on grass",
        "",
        "Unheard-of WORDS, ÉTÉ?!",
        "he plays a guitar",
    ),
    *("two puppies sleep", "12:30 \u4f60\u597d", "a " * 50, "rain"),
]


@pytest.fixture(scope="module")
def loader(tmp_path_factory):
    """The compiled `loader.c`."""
    root = pathlib.Path(tf.__file__).parent
    libraries = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"]
    needed = [root / "include/tensorflow/c/c_api.h"]
    needed += [root / name for name in libraries]
    if not shutil.which("gcc") or not all(x.exists() for x in needed):
        pytest.skip("There is no gcc, or TensorFlow's C API is not installed.")
    program = tmp_path_factory.mktemp("loader") / "loader"
    subprocess.run(
        ["gcc", "-O1", "-o", program, SOURCE, f"-I{root / 'include'}"]
        + [f"-L{root}", f"-Wl,-rpath,{root}"]
        + [f"-l:{name}" for name in libraries],
        check=True,
    )
    return program


def names(folder, field, output):
    """Names of the tensors of the export's signature."""
    saved = saved_model_pb2.SavedModel()
    saved.ParseFromString((folder / "saved_model.pb").read_bytes())
    signature = saved.meta_graphs[0].signature_def["serving_default"]
    outputs = [signature.outputs[key].name for key in (output, "error")]
    return [signature.inputs[field].name, *outputs]


def answers(loader, export, field, output, values, home, texts=()):
    """What the loader prints for raw values: an output and an error each."""
    files = []
    if texts:
        texts = ["--", names(export, "text", output)[0], *texts]
    for index, value in enumerate(values):
        files.append(home / str(index))
        files[-1].write_bytes(value)
    done = subprocess.run(
        [loader, export, *names(export, field, output), *files, *texts],
        stdout=subprocess.PIPE,
        check=True,
    )
    return done.stdout.decode("utf-8").splitlines()


@pytest.mark.slow
def test_the_same_captions_without_python(loader, folder, model, tmp_path):
    expected = model.predict(images())
    assert answers(
        loader, folder / "1", "image", "text", images(), tmp_path
    ) == [
        f"{text}\t{error}"
        for text, error in zip(expected["text"], expected["error"])
    ]


@pytest.mark.slow
def test_candidate_texts_without_python(loader, tmp_path):
    """Of a text network, whose tokenizer is part of the export."""
    preset = tiny_presets.bert(tmp_path / "preset")
    codec = codecs.of_preset(preset, 12)
    branch = branches.text.hub(preset, codec.network_padding)
    name = "retrieve-image-text"
    model = mmkeras.build_model(name, image_shape=(16, 16, 3), text=branch)
    fields = {"image": codecs.Image((16, 16)), "text": codec}
    task = tasks.Retrieve(model, {**fields, "pair": codecs.Groups()})
    serving.export(task, tmp_path / "export", check=False)
    photos = [*images()[:2], b"no image"]
    expected = task.similarities({"image": photos, "text": [TEXTS] * 3})
    export = tmp_path / "export" / "1"
    lines = answers(
        *(loader, export, "image", "similarity", photos, tmp_path, TEXTS)
    )
    rows, errors = zip(*(line.split("\t") for line in lines))
    similarity = [[float(x) for x in row.split()] for row in rows]
    np.testing.assert_allclose(
        similarity, expected["similarity"], rtol=1e-3, atol=1e-3
    )
    assert [bool(e) for e in errors] == [False, False, True]


def classifier(field, codec, branch):
    """A task with a pretrained branch, whose answers depend on its input."""
    inputs = {field: keras.Input(codec.shape, dtype=codec.dtype, name=field)}
    x = keras.layers.GlobalAveragePooling1D()(branch(inputs[field]))
    x = keras.layers.LayerNormalization(center=False, scale=False)(x)
    outputs = keras.layers.Dense(7)(x)
    model = keras.Model(inputs, outputs, name="classifier")
    labels = codecs.Labels([f"class {i}" for i in range(7)])
    return tasks.Classify(model, {field: codec, "label": labels})


def check(task, field, values, loader, home):
    """Exports a task and runs it without Python."""
    serving.export(task, home / "export")
    expected = task.answer({field: values})
    assert len(set(expected["label"])) > 1
    raw = [v.encode() if isinstance(v, str) else v for v in values]
    actual = answers(loader, home / "export" / "1", field, "label", raw, home)
    assert actual == [
        f"{label}\t{error}"
        for label, error in zip(expected["label"], expected["error"])
    ]


@pytest.mark.slow
@pytest.mark.parametrize("network", ["bert", "roberta", "xlm_roberta"])
def test_pretrained_texts_without_python(loader, tmp_path, network):
    """Without TensorFlow Text, whose operations this loader lacks."""
    preset = getattr(tiny_presets, network)(tmp_path / "preset")
    codec = codecs.of_preset(preset, 12)
    branch = branches.text.hub(
        preset, codec.network_padding, offset=codec.network_offset
    )
    task = classifier("text", codec, branch)
    check(task, "text", TEXTS, loader, tmp_path)


@pytest.mark.slow
@pytest.mark.realdata
def test_minilm_without_python(loader, tmp_path, pretrained):
    preset = pretrained("minilm")
    codec = codecs.of_preset(preset, 32)
    task = classifier("text", codec, branches.text.hub(preset))
    check(task, "text", TEXTS, loader, tmp_path)


@pytest.mark.slow
@pytest.mark.realdata
def test_whisper_without_python(loader, tmp_path, pretrained):
    preset = pretrained("whisper_tiny_en")
    codec = codecs.Audio(16000, 1.0)
    branch = branches.audio.hub(preset, codec.shape)
    task = classifier("audio", codec, branch)
    sounds = [value for value in codec.samples() if isinstance(value, bytes)]
    check(task, "audio", sounds, loader, tmp_path)


@pytest.mark.slow
@pytest.mark.realdata
def test_speech_without_python(loader, tmp_path, pretrained, data_folder):
    """Whisper's words, from WAV bytes, are those of the task in Python."""
    task = tasks.load(pretrained("whisper_tiny_en"))
    files = spoken(data_folder, 3)
    serving.export(task, tmp_path / "export", examples={"audio": files})
    expected = task.answer({"audio": files}, **task.evaluation_defaults)
    assert expected["text"][0].startswith("A child in a pink dress")
    assert answers(
        loader, tmp_path / "export" / "1", "audio", "text", files, tmp_path
    ) == [f"{text}\t" for text in expected["text"]]


def spoken(data_folder, count):
    """WAV files of the first spoken caption, and of several in a row."""
    import soundfile

    from mmkeras.data.codecs.waveforms import to_wav

    folder = data_folder / "flickr8k" / "spoken"
    if not folder.exists():
        pytest.skip(f"needs {folder}")
    sounds = sorted(folder.glob("*.opus"))[:count]
    waves = [soundfile.read(path, dtype="float32")[0] for path in sounds]
    waves = [waves[0], np.concatenate(waves * 3)]  # The second is above 30 s.
    return [to_wav(wave, 16000) for wave in waves]
