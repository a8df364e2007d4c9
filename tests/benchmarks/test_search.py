"""The benchmark of searches runs and says what it measured."""

import json

import pytest
from typer.testing import CliRunner

from benchmarks import search_memory
from benchmarks.__main__ import app


def test_is_measured_and_written(tmp_path):
    sizes = ["--items", "300", "--dim", "8", "--queries", "5", "--repeats", "1"]
    sizes += ["--memory", "0"]
    result = CliRunner().invoke(app, ["search", *sizes, "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "times as fast as faiss" in result.output
    written = json.loads((tmp_path / "search.json").read_text())
    assert len(written["seconds"]) == 6 and 0.5 < written["recall"] <= 1


@pytest.mark.slow  # It starts two processes.
def test_memory_is_that_of_a_block():
    table = search_memory.table(items=100_000, queries=300, dim=4)
    assert table["products_mib"] > 110
    for method in search_memory.METHODS:
        assert 4 < table[f"{method}_mib"] < 80
