"""What `check` passes trains; what stops or leaves out was named by it."""

import dataclasses
import pathlib
import re
import tempfile

import pytest
import tensorflow as tf
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from odd_tables import tables

from mmkeras.data import check
from mmkeras.data import datasets
from mmkeras.training import engine
from mmkeras.training import recipes

NAME = "classify-text-bow"
RECIPE = dataclasses.replace(
    recipes.get(NAME), epochs=1, batch_size=16, model={"dim": 2}
)
TARGETS = st.sampled_from([None] * 7 + ["class", "labels", "number"])


pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


@pytest.fixture(autouse=True)
def quick():
    """Leaves out what takes longer than a few rows: tracing."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def train(path, target, folder):
    """Trains as the command line does.

    Returns:
        The names of rows that were left out.
    """
    rows, _, skipped = datasets.read(
        path, ("train", "val"), target=target, kind="labels"
    )
    data = engine.Data(*rows)
    task = engine.build(NAME, data, RECIPE, target=target)
    notes = engine.fit(task, data, folder, RECIPE, verbose=0)
    lines = [
        line
        for part in re.findall(r":(\d+(?:, \d+)*)", skipped)
        for line in part.split(", ")
    ]
    return {row for row, _ in notes["corrupt"]} | set(lines)


def agree(table, target):
    """Asserts that checking a table and training on it agree."""
    suffix, content = table
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, f"table.{suffix}")
        path.write_bytes(content)
        report = check.check(path, target=target, kind="labels")
        named = "\n".join(f"{p.where}\n" for p in report.problems)
        try:
            left_out = train(path, target, pathlib.Path(folder))
        except ValueError as error:
            assert not report.ok, f"stopped, though check passed: {error}"
            return
        assert not (left_out and report.ok), f"left out: {left_out}"
        for row in left_out:
            assert re.search(rf"(^|:){re.escape(row)}$", named, re.M), (
                f"{row} is left out, and check named only: {named}"
            )


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(table=tables(), target=TARGETS)
def test_check_and_train_agree(table, target):
    agree(table, target)


@pytest.mark.slow
@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(table=tables(), target=TARGETS)
def test_check_and_train_agree_on_many_tables(table, target):
    agree(table, target)
