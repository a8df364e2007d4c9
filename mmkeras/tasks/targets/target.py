"""What all targets share."""

import dataclasses

import numpy as np


@dataclasses.dataclass
class Encoded:
    """Encoded targets of the examples of a split.

    Attributes:
        values: Array `(n, ...)`, or `(n, steps, ...)` of sequences.
        weight: float32 of shape `(n,)`, or `(n, steps)`, 0 beyond the end of
            a sequence.
    """

    values: np.ndarray
    weight: np.ndarray

    @property
    def labels(self):
        """Values for metrics, without those beyond the end of a sequence."""
        return self.values[self.weight > 0]

    def take(self, order):
        """Targets of some examples, for the loss.

        Args:
            order: Integers `(n,)`.
        """
        return self.values[order]


class Target:
    """Base class of all targets.

    Args:
        codec: Encodes one value; its `size` is the number of outputs.
        field: Name of the value in an example.

    Attributes:
        metric: Name of the headline metric, by which models are compared;
            higher is better.
        monitors: Metrics that may select the best epoch; the first one does
            by default.
        baseline: Name of what `majority` predicts.
        has_accuracy: Whether a prediction is right or wrong; see `correct`.
        has_probabilities: Whether there is a probability for each class.
        generates: Whether the output is a sequence of tokens, generated one
            after the other.
        searches: Whether a search in the model's outputs, one per step, finds
            such a sequence; see `CTC`.
    """

    metric = "accuracy"
    monitors = ("accuracy", "loss", "f1_weighted")
    baseline = "majority"
    has_accuracy = True
    has_probabilities = False
    generates = False
    searches = False

    def __init__(self, codec, field="label"):
        self.codec = codec
        self.field = field

    def monitor(self, requested):
        """Name of the validation metric that selects the best epoch."""
        return requested if requested in self.monitors else self.monitors[0]

    def errors(self, rows):
        """Explains why the targets of examples cannot be encoded.

        Args:
            rows: Examples; those of sequences (`"ids"`) have a list of values.

        Returns:
            List of strings, empty where the target can be encoded.
        """
        return [
            next(filter(None, map(self._error, values)), "")
            for row in rows
            for values in [_values(row, self.field, "ids" in row)]
        ]

    def encode(self, rows, steps=None):
        """Encodes the targets of examples.

        Args:
            rows: Examples.
            steps: int. For models with one output per step of a sequence, the
                number of steps; `None` for one output per example.

        Returns:
            An `Encoded`.
        """
        encoded = [
            [self.codec(x) for x in _values(row, self.field, steps)[:steps]]
            for row in rows
        ]
        shape = (len(rows), steps or 1, *np.shape(encoded[0][0]))
        values = np.zeros(shape, np.asarray(encoded[0][0]).dtype)
        weight = np.zeros(shape[:2], "float32")
        for i, row in enumerate(encoded):
            values[i, : len(row)] = row
            weight[i, : len(row)] = 1
        if steps is None:
            values, weight = values[:, 0], weight[:, 0]
        return Encoded(values, weight)

    def loss(self, y, outputs, weight=None, label_smoothing=0.0):
        """The loss of a batch, a scalar.

        Args:
            y: As of `Encoded.take`.
            outputs: The model's outputs.
            weight: Weights of the examples, or of their steps; or `None`.
            label_smoothing: float in [0, 1).
        """
        raise NotImplementedError

    def warmup_epochs(self, epochs):
        """Number of first epochs that are trained by `warmup_loss`.

        Args:
            epochs: int. Number of all epochs.

        Returns:
            int; here, 0.
        """
        return 0

    def warmup_loss(self, y, outputs, weight=None, label_smoothing=0.0):
        """The loss of the first epochs, if it differs; as of `loss`."""
        raise NotImplementedError

    def chance_loss(self, batch_size, labels):
        """The loss of a model that tells the examples of a batch not apart.

        Args:
            batch_size: int.
            labels: As of `Encoded.labels`, of examples such as those of the
                batch.

        Returns:
            float; or `None` if a loss does not compare examples.
        """
        return None

    def losses(self, y, outputs):
        """The loss of each example or step, without label smoothing.

        Args:
            y: As of `loss`, a NumPy array.
            outputs: NumPy array.

        Returns:
            NumPy array.
        """
        raise NotImplementedError

    def decode(self, outputs):
        """Turns outputs into answers, by TensorFlow operations alone.

        Returns:
            Tuple of labels, strings, and of probabilities or numbers.
        """
        return self.codec.decode(outputs)

    def predictions(self, outputs):
        """Turns outputs into what `score` takes, a NumPy array."""
        return self.decode(outputs)[1].numpy()

    def choose(self, predictions):
        """Reduces predictions to what `agreement` takes, e.g. classes."""
        return predictions

    def score(self, labels, predictions):
        """Scores predictions.

        Args:
            labels: As of `Encoded.labels`.
            predictions: As of `predictions`.

        Returns:
            Dict of metrics.
        """
        raise NotImplementedError

    def agreement(self, labels, choices):
        """The headline metric of the choices that `choose` returns."""
        raise NotImplementedError

    def majority(self, labels, count):
        """Predicts the same for every example: the mode, mean or median.

        Args:
            labels: Labels to count, as of `Encoded.labels`.
            count: int. Number of predictions.

        Returns:
            Array as of `choose`.
        """
        raise NotImplementedError

    def prior(self, labels, count, seed=0):
        """Samples predictions from the distribution of the labels.

        Args:
            labels: As of `majority`.
            count: int.
            seed: int.

        Returns:
            Array as of `choose`.
        """
        order = np.random.default_rng(seed).integers(0, len(labels), count)
        return np.asarray(labels)[order]

    def correct(self, y, outputs):
        """Whether each prediction is correct, and whether it counts.

        Returns:
            Tuple of two boolean arrays of one shape.
        """
        raise NotImplementedError

    def _error(self, value):
        try:
            self.codec(value)
        except ValueError as error:
            return str(error)
        return ""


def _values(row, field, is_sequence):
    return row[field] if is_sequence else [row[field]]
