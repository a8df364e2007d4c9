"""A text, generated word by word."""

import dataclasses

import keras
import numpy as np

from mmkeras import generation
from mmkeras import losses
from mmkeras import metrics
from mmkeras.tasks import graph
from mmkeras.tasks.targets.target import Encoded
from mmkeras.tasks.targets.target import Target

TOKENS = "tokens"


@dataclasses.dataclass
class EncodedTexts(Encoded):
    """Token ids `(n, length)`: the start first, zeros after the end."""

    @property
    def labels(self):
        """The tokens after the start."""
        return self.values[:, 1:]

    @property
    def lengths(self):
        """Number of tokens of each text, the start and the end included."""
        return np.count_nonzero(self.values, axis=1)

    def take(self, order):
        """Token ids of some texts; zeros for the index -1."""
        tokens = self.values[np.maximum(order, 0)]
        return np.where(np.asarray(order)[:, None] < 0, 0, tokens)


class Text(Target):
    """A text. The model takes the tokens so far and predicts the next one."""

    monitors = ("accuracy", "loss")
    generates = True

    def errors(self, rows):
        return [""] * len(rows)

    def encode(self, rows, steps=None):
        texts = [str(row[self.field]) for row in rows]
        parts = [
            np.asarray(self.codec(texts[i : i + 10_000]))
            for i in range(0, len(texts), 10_000)
        ]
        tokens = np.concatenate(parts).astype("int32")
        return EncodedTexts(tokens, np.ones(len(rows), "float32"))

    def loss(self, y, outputs, weight=None, label_smoothing=0.0):
        loss = losses.TokenCrossentropy(label_smoothing)
        return loss(y, outputs, sample_weight=weight)

    def divergence(self, y, first, second):
        """How much two predictions differ; see `losses.token_divergence`."""
        return losses.token_divergence(y, first, second)

    def decode(self, outputs):
        return self.codec.decode(outputs[TOKENS]), outputs["score"]

    def texts(self, tokens):
        """Turns tokens into a list of strings."""
        texts = self.codec.decode(tokens).numpy()
        return [text.decode("utf-8") for text in texts]

    def predictions(self, outputs):
        return np.asarray(outputs[TOKENS])

    def score(self, labels, predictions):
        return metrics.classification_scores(labels, predictions, "text")

    def agreement(self, labels, choices):
        return float(np.mean(np.all(labels == choices, axis=1)))

    def majority(self, labels, count):
        texts, counts = np.unique(labels, axis=0, return_counts=True)
        return np.tile(texts[counts.argmax()], (count, 1))

    def correct(self, y, outputs):
        return outputs.argmax(-1) == y, y != 0

    def decoder(self, model):
        """The layer that predicts the next token.

        Raises:
            ValueError: If the model has none.
        """
        try:
            return model.get_layer("decoder")
        except ValueError:
            raise ValueError(
                "A model that generates text must have a layer named "
                f"'decoder'. Received: {model.name} with "
                f"{[layer.name for layer in model.layers]}"
            ) from None

    def teacher_forcing(self, model, inputs, given):
        """The model's logits, at selected positions only.

        The output layer takes half of a decoder's time, and a quarter of the
        tokens of a batch are padding.

        Args:
            model: A functional model.
            inputs: Dict of inputs, to which `"positions"` is added: integers
                `(n,)`, which tokens of the flattened `(batch, length)` are
                predicted.
            given: As of `graph.replay`.

        Returns:
            Logits `(n, vocabulary_size)`.
        """
        decoder = self.decoder(model)
        arguments, _ = graph.call_of(model, decoder)
        tokens, context = graph.replay(model, given, arguments)
        positions = keras.Input((), dtype="int32", name="positions")
        inputs["positions"] = positions
        return decoder([tokens, context], positions=positions)

    def context(self, model, given):
        """The decoder's input besides tokens; see `graph.replay`."""
        arguments, _ = graph.call_of(model, self.decoder(model))
        return graph.replay(model, given, arguments[1])

    def generator(self, model, **options):
        """The layer that generates texts with the model's decoder.

        Args:
            model: A functional model.
            **options: Of `generation.SequenceGenerator`; the length, the
                start and the end default to the codec's.
        """
        decoder = self.decoder(model)
        defaults = {
            "length": self.codec.length - 1,
            "start": self.codec.start,
            "end": self.codec.end,
        }
        options = {**defaults, **options}
        return generation.SequenceGenerator(
            decoder, name="generator", dtype=decoder.dtype_policy, **options
        )
