"""The folder of a run, used by one process at a time."""

import datetime
import hashlib
import importlib.metadata
import json
import os
import pathlib
import platform
import shlex
import shutil
import sys

import filelock
import keras

from mmkeras.files import atomic

_PACKAGES = ("mmkeras", "keras", "tensorflow", "keras-hub", "jax", "numpy")
_CARD = "run.json"
_EXPECTED = {
    "command": str,
    "arguments": {
        "architecture": str,
        "dataset": str,
        "fingerprint": str,
        "seed": int,
        "train": dict,
        "model": dict,
        "data": dict,
        "task": dict,
    },
}
# All files of training, evaluation and reports in a run's folder.
_NAMES = (
    _CARD,
    "best.npz",
    "blend_weights.json",
    "captions-*.jsonl",
    "checkpoint.npz",
    "curves.png",
    "log.csv",
    "model-*.keras",
    "report-*",
    "results.json",
    "task.json",
    "tensorboard",
    "training.json",
    "transfer-*",
    "unimodal-*",
)


class _Absent:
    def __repr__(self):
        return "not given"


_ABSENT = _Absent()


class RunFolder:
    """A run's folder, locked by this process while it is open.

    Args:
        path: The folder; created when opened.
        report: Function of a text; called before files are deleted.

    Example:

    >>> with RunFolder("runs/attend").open({"seed": 0}) as folder:
    ...     folder.write("results.json", {"cider": 0.5})
    """

    def __init__(self, path, report=None):
        self.path = pathlib.Path(path)
        self._report = report or (lambda text: None)
        self._lock = filelock.FileLock(
            self.path / ".lock", timeout=0, thread_local=False
        )

    def open(self, arguments, overwrite=False, **notes):
        """Locks the folder and writes `run.json`, or resumes the same run.

        Temporary files of killed processes are removed.

        Args:
            arguments: Dict for JSON of all that determines the run.
            overwrite: bool. Whether to delete the files of another run. A run
                with the same arguments is resumed in any case.
            **notes: Further content of `run.json`.

        Returns:
            The folder, a context manager that releases it.

        Raises:
            ValueError: If the folder has a run with other arguments, or
                files of a run and no `run.json`.
            OSError: If another process uses it, or it cannot be written.
        """
        arguments = json.loads(json.dumps(arguments))  # E.g. lists for tuples.
        self.path.mkdir(parents=True, exist_ok=True)
        self._take()
        try:
            atomic.remove_leftovers(self.path)
            refusal = self._refusal(arguments)
            if refusal and not overwrite:
                raise ValueError(
                    f"{self.path} contains {refusal}. Give another folder "
                    "with --out, or delete these files with --overwrite."
                )
            if refusal:
                self._clear(refusal)
            if not (self.path / _CARD).exists():
                self.write(_CARD, {**_card(arguments), **notes})
        except BaseException:
            self.close()
            raise
        return self

    def write(self, name, value):
        """Writes a value atomically as JSON into the folder."""
        atomic.write_json(self.path / name, value)

    def close(self):
        """Releases the folder."""
        self._lock.release()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _take(self):
        owner = self.path / ".owner"
        try:
            self._lock.acquire()
        except filelock.Timeout:
            pid = owner.read_text() if owner.exists() else "unknown"
            raise OSError(
                f"{self.path} is in use by process {pid}. Wait for it, or "
                "give another folder with --out."
            ) from None
        owner.write_text(str(os.getpid()))

    def _files(self):
        """The files of training, evaluation and reports, `run.json` last."""
        paths = {path for name in _NAMES for path in self.path.glob(name)}
        return sorted(paths, key=lambda path: (path.name == _CARD, path.name))

    def _refusal(self, arguments):
        """Describes the run in the folder; `""` if none or the same run."""
        names = ", ".join(path.name for path in self._files())
        if not names:
            return ""
        try:
            old = _arguments(self.path)
        except ValueError as error:
            return f"files of a run ({names}), but {error}"
        if old is None:
            return f"files of a run ({names}), but no {_CARD} that describes it"
        differences = "; ".join(_differences(old, arguments))
        return differences and f"another run: {differences}"

    def _clear(self, reason):
        files = self._files()
        names = ", ".join(path.name for path in files)
        self._report(f"{self.path} contains {reason}. Deleting: {names}")
        for path in files:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def digest(folder):
    """Hashes the arguments of the run in a folder.

    Args:
        folder: Path of a run's folder.

    Returns:
        SHA-256 in hexadecimal digits, or `None` without a `run.json`.

    Raises:
        ValueError: If `run.json` is damaged.
    """
    arguments = _arguments(pathlib.Path(folder))
    if arguments is None:
        return None
    text = json.dumps(arguments, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def is_finished(folder):
    """Whether the training of the run in a folder has ended.

    Args:
        folder: Path of a run's folder.
    """
    path = pathlib.Path(folder, "training.json")
    if not path.exists():
        return False
    return atomic.read_json(path, dict).get("run") == digest(folder)


def check(folder):
    """Raises an error if a folder has files of two runs.

    Args:
        folder: Path of a run's folder.

    Raises:
        ValueError: If `training.json` was written by a run with other
            arguments than those in `run.json`.
    """
    path = pathlib.Path(folder, "training.json")
    if not path.exists():
        return
    written = atomic.read_json(path, dict).get("run")
    if written and written != digest(folder):
        raise ValueError(
            f"{path} was written by a run with other arguments than those in "
            f"{_CARD} of the same folder. Train again with --overwrite."
        )


def read_card(folder):
    """Reads the `run.json` of a run of `mmkeras train`.

    Args:
        folder: Path of the run's folder.

    Returns:
        Dict with `"arguments"` and the notes of `RunFolder.open`.

    Raises:
        ValueError: If the file is damaged.
        FileNotFoundError: If there is none.
    """
    path = pathlib.Path(folder, _CARD)
    return atomic.read_json(path, _EXPECTED)


def _arguments(folder):
    """The arguments in `run.json`, or `None` if there is no such file."""
    path = folder / _CARD
    if not path.exists():
        return None
    card = atomic.read_json(path, {"arguments": dict})
    return card["arguments"]


def _differences(old, new, prefix=""):
    """Lists the arguments that differ, those within dicts one by one.

    A run of an earlier version lacks options added since; an option of `None`
    is off, as if it were lacking.
    """
    for name in sorted({*old, *new}):
        if old.get(name) == new.get(name):
            continue
        before, after = old.get(name, _ABSENT), new.get(name, _ABSENT)
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _differences(before, after, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name} was {before!r}, is {after!r}"


def versions():
    """Versions of Python and of the packages that affect results."""
    packages = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            packages[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return packages


def machine():
    """Describes this machine: processor, cores, memory."""
    cpu = platform.processor() or platform.machine()
    info = pathlib.Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
                break
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": cpu,
        "cores": os.cpu_count(),
        "memory_gib": round(pages / 2**30, 1),
    }


def _card(arguments):
    return {
        "command": shlex.join(["mmkeras", *sys.argv[1:]]),
        "arguments": arguments,
        "backend": keras.backend.backend(),
        "versions": versions(),
        "machine": machine(),
        "started": datetime.datetime.now(datetime.UTC).isoformat(),
    }
