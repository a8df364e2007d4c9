"""What a judge is taught: classes, the shares of people's answers, numbers."""

import numpy as np


def errors(label, rows):
    """Says why the labels of rows cannot be encoded.

    Args:
        label: A `codecs.Labels` or `codecs.Answers`.
        rows: Rows with `"label"`, or of sequences (`"ids"`) a list of them.

    Returns:
        List of strings, empty where the label can be encoded.
    """
    if label.kind == "text" or getattr(label, "others", False):
        return [""] * len(rows)
    listed = [r["label"] if "ids" in r else [r["label"]] for r in rows]
    found = [(_error(label, value) for value in values) for values in listed]
    return [next(filter(None, errors), "") for errors in found]


class Targets:
    """Encoded labels of rows.

    Classes are kept as numbers, and made one-hot a batch at a time: those of
    a million questions with thousands of answers would fill the memory.

    Args:
        label: A `codecs.Labels`.
        rows: Rows with `"label"`; of a model that judges every step of a
            sequence, a list of them. Of several people's `"answers"` the
            shares are taught.
        shape: Shape of the model's output.

    Attributes:
        weight: float32 of shape `(n,)` or `(n, length)`, 0 beyond the end of
            a sequence.
        labels: Encoded labels, those beyond the end left out.
        words: Of answers in words, ids of shape `(n, length)` that begin with
            the start; else `None`.
    """

    def __init__(self, label, rows, shape):
        steps = len(shape) == 3 and label.kind != "text"
        length = shape[1] if steps else 1
        listed = [row["label"] if steps else [row["label"]] for row in rows]
        encoded = [[label(x) for x in labels[:length]] for labels in listed]
        single = label.kind == "single"
        known = np.zeros(
            (len(rows), length, *np.shape(encoded[0][0])),
            "int32" if single or label.kind == "text" else "float32",
        )
        weight = np.zeros((len(rows), length), "float32")
        for i, values in enumerate(encoded):
            known[i, : len(values)] = values
            weight[i, : len(values)] = 1
        self._size = label.size if single else None
        self._known = known if steps else known[:, 0]
        self.weight = weight if steps else weight[:, 0]
        self.labels = self._known[self.weight > 0]
        self.words = None
        if label.kind == "text":  # Each word is taught after those before.
            self.words, self._known = self._known[:, :-1], self._known[:, 1:]
            self.labels = self._known
        if single:
            voices, shares = known[..., None], weight[..., None]
            if not steps and any(row.get("answers") for row in rows):
                voices, shares = _voices(label, rows)
            self._voices = voices if steps else voices[:, 0]
            self._shares = shares if steps else shares[:, 0]

    def of(self, order):
        """Gives the targets of some rows.

        Args:
            order: Integers `(n,)`.

        Returns:
            float32 array, a target a row; of a class that is none of those
            known, zeros. Of an answer in words, their ids.
        """
        if self._size is None:
            return self._known[order]
        voices, shares = self._voices[order], self._shares[order]
        shape, count = voices.shape[:-1], voices.shape[-1]
        taught = np.zeros((int(np.prod(shape)), self._size + 1), "float32")
        rows = np.arange(len(taught))
        voices, shares = voices.reshape(-1, count), shares.reshape(-1, count)
        for voice, share in zip(voices.T, shares.T):
            taught[rows, voice] += share  # -1, the last, is left out.
        return taught[:, :-1].reshape(*shape, self._size)


def _error(label, value):
    try:
        label(value)
    except ValueError as error:
        return str(error)
    return ""


def _voices(label, rows):
    """What each person said, `(n, 1, people)`, and how much it counts."""
    each = [row.get("answers") or [row["label"]] for row in rows]
    shape = (len(rows), 1, max(map(len, each)))
    voices, shares = np.full(shape, -1), np.zeros(shape, "float32")
    for i, answers in enumerate(each):
        voices[i, 0, : len(answers)] = [label(answer) for answer in answers]
        shares[i, 0, : len(answers)] = 1 / len(answers)
    return voices, shares
