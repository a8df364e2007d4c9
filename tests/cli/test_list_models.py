import io

import pytest
from rich.console import Console
from typer.testing import CliRunner

import mmkeras
from mmkeras.cli import app
from mmkeras.cli import list_models

NAMES = mmkeras.list_models()


@pytest.mark.parametrize("width", [80, 100, 200])
def test_names_are_whole_on_a_terminal(width):
    console = Console(file=io.StringIO(), force_terminal=True, width=width)
    list_models._show([list_models._read(name) for name in NAMES], console)
    text = console.file.getvalue()
    assert all(name in text for name in NAMES)
    assert "…" not in text and "..." not in text
    assert ("arxiv.org/abs/1411.4555" in text) == (width >= 120)


def test_a_pipe_gets_a_line_an_architecture_with_tabs(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    result = CliRunner().invoke(app, ["list"])
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert [name for name, *_ in rows] == NAMES
    assert all(len(row) == 4 and all(row) for row in rows)
