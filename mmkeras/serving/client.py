"""Asks an export: from its folder, or from a server that serves it."""

import shlex

import numpy as np

from mmkeras.data import inputs
from mmkeras.serving import golden
from mmkeras.serving import versions

_FILES = ("image", "audio")
_MANY = 100_001  # Turns; no model takes more, so the rest stays together.


def load(folder):
    """Loads an export; TensorFlow is enough for it.

    Args:
        folder: A version folder, or the folder of all versions: then the
            newest.

    Returns:
        A `Captioner`.

    Raises:
        FileNotFoundError: If there is no export.

    Example:

    >>> captioner = load("exports/attend")
    >>> captioner.predict([open("photo.jpg", "rb").read()])["text"]
    """
    return Captioner(folder)


class Captioner:
    """An export in this process. Several threads may use it at once.

    Args:
        folder: A version folder, or the folder of all versions.

    Raises:
        FileNotFoundError: If there is no export.
    """

    def __init__(self, folder):
        import tensorflow as tf  # Late: writing a request needs none.

        self.folder = versions.newest(folder)
        # The signature does not keep what it is part of alive.
        self._loaded = tf.saved_model.load(str(self.folder))
        self._serve = self._loaded.signatures["serving_default"]
        self._specs = self._serve.structured_input_signature[1]
        self._constant = tf.constant
        self._fill = tf.fill

    def predict(self, batch, batch_size=32):
        """Answers for images, or for examples of several fields.

        Args:
            batch: List of encoded images (bytes); or a dict of lists by
                field, in which `""`, or NaN in features, is absent, as is a
                field that is left out; of images and sounds also the paths
                of files; a conversation is a list of turns, or a string of a
                line a turn.
            batch_size: int. How many go through at once.

        Returns:
            Dict of lists, one entry an example, as `task.answer` has them: of
            a captioner `"text"`, `"score"` and `"error"`.

        Raises:
            ValueError: If a field is unknown, or its value is not a list.
        """
        if not isinstance(batch, dict):
            batch = {"image": batch}
        batch = inputs.lists(batch, list(self._specs))
        answers = {key: [] for key in self._serve.structured_outputs}
        count = len(next(iter(batch.values())))
        for i in range(0, count, batch_size):
            some = {k: v[i : i + batch_size] for k, v in batch.items()}
            for key, found in self._answer(some).items():
                answers[key] += found
        return answers

    def _answer(self, batch):
        """Answers for one batch."""
        size = len(next(iter(batch.values())))
        part = {name: self._absent(name, size) for name in self._specs}
        unread = [""] * size
        for field, values in batch.items():
            if field in _FILES and self._is_text(field):
                values, errors = inputs.read(values)
                unread = [
                    first or (error and f"{field}: {error}")
                    for first, error in zip(unread, errors)
                ]
            if self._is_talk(field):
                values = _filled(values)
            elif self._is_text(field):
                values = [inputs.to_bytes(v, repr(field)) for v in values]
            else:
                nothing = np.full(self._specs[field].shape[1:], np.nan)
                values = [nothing if v is None else v for v in values]
            part[field] = self._constant(values, self._specs[field].dtype)
        answers = {k: _plain(v.numpy()) for k, v in self._serve(**part).items()}
        for i, error in enumerate(unread):
            if error:
                for key, values in answers.items():
                    values[i] = error if key == "error" else _empty(values[i])
        return answers

    def _absent(self, name, size):
        """What stands for a field that is left out."""
        spec = self._specs[name]
        nothing = "" if spec.dtype.name == "string" else float("nan")
        shape = [1] if self._is_talk(name) else spec.shape[1:]
        return self._fill([size, *shape], nothing)

    def _is_text(self, name):
        return self._specs[name].dtype.name == "string"

    def _is_talk(self, name):
        return self._is_text(name) and len(self._specs[name].shape) == 2


def _filled(talks):
    """Lists of turns, all of one length; the lines of a string are turns."""
    talks = [_turns(talk) for talk in talks]
    most = max([1, *map(len, talks)])
    return [turns + [""] * (most - len(turns)) for turns in talks]


def _turns(talk):
    if talk is None:
        return []
    if isinstance(talk, (str, bytes)):
        return inputs.to_bytes(talk).split(b"\n", _MANY)
    turns = [inputs.to_bytes(turn) for turn in talk]
    rest = turns[_MANY:]
    return turns[:_MANY] + ([b" ".join(rest)] if rest else [])


def _plain(values):
    """Lists of numbers and strings, from an array."""
    if values.dtype == object:
        flat = [value.decode("utf-8") for value in values.ravel()]
        found = np.empty(values.shape, object)
        found.ravel()[:] = flat
        values = found
    return values.tolist()


def _empty(value):
    """What stands for an answer that there is not."""
    if isinstance(value, list):
        return [_empty(part) for part in value]
    return type(value)()


def request(images):
    """Writes the body of a request to TF Serving's REST interface.

    Args:
        images: List of encoded images (bytes).

    Returns:
        Dict to send as JSON to `http://HOST:8501/v1/models/NAME:predict`. The
        answer is `{"predictions": [{"text", "score", "error"}, ...]}`.
    """
    return {"instances": [{"image": golden.b64(image)} for image in images]}


def curl(name, image="photo.jpg", host="localhost:8501"):
    """Writes a shell command that asks a server to caption an image.

    Args:
        name: The model's name on the server.
        image: Path of the image file.
        host: Host and port of the server's REST interface.

    Returns:
        The command; the image may be of any size.
    """
    return (
        """(printf '{"instances": [{"image": {"b64": "';"""
        f" base64 < {shlex.quote(image)} | tr -d '\\n';"
        """ printf '"}}]}') | curl --silent --data @- """
        + shlex.quote(f"http://{host}/v1/models/{name}:predict")
    )
