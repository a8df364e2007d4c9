"""Fixtures: a few images, their codec, and a folder for cached arrays."""

import image_files
import pytest

from mmkeras.data import codecs


@pytest.fixture(scope="module")
def codec():
    return codecs.Image((8, 6))


@pytest.fixture
def rows(tmp_path):
    return image_files.rows(tmp_path)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"
