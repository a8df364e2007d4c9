import json

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks import images
from benchmarks import pipeline
from benchmarks import results
from benchmarks.__main__ import app


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return images.gather("rendered", 6, tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="module")
def methods(rows, tmp_path_factory):
    pytest.importorskip("torch")
    cache = tmp_path_factory.mktemp("cache")
    return pipeline.readers_of(rows, (24, 32), 2, cache)[0]


@pytest.mark.parametrize("name", pipeline.METHODS)
def test_every_method_reads_all_images_each_epoch(methods, name):
    for _ in range(2):
        assert pipeline.consume(methods[name]) == (6, {(24, 32, 3)})


@pytest.mark.parametrize("name", ["uncached", "dataset", "cached", "torch"])
def test_the_images_are_the_same(methods, name):
    expected = np.concatenate(list(methods["pil"]())).astype(float)
    images = np.concatenate(list(methods[name]())).astype(float)
    images *= 255 if name == "cached" else 1
    distances = abs(expected[:, None] - images[None]).mean((2, 3, 4))
    # Cached images are shuffled: each has one that is nearly equal.
    assert sorted(distances.argmin(axis=1)) == list(range(6))
    # They shrink by area, PIL by antialiased bilinear interpolation.
    assert distances.min(axis=1).max() < 4


def test_rendered_images_are_the_same_every_time(rows, tmp_path):
    again = images.gather("rendered", 6, tmp_path)
    files = [open(row["image"], "rb").read() for row in rows]
    assert files == [open(row["image"], "rb").read() for row in again]
    assert len(set(files)) == 6
    # As a photograph of 500 x 375: between half and four bits per pixel.
    assert all(0.5 < len(file) * 8 / (500 * 375) < 4 for file in files)


def test_unknown_images_are_refused(tmp_path):
    with pytest.raises(ValueError, match="Received: imagenet"):
        images.gather("imagenet", 1, tmp_path)


@pytest.mark.slow
def test_the_command_prints_a_table_and_writes_a_file(tmp_path):
    pytest.importorskip("torch")
    sizes = "--images rendered --count 4 --batch 2 --size 16 --repeats 1"
    arguments = ["pipeline", *sizes.split(), "--out", str(tmp_path)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "rendered, cached" in result.output
    text = (tmp_path / "pipeline.json").read_text()
    assert str(tmp_path.parent) not in text
    (row,) = json.loads(text)["rows"]
    assert set(row["per_second"]) == set(pipeline.METHODS)
    assert row["building"] > 0


def test_a_part_of_a_batch_is_refused():
    result = CliRunner().invoke(app, ["pipeline", "--count", "65"])
    assert result.exit_code == 2
    assert "whole batches" in result.output


def test_a_bar_is_met_from_its_value_on():
    assert results.bar("a", 2, 2.0)["met"]
    assert not results.bar("a", 2, 1.99)["met"]
