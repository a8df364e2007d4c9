"""Labels codec: class names to numbers, and logits to class names."""

import collections

import numpy as np
import tensorflow as tf

from mmkeras.data import label_kinds

KINDS = ("single", "multi", "number")
_KIND_OF = dict(zip(label_kinds.TARGETS, KINDS))


class Labels:
    """Encodes labels as training targets, and decodes logits to labels.

    Args:
        names: List of the classes; empty for numbers.
        kind: `"single"`, one class per example; `"multi"`, any number of
            classes, joined by `|`; or `"number"`.
        allow_unknown: bool. Whether a `"single"` label may be outside `names`.
            Such examples always count as wrong; used for open-ended answers.

    Raises:
        ValueError: If the kind is unknown, or the names do not fit it.
    """

    def __init__(self, names=(), kind="single", allow_unknown=False):
        self.names = list(names)
        self.kind = kind
        self.allow_unknown = allow_unknown
        if kind not in KINDS:
            raise ValueError(
                f"`kind` must be one of {', '.join(KINDS)}. Received: "
                f"kind={kind!r}"
            )
        invalid = [n for n in self.names if not isinstance(n, str) or not n]
        repeated = len(set(self.names)) < len(self.names)
        if invalid or repeated or bool(self.names) == (kind == "number"):
            raise ValueError(
                "`names` must be distinct strings, or empty for numbers. "
                f"Received: names={self.names[:10]}, kind={kind!r}"
            )
        self._indices = {name: i for i, name in enumerate(self.names)}

    @classmethod
    def from_values(cls, values, max_classes=None, target=None):
        """Makes the codec that fits the labels of a training split.

        Args:
            values: List of numbers; of strings; or of lists of strings, or
                such lists and strings. Few different integers, and booleans,
                are classes; floats are numbers.
            max_classes: int. Maximum number of classes of single labels, the
                commonest; other labels are unknown. `None` for all.
            target: `"class"`, `"labels"` or `"number"`, the type of the labels;
                `None` to infer it from the values, see `label_kinds.infer`.

        Returns:
            A `Labels`, its classes in alphabetical order.

        Raises:
            ValueError: If a list of labels holds anything but strings.
        """
        values = list(values)
        label_kinds.check_target(target)
        kind = _KIND_OF[target or label_kinds.infer(values)]
        if kind == "number":
            return cls(kind="number")
        if kind == "multi":
            return cls(sorted({n for v in values for n in _split(v)}), "multi")
        counts = collections.Counter(map(label_kinds.name_of, values))
        if max_classes is None:
            return cls(sorted(counts))
        ranked = sorted(counts, key=lambda name: (-counts[name], name))
        return cls(sorted(ranked[:max_classes]), allow_unknown=True)

    @property
    def target(self):
        """Type of the labels, one of `label_kinds.TARGETS`."""
        return {kind: target for target, kind in _KIND_OF.items()}[self.kind]

    @property
    def size(self):
        """Number of logits of a model."""
        return len(self.names) or 1

    def __call__(self, label):
        """Encodes one label.

        Args:
            label: A name, or the integer or boolean that stands for one; a
                list of names (`"multi"`); or a number.

        Returns:
            int32 index of the class, -1 if it is unknown; float32 of shape
            `(classes,)`, 1 for each label; or a float32 number.

        Raises:
            ValueError: If the label is not among the names, or is not a number.
        """
        if self.kind == "number":
            if not label_kinds.is_finite_number(label):
                raise ValueError(
                    f"Expected a finite number. Received: {label!r}"
                )
            return np.float32(label)
        if self.kind == "single":
            label = label_kinds.name_of(label)
            unknown = self.allow_unknown and label not in self._indices
            return np.int32(-1 if unknown else self._index(label))
        hot = np.zeros(len(self.names), "float32")
        for name in _split(label):
            hot[self._index(name)] = 1
        return hot

    def decode(self, logits):
        """Turns logits into labels.

        Args:
            logits: float32 tensor or array of shape `(..., size)`.

        Returns:
            Tuple of labels, strings of shape `(...)`: the most likely class;
            all classes with a probability above 0.5, joined by `|`; or the
            number; and float32 `(..., size)`: the probability of each class,
            or the number.
        """
        if self.kind == "number":
            numbers = tf.convert_to_tensor(logits)
            return tf.strings.as_string(numbers[..., 0]), numbers
        names = tf.constant(self.names)
        if self.kind == "single":
            probabilities = tf.nn.softmax(logits)
            classes = tf.argmax(probabilities, -1)
            return tf.gather(names, classes), probabilities
        probabilities = tf.sigmoid(logits)
        labels = tf.where(probabilities > 0.5, names, "")
        text = tf.strings.reduce_join(labels, -1, separator="|")
        text = tf.strings.regex_replace(text, r"\|+", "|")
        return tf.strings.regex_replace(text, r"^\||\|$", ""), probabilities

    def argmax(self, probabilities):
        """Returns the most likely classes of single labels.

        Args:
            probabilities: Array as from `decode`.

        Returns:
            For single labels, indices of classes, integers of shape `(...)`;
            else `probabilities`.
        """
        is_single = self.kind == "single"
        return probabilities.argmax(-1) if is_single else probabilities

    def get_config(self):
        config = {"names": self.names, "kind": self.kind}
        if self.allow_unknown:
            config["allow_unknown"] = True
        return config

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def _index(self, name):
        if name not in self._indices:
            names = ", ".join(self.names[:20])
            raise ValueError(
                f"Expected one of the labels {names}. Received: label={name!r}"
            )
        return self._indices[name]


def _split(label):
    """Lists the names of a multi-label."""
    names = label.split("|") if isinstance(label, str) else label
    is_list = isinstance(names, (list, tuple))
    if not is_list or not all(isinstance(name, str) for name in names):
        raise ValueError(
            "Expected a label name or a list of label names, with numbers in "
            f'quotes, as in ["b", "3"]. Received: {label!r}'
        )
    return names
