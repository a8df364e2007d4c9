import json

import pytest
import tiny_presets
from checks import only_tensorflow
from typer.testing import CliRunner

from benchmarks.__main__ import app


@pytest.mark.slow
@only_tensorflow
def test_is_measured_and_written(tmp_path):
    network = f"model.text=hub:{tiny_presets.bert(tmp_path / 'bert')}"
    options = ["--model", "classify-text-bow", "--examples", "64"]
    options += ["--repeats", "1", "--out", tmp_path]
    result = CliRunner().invoke(app, ["frozen", network, *options])
    assert result.exit_code == 0, result.output
    written = json.loads((tmp_path / "frozen.json").read_text())
    assert set(written["seconds"]) == {"cached", "network"}
    assert all(s > 0 for s in sum(written["seconds"].values(), []))
    assert "times as fast" in result.stdout
