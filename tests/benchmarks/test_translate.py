"""The benchmark of translation: what it times and what it writes."""

import inspect
import json

import numpy as np
import pytest
from typer.testing import CliRunner

import mmkeras
from benchmarks import translate
from benchmarks.__main__ import app


def test_a_report_has_all_rounds_and_its_sizes(tmp_path):
    calls = []
    methods = {
        name: lambda name=name: calls.append(name)
        for name in ("mmkeras", "hugging_face", "ctranslate2")
    }
    settings = [("two sentences", methods)]
    sizes = {"sentences": 2, "beam": 5}
    translate.report("translate", settings, 3, False, tmp_path, sizes)
    assert calls.count("mmkeras") == 4  # Once before the rounds.
    content = json.loads((tmp_path / "translate.json").read_text())
    assert content["benchmark"] == "translate"
    assert (content["sentences"], content["beam"], content["repeats"]) == (
        *(2, 5),
        3,
    )
    [row] = content["rows"]
    assert row["setting"] == "two sentences"
    assert {name: len(x) for name, x in row["rounds"].items()} == (
        dict.fromkeys(methods, 3)
    )
    assert [bar["least"] for bar in content["bars"]] == [1.5, 0.67]


def test_500_sentences_are_the_default():
    assert inspect.signature(translate.run).parameters["sentences"].default == (
        500
    )


def test_all_sentences_are_translated_to_the_same_length():
    model = mmkeras.build_model(
        "translate-text-transformer",
        **{**mmkeras.get("translate-text-transformer").tiny, "length": 8},
    )
    source = np.random.default_rng(0).integers(3, 11, (5, 6)).astype("int32")
    tokens = translate.ours(model, source, 2, 4, batch=2)()
    assert tokens.shape == (5, 4) and (tokens > 2)[:, :3].all()


@pytest.mark.slow
def test_the_command_compares_the_engines(tmp_path):
    pytest.importorskip("transformers")
    pytest.importorskip("ctranslate2")
    sizes = "--sentences 4 --beam 2 --length 3 --repeats 1".split()
    arguments = ["translate", *sizes, "--out", str(tmp_path)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    content = json.loads((tmp_path / "translate.json").read_text())
    assert content["sentences"] == 4
    assert set(content["rows"][0]["seconds"]) == set(translate.METHODS) - {
        "mmkeras_xla"
    }
