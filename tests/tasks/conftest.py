import pytest
import tiny_captioners


@pytest.fixture(scope="session")
def task():
    return tiny_captioners.tiny("caption-cnn-lstm")
