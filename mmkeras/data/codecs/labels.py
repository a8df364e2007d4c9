"""Labels codec: names of classes to numbers, and logits back to names."""

import collections

import numpy as np
import tensorflow as tf

from mmkeras.data import label_kinds

KINDS = ("single", "multi", "number")
_KIND_OF = dict(zip(label_kinds.TARGETS, KINDS))


class Labels:
    """Turns a label into what a model is taught, and logits into a label.

    Args:
        names: List of the classes; empty for numbers.
        kind: `"single"`: one class an example; `"multi"`: any of them,
            written with `|` between them; `"number"`: a number.
        others: bool. Whether a `"single"` label may be none of the names: no
            judgement is right about it. Answers to questions are open so.

    Raises:
        ValueError: If the kind is unknown, or the names do not fit it.
    """

    def __init__(self, names=(), kind="single", others=False):
        self.names = list(names)
        self.kind = kind
        self.others = others
        if kind not in KINDS:
            raise ValueError(
                f"`kind` must be one of {', '.join(KINDS)}. Received: "
                f"kind={kind!r}"
            )
        strange = [n for n in self.names if not isinstance(n, str) or not n]
        twice = len(set(self.names)) < len(self.names)
        if strange or twice or bool(self.names) == (kind == "number"):
            raise ValueError(
                "`names` must be distinct strings, or empty for numbers. "
                f"Received: names={self.names[:10]}, kind={kind!r}"
            )
        self._places = {name: i for i, name in enumerate(self.names)}

    @classmethod
    def from_values(cls, values, most=None, target=None):
        """Makes the codec that fits the labels of a training split.

        Args:
            values: List of numbers; of strings; or of lists of strings, or
                such lists and strings. Few different integers, and booleans,
                are classes; floats are numbers.
            most: int. Of single labels, how many to know, the commonest; all
                others are none of the names. `None` for all.
            target: `"class"`, `"labels"` or `"number"`, what the labels are;
                `None` to decide by the values, see `label_kinds.infer`.

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
            return cls(sorted({n for v in values for n in _listed(v)}), "multi")
        counts = collections.Counter(map(label_kinds.name_of, values))
        if most is None:
            return cls(sorted(counts))
        ranked = sorted(counts, key=lambda name: (-counts[name], name))
        return cls(sorted(ranked[:most]), others=True)

    @property
    def target(self):
        """What the labels are, as of `label_kinds.TARGETS`."""
        return {kind: target for target, kind in _KIND_OF.items()}[self.kind]

    @property
    def size(self):
        """How many logits a model needs."""
        return len(self.names) or 1

    def __call__(self, label):
        """Encodes one label.

        Args:
            label: A name, or the integer or boolean that stands for one; a
                list of names (`"multi"`); or a number.

        Returns:
            int32 number of the class, -1 for none of those known; float32 of
            shape `(classes,)`, 1 where a label is given; or a float32 number.

        Raises:
            ValueError: If the label is none of the names, or no number.
        """
        if self.kind == "number":
            if not label_kinds.is_finite_number(label):
                raise ValueError(
                    f"Expected a finite number. Received: {label!r}"
                )
            return np.float32(label)
        if self.kind == "single":
            label = label_kinds.name_of(label)
            unknown = self.others and label not in self._places
            return np.int32(-1 if unknown else self._place(label))
        hot = np.zeros(len(self.names), "float32")
        for name in _listed(label):
            hot[self._place(name)] = 1
        return hot

    def decode(self, logits):
        """Turns logits into labels.

        Args:
            logits: float32 tensor or array of shape `(..., size)`.

        Returns:
            Tuple of labels, strings of shape `(...)`: the likeliest class;
            all that are likelier than not, `|` between them; or the number;
            and float32 `(..., size)`: the probability of each class, or the
            number.
        """
        if self.kind == "number":
            numbers = tf.convert_to_tensor(logits)
            return tf.strings.as_string(numbers[..., 0]), numbers
        names = tf.constant(self.names)
        if self.kind == "single":
            chances = tf.nn.softmax(logits)
            return tf.gather(names, tf.argmax(chances, -1)), chances
        chances = tf.sigmoid(logits)
        said = tf.where(chances > 0.5, names, "")
        joined = tf.strings.reduce_join(said, -1, separator="|")
        joined = tf.strings.regex_replace(joined, r"\|+", "|")
        return tf.strings.regex_replace(joined, r"^\||\|$", ""), chances

    def chosen(self, chances):
        """Leaves of chances what they choose.

        Args:
            chances: Array as of `decode`.

        Returns:
            Of single labels the numbers of the likeliest, integers of shape
            `(...)`; else the chances as they are.
        """
        return chances.argmax(-1) if self.kind == "single" else chances

    def get_config(self):
        config = {"names": self.names, "kind": self.kind}
        return {**config, "others": True} if self.others else config

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def _place(self, name):
        if name not in self._places:
            known = ", ".join(self.names[:20])
            raise ValueError(
                f"Expected one of the labels {known}. Received: label={name!r}"
            )
        return self._places[name]


def _listed(label):
    """Lists the names in a label that may be several."""
    names = label.split("|") if isinstance(label, str) else label
    listed = isinstance(names, (list, tuple))
    if not listed or not all(isinstance(name, str) for name in names):
        raise ValueError(
            "Expected a label name or a list of label names, with numbers in "
            f'quotes, as in ["b", "3"]. Received: {label!r}'
        )
    return names
