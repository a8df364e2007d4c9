import json

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks import decode
from benchmarks import writers
from benchmarks.__main__ import app


@pytest.mark.parametrize(
    "kind, beam", [("lstm", 1), ("lstm", 3), ("transformer", 3)]
)
@pytest.mark.slow
def test_all_methods_generate_the_same(kind, beam):
    decoder = decode.build(kind, vocabulary=30, dim=16, length=4)
    context = np.random.default_rng(0).normal(size=(3, 2, 16))
    setting = (decoder, context.astype("float32"), 4, beam)
    ours = np.asarray(writers.ours(*setting)())
    np.testing.assert_array_equal(ours, writers.hub(*setting)())
    np.testing.assert_array_equal(ours, writers.loop(*setting)())
    assert ours.shape == (3, 4) and ours.min() > 2
    assert len(np.unique(ours, axis=0)) > 1


@pytest.mark.slow
def test_the_command_prints_a_table_and_writes_a_file(tmp_path):
    sizes = "--captions 2 --vocabulary 20 --dim 8 --regions 2 --repeats 1"
    sizes += " --beam 1 --length 2 --length 20 --decoder lstm"
    arguments = ["decode", *sizes.split(), "--out", str(tmp_path)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    content = json.loads((tmp_path / "decode.json").read_text())
    assert [row["length"] for row in content["rows"]] == [2, 20]
    assert set(content["rows"][0]["seconds"]) == set(decode.METHODS)
    loop, *hub = [bar["least"] for bar in content["bars"][2:]]
    assert loop == 30 and hub == [1, 1]
    assert all(len(row["rounds"]["loop"]) == 1 for row in content["rows"])


def test_an_unknown_decoder_is_refused():
    result = CliRunner().invoke(app, ["decode", "--decoder", "gru"])
    assert result.exit_code == 2
    assert "Received: gru" in result.output
