"""`mmkeras config`, and keys on the command line."""

import io
import json
import re

import pytest
from rich.console import Console
from typer.testing import CliRunner

from mmkeras.cli import app
from mmkeras.cli import config
from mmkeras.data import datasets
from mmkeras.training import config_keys


def call(*arguments, width=400):
    return CliRunner().invoke(
        app, [str(a) for a in arguments], env={"COLUMNS": str(width)}
    )


@pytest.mark.parametrize(
    "name", ["caption-cnn-lstm", "sentiment-text-audio-video-context"]
)
def test_config_lists_every_key(name):
    result = call("config", name)
    assert result.exit_code == 0, result.output
    rows = [line.split("\t") for line in result.output.splitlines()]
    keys = config_keys.keys(name)
    assert [row[0] for row in rows] == list(keys)
    for key, (_, default, kind, doc) in zip(keys.values(), rows):
        assert (default, doc) == (json.dumps(key.default), key.doc)
        assert kind


def test_on_a_terminal_keys_are_in_tables_by_group():
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    keys = config_keys.keys("caption-cnn-lstm")
    console.print(config._table("train", [keys["train.pool_image"]]))
    text = console.file.getvalue()
    assert "train.pool_image" in text and "true or false" in text


def test_config_of_an_unknown_architecture_suggests():
    result = call("config", "caption-cnn-lstn")
    assert result.exit_code == 1
    assert "Did you mean 'caption-cnn-lstm'?" in result.output


def test_the_help_of_train_fits_one_screen():
    result = call("train", "--help", width=80)
    _, _, options = result.output.partition("Options")
    assert "--data" in options
    assert len(options.strip().splitlines()) <= 24


def test_the_help_of_data_names_every_data_set():
    output = call("check", "--help", width=1000).output
    assert set(datasets.names()) <= set(re.findall(r"[\w-]+", output))


@pytest.mark.parametrize(
    "pair, error",
    [
        ("train.epoch=3", "Did you mean 'train.epochs'?"),
        ("train.epochs=ten", "train.epochs: expected an integer or null."),
        ("epochs", "Expected key=value, e.g. train.epochs=10."),
    ],
)
def test_a_wrong_key_or_value_is_one_line(tmp_path, pair, error):
    out = tmp_path / "run"
    command = ["train", "classify-text-bow", "--data", "x", "--out", out]
    result = call(*command, pair)
    assert result.exit_code == 1
    assert error in result.output and result.output.count("\n") == 1
    assert not out.exists()


def test_data_and_out_are_asked_for():
    result = call("train", "classify-text-bow")
    assert result.exit_code == 1
    assert "--data NAME|PATH --out RUN" in result.output
    assert "Missing: data, out." in result.output
