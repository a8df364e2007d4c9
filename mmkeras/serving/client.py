"""Runs an export from its folder, or requests answers from a server."""

import shlex

import numpy as np

from mmkeras.data import inputs
from mmkeras.serving import golden
from mmkeras.serving import versions

_FILES = ("image", "audio", "video")
_MAX_TURNS = 100_001  # No model takes more; the rest is one turn.


def load(folder, signature=golden.DEFAULT):
    """Loads an export; this requires TensorFlow alone.

    Args:
        folder: A version folder, or the folder of all versions, of which the
            newest is loaded.
        signature: Name of the signature to call, such as `"embed_image"` of
            retrieval models.

    Returns:
        An `ExportedModel`.

    Raises:
        FileNotFoundError: If there is no export.
        ValueError: If it has no such signature.

    Example:

    >>> model = load("exports/attend")
    >>> model.predict([open("photo.jpg", "rb").read()])["text"]
    """
    return ExportedModel(folder, signature)


class ExportedModel:
    """An export that is loaded in this process; it is thread-safe.

    Args:
        folder: A version folder, or the folder of all versions.
        signature: As of `load`.

    Raises:
        FileNotFoundError: If there is no export.
        ValueError: If it has no such signature.
    """

    def __init__(self, folder, signature=golden.DEFAULT):
        import tensorflow as tf  # Late: requests do not need it.

        self.folder = versions.newest(folder)
        # The signature holds no reference to the model.
        self._loaded = tf.saved_model.load(str(self.folder))
        if signature not in self._loaded.signatures:
            names = ", ".join(sorted(self._loaded.signatures))
            raise ValueError(
                f"{self.folder} has no signature {signature!r}. Expected one "
                f"of {names}."
            )
        self._serve = self._loaded.signatures[signature]
        self._specs = self._serve.structured_input_signature[1]
        self._constant = tf.constant
        self._fill = tf.fill

    def predict(self, batch, batch_size=32):
        """Predicts images, or examples of several fields.

        Args:
            batch: List of encoded images (bytes); or a dict of lists by
                field, or by column of numbers or categories. A missing
                value is `""`, NaN in features and numbers, or a field that is
                left out. Images, audio and videos may be paths of files; a
                dialogue is a list of turns, or a string with one line per
                turn; so are candidate texts.
            batch_size: int. Number of examples predicted at once.

        Returns:
            Dict of lists, one entry per example, as of `task.answer`; for
            captions `"text"`, `"score"` and `"error"`.

        Raises:
            ValueError: If a field is unknown, or its value is not a list.
        """
        if not isinstance(batch, dict):
            batch = {"image": batch}
        batch = inputs.lists(batch, list(self._specs))
        answers = {key: [] for key in self._serve.structured_outputs}
        count = len(next(iter(batch.values())))
        for i in range(0, count, batch_size):
            part = {k: v[i : i + batch_size] for k, v in batch.items()}
            for key, values in self._answer(part).items():
                answers[key] += values
        return answers

    def _answer(self, batch):
        """Predicts one batch."""
        size = len(next(iter(batch.values())))
        part = {name: self._absent(name, size) for name in self._specs}
        read_errors = [""] * size
        for field, values in batch.items():
            if field in _FILES and self._is_text(field):
                values, errors = inputs.read(values)
                read_errors = [
                    first or (error and f"{field}: {error}")
                    for first, error in zip(read_errors, errors)
                ]
            if self._is_dialogue(field):
                values = _pad_turns(values)
            elif self._is_text(field):
                values = [inputs.to_bytes(v, repr(field)) for v in values]
            else:
                absent = np.full(self._specs[field].shape[1:], np.nan)
                values = [absent if v is None else v for v in values]
            part[field] = self._constant(values, self._specs[field].dtype)
        answers = {k: _plain(v.numpy()) for k, v in self._serve(**part).items()}
        for i, error in enumerate(read_errors):
            if error:
                for key, values in answers.items():
                    values[i] = error if key == "error" else _empty(values[i])
        return answers

    def _absent(self, name, size):
        """The value of a field that is left out."""
        spec = self._specs[name]
        value = "" if spec.dtype.name == "string" else float("nan")
        shape = [1] if self._is_dialogue(name) else spec.shape[1:]
        return self._fill([size, *shape], value)

    def _is_text(self, name):
        return self._specs[name].dtype.name == "string"

    def _is_dialogue(self, name):
        return self._is_text(name) and len(self._specs[name].shape) == 2


def _pad_turns(dialogues):
    """Pads dialogues to lists of turns of one length."""
    dialogues = [_turns(dialogue) for dialogue in dialogues]
    length = max([1, *map(len, dialogues)])
    return [turns + [""] * (length - len(turns)) for turns in dialogues]


def _turns(dialogue):
    if dialogue is None:
        return []
    if isinstance(dialogue, (str, bytes)):
        return inputs.to_bytes(dialogue).split(b"\n", _MAX_TURNS)
    turns = [inputs.to_bytes(turn) for turn in dialogue]
    rest = turns[_MAX_TURNS:]
    return turns[:_MAX_TURNS] + ([b" ".join(rest)] if rest else [])


def _plain(values):
    """Converts an array to lists of numbers or strings."""
    if values.dtype == object:
        flat = [value.decode("utf-8") for value in values.ravel()]
        array = np.empty(values.shape, object)
        array.ravel()[:] = flat
        values = array
    return values.tolist()


def _empty(value):
    """The empty answer of the same type."""
    if isinstance(value, list):
        return [_empty(part) for part in value]
    return type(value)()


def request(images):
    """Makes the body of a request to TF Serving's REST interface.

    Args:
        images: List of encoded images (bytes).

    Returns:
        Dict to send as JSON to `http://HOST:8501/v1/models/NAME:predict`. The
        answer is `{"predictions": [{"text", "score", "error"}, ...]}`.
    """
    return {"instances": [{"image": golden.b64(image)} for image in images]}


def curl(name, image="photo.jpg", host="localhost:8501"):
    """Makes a shell command that requests the caption of an image.

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
