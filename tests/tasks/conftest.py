import captioners
import pytest


@pytest.fixture(scope="session")
def task():
    return captioners.tiny("caption-cnn-lstm")
