"""Sample inputs of an export with the expected answers."""

import base64
import json
import pathlib

NAME = "golden.json"


DEFAULT = "serving_default"


def write(folder, samples, answers, options, specs, others=None):
    """Writes inputs and their answers into an export.

    `"inputs"` describes the inputs of the signature, all of which are
    required: by field a dtype, a shape, and the missing value, `""`, or NaN in
    features and numbers. Each row is, for instance, `{"inputs": {"image":
    {"b64": ...}}, "outputs": {"text", "score", "error"}}`; its inputs are an
    instance of a request to the REST interface of TF Serving.

    Args:
        folder: The version folder.
        samples: Dict of lists by field: bytes, strings or lists of numbers.
        answers: Dict of arrays that `task.answer` returns for them.
        options: Dict of the decoding options, for information.
        specs: Dict of a `tf.TensorSpec` for each field.
        others: Dict from the names of further signatures to `specs`, of some
            of the fields, their `samples`, and `answers`; or `None`.
    """
    card = {
        "signature": DEFAULT,
        "inputs": {field: _described(spec) for field, spec in specs.items()},
        "options": options,
        "rows": _rows(samples, answers),
    }
    if others:
        card["others"] = {
            name: {
                "inputs": {k: _described(spec) for k, spec in specs.items()},
                "rows": _rows(samples, answers),
            }
            for name, (specs, samples, answers) in others.items()
        }
    text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
    pathlib.Path(folder, NAME).write_text(text, "utf-8")


def read(folder, signature=DEFAULT):
    """Reads the rows that `write` wrote, as a list of dicts.

    Args:
        folder: The version folder.
        signature: Name of the signature.
    """
    text = pathlib.Path(folder, NAME).read_text("utf-8")
    card = json.loads(text)
    return (card if signature == DEFAULT else card["others"][signature])["rows"]


def _rows(samples, answers):
    inputs = [
        {field: _plain(value) for field, value in zip(samples, values)}
        for values in zip(*samples.values())
    ]
    return [
        {"inputs": inputs_of_row, "outputs": outputs}
        for inputs_of_row, outputs in zip(inputs, as_rows(answers))
    ]


def as_rows(answers):
    """Turns a dict of arrays into a list of dicts that JSON can hold."""
    columns = [_column(values) for values in answers.values()]
    return [dict(zip(answers, row)) for row in zip(*columns)]


def _column(values):
    """Values of an array or tensor as a list."""
    values = values.numpy() if hasattr(values, "numpy") else values
    values = values.tolist() if hasattr(values, "tolist") else values
    return [x.decode() if isinstance(x, bytes) else x for x in values]


def b64(data):
    """Encodes bytes for TF Serving's REST interface."""
    return {"b64": base64.b64encode(data).decode("ascii")}


def _described(spec):
    """Describes one input of the signature; JSON has no NaN."""
    is_text = spec.dtype.name == "string"
    return {
        "dtype": spec.dtype.name,
        "shape": spec.shape.as_list(),
        "absent": "" if is_text else "NaN",
    }


def _plain(value):
    """Bytes and strings in base 64, arrays as lists."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        value = value.encode("utf-8")
    return b64(value) if isinstance(value, bytes) else value.tolist()
