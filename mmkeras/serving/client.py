"""Asks an export: from its folder, or from a server that serves it."""

import shlex

from mmkeras.serving import golden
from mmkeras.serving import versions


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
        """Answers for pictures, or for examples of several fields.

        Args:
            batch: List of encoded pictures (bytes); or a dict of lists by
                field, in which `""`, or NaN in features, is absent, as is a
                field that is left out; a conversation is a list of turns, or
                a string of a line a turn.
            batch_size: int. How many go through at once.

        Returns:
            Dict of lists, one entry an example, as `task.answer` has them: of
            a captioner `"text"`, `"score"` and `"error"`.
        """
        if not isinstance(batch, dict):
            batch = {"image": list(batch)}
        answers = {key: [] for key in self._serve.structured_outputs}
        count = len(next(iter(batch.values())))
        for i in range(0, count, batch_size):
            size = min(batch_size, count - i)
            part = {name: self._absent(name, size) for name in self._specs}
            for field, values in batch.items():
                some = values[i : i + batch_size]
                if self._is_talk(field):
                    some = _filled(some)
                part[field] = self._constant(some)
            for key, found in self._serve(**part).items():
                answers[key] += _plain(found.numpy())
        return answers

    def _absent(self, name, size):
        """What stands for a field that is left out."""
        spec = self._specs[name]
        nothing = "" if spec.dtype.name == "string" else float("nan")
        shape = [1] if self._is_talk(name) else spec.shape[1:]
        return self._fill([size, *shape], nothing)

    def _is_talk(self, name):
        spec = self._specs[name]
        return spec.dtype.name == "string" and len(spec.shape) == 2


def _filled(talks):
    """Lists of turns, all of one length; the lines of a string are turns."""
    talks = [_turns(talk) for talk in talks]
    most = max([1, *map(len, talks)])
    return [turns + [""] * (most - len(turns)) for turns in talks]


def _turns(talk):
    if isinstance(talk, (str, bytes)):
        return talk.split("\n" if isinstance(talk, str) else b"\n")
    return list(talk)


def _plain(values):
    found = values.tolist()
    if values.dtype == object:
        found = [value.decode("utf-8") for value in found]
    return found


def request(images):
    """Writes the body of a request to TF Serving's REST interface.

    Args:
        images: List of encoded pictures (bytes).

    Returns:
        Dict to send as JSON to `http://HOST:8501/v1/models/NAME:predict`. The
        answer is `{"predictions": [{"text", "score", "error"}, ...]}`.
    """
    return {"instances": [{"image": golden.b64(image)} for image in images]}


def curl(name, picture="photo.jpg", host="localhost:8501"):
    """Writes a shell command that asks a server to caption a picture.

    Args:
        name: The model's name on the server.
        picture: Path of the picture file.
        host: Host and port of the server's REST interface.

    Returns:
        The command; the picture may be of any size.
    """
    return (
        """(printf '{"instances": [{"image": {"b64": "';"""
        f" base64 < {shlex.quote(picture)} | tr -d '\\n';"
        """ printf '"}}]}') | curl --silent --data @- """
        + shlex.quote(f"http://{host}/v1/models/{name}:predict")
    )
