import pytest
import tiny_presets
from curves import draw  # noqa: F401


@pytest.fixture(scope="session")
def bert(tmp_path_factory):
    """The name of a small text network."""
    return f"hub:{tiny_presets.bert(tmp_path_factory.mktemp('bert'))}"
