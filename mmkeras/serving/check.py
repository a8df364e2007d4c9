"""Compares an export with its task, in a separate process."""

import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

from mmkeras.serving import golden
from mmkeras.serving import versions

_REPLAY = pathlib.Path(__file__).with_name("replay.py")


def check_export(folder, timeout=600):
    """Replays `golden.json` through an export and compares the answers.

    The export is loaded by a separate process with TensorFlow alone:
    importing Keras or mmkeras there is an error. It predicts every row twice,
    in a batch of all rows and alone; `compare` defines when answers are
    equal. It runs on the CPU even if there is a GPU.

    Args:
        folder: A version folder, or the folder of all versions.
        timeout: Maximum time in seconds.

    Raises:
        FileNotFoundError: If there is no export.
        RuntimeError: If it does not load, or an answer differs; the error
            shows both answers.
    """
    folder = versions.newest(folder)
    compare(folder, replay_separately(folder, timeout))


def compare(folder, answers):
    """Compares answers with those of `golden.json`.

    Labels and captions must be identical, and numbers equal within 0.1 %. An
    input must have an error in both or in neither; the texts of errors may
    differ, because other libraries than TensorFlow decode some files for
    `task.answer`.

    Args:
        folder: The version folder of an export.
        answers: Dict of lists of outputs, one per row, as of
            `mmkeras.serving.replay.replay`.

    Raises:
        RuntimeError: If an answer differs; the error shows both.
    """
    for how, received in answers.items():
        name = how.rpartition(" ")[0] or golden.DEFAULT
        expected = [row["outputs"] for row in golden.read(folder, name)]
        for index, pair in enumerate(zip(expected, received, strict=True)):
            if not _same(*pair):
                raise RuntimeError(
                    "The export does not give the same answer as the task, at "
                    f"row {index} of {golden.NAME}, "
                    f"{how}:\n{_difference(*pair)}"
                )


def replay_separately(folder, timeout=600):
    """Runs `replay` in a separate process.

    Args:
        folder: Path of the version folder of an export.
        timeout: Maximum time in seconds.

    Returns:
        Dict as of `mmkeras.serving.replay.replay`.

    Raises:
        RuntimeError: If it fails or takes longer.
    """
    search = [path for path in sys.path if path]
    quiet = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    paths = {"PYTHONPATH": os.pathsep.join(search)}
    with tempfile.TemporaryDirectory() as scratch:
        answers = pathlib.Path(scratch, "answers.json")
        try:
            process = subprocess.run(
                [sys.executable, "-P", _REPLAY, folder.resolve(), answers],
                env={**os.environ, **quiet, **paths},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=timeout,
            )
        except subprocess.TimeoutExpired:
            raise RuntimeError(
                f"{folder} did not answer within {timeout} s."
            ) from None
        if process.returncode:
            raise RuntimeError(
                f"{folder} does not run in a separate process (exit code "
                f"{process.returncode}):\n{process.stderr.decode(errors='replace')[-2000:]}"
            )
        return json.loads(answers.read_text("utf-8"))


def _same(expected, received):
    if isinstance(expected, dict):
        expected, received = map(_with_numbers, (expected, received))
        keys = set(expected) | set(received)
        return all(
            key in expected
            and key in received
            and _same(*_by_presence(key, expected[key], received[key]))
            for key in keys
        )
    if isinstance(expected, list):
        return len(expected) == len(received) and all(
            map(_same, expected, received)
        )
    if isinstance(expected, str) or isinstance(received, str):
        return expected == received
    return math.isclose(expected, received, rel_tol=1e-3, abs_tol=1e-3)


def _with_numbers(answer):
    """Replaces labels that are formatted numbers by these numbers."""
    label, numbers = answer.get("label"), answer.get("probability")
    if label is None or numbers is None:
        return answer
    return {**answer, "label": _read(label, numbers)}


def _read(label, numbers):
    if isinstance(label, list):
        return list(map(_read, label, numbers))
    printed = len(numbers) == 1 and f"{numbers[0]:.6f}" == label
    return float(label) if printed else label


def _by_presence(key, *values):
    """Reduces errors to whether there is an error."""
    if key != "error":
        return values
    return ["refused" if value else "accepted" for value in values]


def _difference(expected, received):
    lines = [f"expected {expected}", f"received {received}"]
    texts = [answer.get("text", "").split() for answer in (expected, received)]
    same = os.path.commonprefix(texts)
    if texts[0] != texts[1]:
        lines.append(f"the first {len(same)} words are equal: {same}")
    return "\n".join(lines)
