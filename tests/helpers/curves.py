"""Trainings whose curves nobody looks at."""

import pytest

from mmkeras.training import callbacks


@pytest.fixture(scope="module", autouse=True)
def draw():
    """Draws no curves, which takes as long as a short training.

    Returns:
        What draws them.
    """
    with pytest.MonkeyPatch.context() as patch:
        draw = callbacks.LogCurves._draw
        patch.setattr(callbacks.LogCurves, "_draw", lambda self, file: None)
        yield draw
