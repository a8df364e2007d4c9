"""The folder of a run: what was asked, what came of it, one owner at a time."""

import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import shlex
import shutil
import sys

import keras

from mmkeras.training import atomic

try:
    import fcntl
except ImportError:  # Not a Unix system: there, nobody else is kept out.
    fcntl = None

_PACKAGES = ("mmkeras", "keras", "tensorflow", "keras-hub", "jax", "numpy")


class RunFolder:
    """A run's folder, held by this process while it is open.

    Args:
        path: The folder; made when opened.

    Example:

    >>> with RunFolder("runs/attend").open({"seed": 0}) as folder:
    ...     folder.write("results.json", {"cider": 0.5})
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self._lock = None

    def open(self, arguments, overwrite=False, **notes):
        """Takes the folder and writes `run.json`, or resumes the same run.

        Args:
            arguments: Dict of all that decides what the run does, for JSON.
            overwrite: bool. Whether to delete another run that is there.
            **notes: What else to write into `run.json`.

        Returns:
            The folder, a context manager that lets go of it.

        Raises:
            ValueError: If the folder holds a run with other arguments.
            OSError: If another process holds it, or it cannot be written.
        """
        arguments = json.loads(json.dumps(arguments))  # As it is read back.
        self.path.mkdir(parents=True, exist_ok=True)
        self._take()
        try:
            known = self._known()
            if known is not None and known["arguments"] != arguments:
                if not overwrite:
                    raise ValueError(self._refusal(known, arguments))
                self._clear()
            elif overwrite:
                self._clear()
            if known is None or overwrite:
                self.write("run.json", {**_card(arguments), **notes})
        except BaseException:
            self.close()
            raise
        return self

    def write(self, name, value):
        """Writes a value as JSON into the folder, in one stroke."""
        atomic.write_json(self.path / name, value)

    def close(self):
        """Lets go of the folder."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _take(self):
        path = self.path / ".lock"
        self._lock = open(path, "a+", encoding="utf-8")
        if fcntl is None:
            return
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.seek(0)
            owner = self._lock.read().strip() or "unknown"
            self.close()
            raise OSError(
                f"{self.path} is in use by process {owner}. Wait for it, or "
                "give another folder with --out."
            ) from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def _known(self):
        path = self.path / "run.json"
        return atomic.read_json(path) if path.exists() else None

    def _refusal(self, known, arguments):
        old = known["arguments"]
        names = [
            f"{name} was {old.get(name)!r}, is {arguments.get(name)!r}"
            for name in sorted({*old, *arguments})
            if old.get(name) != arguments.get(name)
        ]
        return (
            f"{self.path} holds another run: {'; '.join(names)}. Give another "
            "folder with --out, or delete that run with --overwrite."
        )

    def _clear(self):
        for path in self.path.iterdir():
            if path.name == ".lock":
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def versions():
    """Versions of Python and of the packages that decide a result."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def machine():
    """Says what machine this is: processor, cores, memory."""
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
