import json

import pytest
from checks import only_tensorflow
from typer.testing import CliRunner

from benchmarks.__main__ import app


@pytest.mark.slow
@only_tensorflow
def test_is_measured_and_written(tmp_path):
    options = ["--steps", "1", "--repeats", "1", "--batch", "2"]
    result = CliRunner().invoke(app, ["memory", *options, "--out", tmp_path])
    assert result.exit_code == 0, result.output
    written = json.loads((tmp_path / "memory.json").read_text())
    assert all(s > 0 for s in sum(written["seconds"].values(), []))
    assert "times as fast" in result.stdout
