"""The benchmark of contrastive steps: ours, and what it is compared with."""

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks import retrieve
from benchmarks.__main__ import app


@pytest.mark.slow
def test_a_step_learns():
    pixels, tokens = retrieve.batch(8, 16, 4)
    assert pixels.shape == (8, 16, 16, 3) and tokens.min() > 0
    train, _ = retrieve.ours(pixels, tokens, 8, 1)
    first = train(1)
    assert np.isfinite(first) and train(50) < first


def test_says_what_to_install():
    try:
        import open_clip  # noqa: F401
    except ImportError:
        result = CliRunner().invoke(app, ["retrieve"])
        assert result.exit_code == 2 and "open_clip_torch" in result.output
    else:
        pytest.skip("open_clip is installed")
