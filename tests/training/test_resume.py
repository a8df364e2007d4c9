"""A run killed at any moment ends with the weights of the unbroken one."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from mmkeras.data.synthetic import shapes

pytestmark = pytest.mark.slow


def command(source, out):
    return [
        sys.executable,
        *["-m", "mmkeras.cli", "train", "caption-cnn-attention-lstm"],
        *["--data", str(source), "--out", str(out)],
        *["train.epochs=4", "train.batch_size=20", "data.min_count=1"],
        *["data.image_size=32", "model.dim=16", "train.ema=0.9"],
        *["train.precision=float32", "train.augment=image,audio"],
        *["--seed", "5"],
    ]


def weights(run):
    with np.load(run / "checkpoint.npz") as arrays:
        return {n: arrays[n] for n in arrays.files if n != "notes"}


def test_killed_runs_end_like_the_unbroken_one(tmp_path):
    source = shapes.write(tmp_path / "world", train=60, val=8, test=8)
    environment = {**os.environ, "MMKERAS_CACHE": str(tmp_path / "cache")}
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    subprocess.run(command(source, whole), env=environment, check=True)
    for epochs in (1, 2, 3):
        process = subprocess.Popen(command(source, broken), env=environment)
        while process.poll() is None and done(broken) < epochs:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(command(source, broken), env=environment, check=True)
    wanted, resumed = weights(whole), weights(broken)
    assert wanted.keys() == resumed.keys()
    for name, value in wanted.items():
        np.testing.assert_array_equal(resumed[name], value)
    log = (broken / "log.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in log] == ["epoch", *"1234"]


def done(run):
    log = run / "log.csv"
    return len(log.read_text().splitlines()) - 1 if log.exists() else 0
