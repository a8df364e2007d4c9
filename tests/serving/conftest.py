import shutil

import keras
import pytest
import tiny_captioners

from mmkeras import serving
from mmkeras.data.codecs.sample_values import images


@pytest.fixture(scope="session")
def task():
    """One tiny captioner with the codecs that users have."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("Exports are made on the TensorFlow backend.")
    return tiny_captioners.tiny("caption-cnn-lstm")


@pytest.fixture(scope="session")
def folder(task, tmp_path_factory):
    """The folder of all versions of one export, checked.

    It is not compiled, which takes seconds for every size of a batch.
    """
    folder = tmp_path_factory.mktemp("exports") / "tiny"
    serving.export(task, folder, xla=False)
    return folder


@pytest.fixture(scope="session")
def answers(task):
    """The answers of the task to the sample images."""
    return task.answer({"image": images()}, beam=3)


@pytest.fixture(scope="session")
def model(folder, tmp_path_factory):
    """The export, loaded from another folder."""
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "moved"
    shutil.copytree(folder / "1", elsewhere)
    return serving.load(elsewhere)
