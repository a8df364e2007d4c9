"""Calls the command line in the process of the tests."""

import pytest
from typer.testing import CliRunner

from mmkeras.cli import app


def call(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def train(home, *arguments):
    """Trains with a cache and results of its own; returns the run's folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMKERAS_CACHE", str(home / "cache"))
        trained = call(
            *["train", *arguments, "--out", home / "run"],
            *["--results", home / "results"],
        )
    assert trained.exit_code == 0, trained.output
    return home / "run"
