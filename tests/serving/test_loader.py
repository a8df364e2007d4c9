"""The export runs without Python, as it does in a C++ server."""

import pathlib
import shutil
import subprocess

import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from mmkeras.data.codecs.sample_values import images

SOURCE = pathlib.Path(__file__).with_name("loader.c")


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


def names(folder):
    """Names of the tensors of the export's signature."""
    saved = saved_model_pb2.SavedModel()
    saved.ParseFromString((folder / "saved_model.pb").read_bytes())
    signature = saved.meta_graphs[0].signature_def["serving_default"]
    outputs = [signature.outputs[key].name for key in ("text", "error")]
    return [signature.inputs["image"].name, *outputs]


@pytest.mark.slow
def test_the_same_captions_without_python(loader, folder, model, tmp_path):
    files = []
    for index, image in enumerate(images()):
        files.append(tmp_path / str(index))
        files[-1].write_bytes(image)
    done = subprocess.run(
        [loader, folder / "1", *names(folder / "1"), *files],
        stdout=subprocess.PIPE,
        check=True,
    )
    expected = model.predict(images())
    assert done.stdout.decode("utf-8").splitlines() == [
        f"{text}\t{error}"
        for text, error in zip(expected["text"], expected["error"])
    ]
