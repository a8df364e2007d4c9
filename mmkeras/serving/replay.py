"""Runs an export with TensorFlow alone, and writes its answers.

`check_export` runs this file by its path in a fresh process. It imports
nothing of mmkeras, and a SavedModel that needs Keras cannot pass: importing
Keras is an error in that process.

    python replay.py EXPORT ANSWERS.json
"""

import base64
import json
import pathlib
import sys

if __name__ == "__main__":
    for package in ("keras", "keras_hub", "tf_keras", "mmkeras"):
        sys.modules[package] = None  # Importing it raises an ImportError.

import tensorflow as tf  # noqa: E402


def replay(folder):
    """Predicts the inputs of `golden.json`, in one batch and one by one.

    Args:
        folder: The version folder of an export.

    Returns:
        Dict of `"together"` and `"alone"`: a list of outputs, one per row;
        and for each further signature, e.g. `"embed_image together"`.
    """
    card = json.loads(pathlib.Path(folder, "golden.json").read_text("utf-8"))
    loaded = tf.saved_model.load(str(folder))  # Functions do not keep it.
    parts = {"": (card["signature"], card["rows"])}
    for name, part in card.get("others", {}).items():
        parts[f"{name} "] = name, part["rows"]
    answers = {}
    for prefix, (name, rows) in parts.items():
        serve = loaded.signatures[name]
        rows = [row["inputs"] for row in rows]
        answers[f"{prefix}together"] = _answer(serve, rows)
        alone = [_answer(serve, [row])[0] for row in rows]
        answers[f"{prefix}alone"] = alone
    return answers


def _answer(serve, rows):
    inputs = {
        name: tf.constant([_raw(row[name]) for row in rows]) for name in rows[0]
    }
    outputs = {key: x.numpy() for key, x in serve(**inputs).items()}
    return [
        {key: _plain(values[i]) for key, values in outputs.items()}
        for i in range(len(rows))
    ]


def _raw(value):
    if isinstance(value, dict):
        return base64.b64decode(value["b64"])
    return [_raw(item) for item in value] if isinstance(value, list) else value


def _plain(value):
    """Converts arrays to lists, and bytes to text."""
    if isinstance(value, bytes):
        return value.decode("utf-8")
    value = value.tolist() if hasattr(value, "tolist") else value
    return [_plain(x) for x in value] if isinstance(value, list) else value


if __name__ == "__main__":
    answers = json.dumps(replay(sys.argv[1]))
    pathlib.Path(sys.argv[2]).write_text(answers, "utf-8")
