"""Ctrl-C and termination, at any moment of a verb, end it in the same way."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from mmkeras.cli.errors import explained
from mmkeras.data.synthetic import shapes

GOES_ON = "run the same command again to resume"
EPOCHS = 20


def call(verb):
    app = typer.Typer()
    app.command()(explained(verb, heavy=False))
    return CliRunner().invoke(app, [])


@pytest.mark.parametrize(
    "number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_every_verb_ends_with_the_code_of_the_signal(number, code):
    result = call(lambda: signal.raise_signal(number))
    assert result.exit_code == code
    assert GOES_ON in result.output


def lost():
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        pass


def turned_into_another_error():
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise ValueError("of a callback") from None


def turned_into_an_unknown_error():
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise SystemError("of C code") from None


@pytest.mark.parametrize(
    "verb", [lost, turned_into_another_error, turned_into_an_unknown_error]
)
def test_a_lost_interrupt_still_counts(verb):
    result = call(verb)
    assert result.exit_code == 130
    assert GOES_ON in result.output and "Error" not in result.output


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    return shapes.write(folder, train=60, val=8, test=8)


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    return {**os.environ, "MMKERAS_CACHE": str(cache)}


def train(world, out, epochs):
    return [
        *["train", "caption-cnn-attention-lstm", "--data", str(world)],
        *["--out", str(out), f"train.epochs={epochs}", "--seed", "5"],
        *["train.batch_size=20", "data.min_count=1", "data.image_size=32"],
        *["model.dim=16", "train.precision=float32", "train.ema=0.9"],
        *["train.augment=image,audio", "generate.beam=1"],
    ]


def begin(environment, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "mmkeras.cli", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def epochs(run):
    log = run / "log.csv"
    return len(log.read_text().splitlines()) - 1 if log.exists() else 0


def weights(run):
    with np.load(run / "checkpoint.npz") as arrays:
        return {n: arrays[n] for n in arrays.files if n != "notes"}


@pytest.fixture(scope="module")
def whole(world, environment, tmp_path_factory):
    """The folder of an unbroken run."""
    run = tmp_path_factory.mktemp("runs") / "whole"
    ended = begin(environment, *train(world, run, EPOCHS))
    assert ended.wait() == 0, ended.stdout.read()
    return run


@pytest.mark.slow
def test_training_stops_and_goes_on_to_the_same_weights(
    world, environment, whole, tmp_path
):
    """Killed at any moment, too: then it says nothing."""
    broken = tmp_path / "broken"
    for number, more in [
        (signal.SIGINT, 0.0),
        (signal.SIGKILL, 0.0),
        (signal.SIGTERM, 0.05),
        (signal.SIGKILL, 0.15),
        (signal.SIGINT, 0.3),
    ]:
        before = epochs(broken)
        process = begin(environment, *train(world, broken, EPOCHS))
        while process.poll() is None and epochs(broken) <= before:
            time.sleep(0.02)
        time.sleep(more)
        process.send_signal(number)
        output, _ = process.communicate()
        if number == signal.SIGKILL:
            assert process.returncode == -number, output
            continue
        assert process.returncode == 128 + number, output
        assert GOES_ON in output and "Traceback" not in output
    ended = begin(environment, *train(world, broken, EPOCHS))
    assert ended.wait() == 0, ended.stdout.read()
    wanted, resumed = weights(whole), weights(broken)
    assert wanted.keys() == resumed.keys()
    for name, value in wanted.items():
        np.testing.assert_array_equal(resumed[name], value)
    log = (broken / "log.csv").read_text().splitlines()
    numbers = [str(epoch) for epoch in range(1, EPOCHS + 1)]
    assert [line.split(",")[0] for line in log] == ["epoch", *numbers]


@pytest.mark.slow
def test_a_signal_at_any_moment_has_its_code(
    world, environment, whole, tmp_path
):
    run = whole
    image = str(world.parent / "images" / "test-00000.jpg")
    verbs = [
        (train(world, tmp_path / "long", 500), None),
        (
            ["evaluate", str(run), "--split", "train", "generate.beam=10"],
            "Most frequent captions",
        ),
        (["predict", str(run), *[image] * 500], "test-00000.jpg"),
    ]
    for i, seconds in enumerate((5, 8, 11, 14)):
        arguments, last = verbs[i % 3]
        process = begin(environment, *arguments)
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate()
        if last and last in output:
            # All was done, on a fast machine: the signal came at the exit.
            assert process.returncode in (0, 130, -signal.SIGINT), output
        else:
            assert process.returncode == 130, output
            assert "Traceback" not in output, output
