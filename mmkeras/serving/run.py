"""Captions image files through an export, without Keras.

    python -m mmkeras.serving.run EXPORT photo.jpg ...

writes one line per image: its path, a tab, its caption. An image that cannot
be read gets a line on the error stream instead, and the exit code is 1.
"""

import argparse
import os
import pathlib
import sys

from mmkeras.serving.client import load


def main(arguments=None):
    """Captions the files on the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m mmkeras.serving.run",
        description="Caption images with an export, without Keras.",
    )
    parser.add_argument("export", help="folder written by mmkeras export")
    parser.add_argument("images", nargs="+", help="image files")
    options = parser.parse_args(arguments)
    contents, errors = {}, {}
    for path in options.images:
        try:
            contents[path] = pathlib.Path(path).read_bytes()
        except OSError as error:
            errors[path] = error.strerror
    try:
        answers = load(options.export).predict(list(contents.values()))
    except FileNotFoundError as error:
        parser.error(str(error))
    for path, text, error in zip(contents, answers["text"], answers["error"]):
        if error:
            errors[path] = error
        else:
            sys.stdout.write(f"{path}\t{text}\n")
    for path, error in errors.items():
        sys.stderr.write(f"{path}: {error}\n")
    return 1 if errors else 0


if __name__ == "__main__":
    # Importing Keras is an error from here on: exports do not need it.
    sys.modules.setdefault("keras", None)
    # Hides messages about the processor; errors are raised, not logged.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.exit(main())
