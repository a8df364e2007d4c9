"""The benchmark of searches runs and says what it measured."""

import json

from typer.testing import CliRunner

from benchmarks.__main__ import app


def test_is_measured_and_written(tmp_path):
    sizes = ["--items", "300", "--dim", "8", "--queries", "5", "--repeats", "1"]
    result = CliRunner().invoke(app, ["search", *sizes, "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "times as fast as faiss" in result.output
    written = json.loads((tmp_path / "search.json").read_text())
    assert len(written["seconds"]) == 6 and 0.5 < written["recall"] <= 1
