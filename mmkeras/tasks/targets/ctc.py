"""A text, read off the outputs of a sequence without an alignment."""

import numpy as np
from keras import ops

from mmkeras import generation
from mmkeras import losses
from mmkeras.tasks import graph
from mmkeras.tasks.targets.auxiliary import Auxiliary
from mmkeras.tasks.targets.target import Target
from mmkeras.tasks.targets.text import EncodedTexts

_MULTIPLE = 8  # Of ids per target of a batch, to limit the number of sizes.


class EncodedSequences(EncodedTexts):
    """Token ids `(n, length)` without start and end, zeros at the end."""

    @property
    def labels(self):
        return self.values

    def take(self, order):
        """Token ids of some texts, cut after the longest of them."""
        tokens = self.values[order]
        longest = max(np.count_nonzero(tokens, axis=1).max(), 1)
        return tokens[:, : -(-longest // _MULTIPLE) * _MULTIPLE]


class CTC(Target):
    """A text that is shorter than the sequence of the model's outputs.

    The outputs are logits of each step, blank (id 0) among them. The loss is
    the mean per token of the batch; see `losses.ctc_loss`.

    Args:
        codec: A codec of texts.
        field: Name of the text in an example.

    Reference:
        [Graves et al., 2006](https://doi.org/10.1145/1143844.1143891)
    """

    monitors = ("character_error_rate", "word_error_rate", "loss")
    has_accuracy = False
    searches = True

    def errors(self, rows):
        return [""] * len(rows)

    def ids(self, texts):
        """Token ids of texts, without start and end: `(n, length)`."""
        return np.asarray(self.without_edges(self.codec(texts)))

    def without_edges(self, tokens):
        """Removes the start and the end of encoded texts."""
        return without_edges(tokens, self.codec)

    def encode(self, rows, steps=None):
        tokens = self.ids([str(row[self.field]) for row in rows])
        return EncodedSequences(tokens, np.ones(len(rows), "float32"))

    def loss(self, y, outputs, weight=None, label_smoothing=0.0):
        return mean_loss(y, outputs, weight)

    def losses(self, y, outputs):
        return ops.convert_to_numpy(losses.ctc_loss(y, outputs))

    def decode(self, outputs):
        return self.codec.decode(outputs["tokens"]), outputs["score"]

    def texts(self, tokens):
        """Turns tokens into a list of strings."""
        texts = self.codec.decode(tokens).numpy()
        return [text.decode("utf-8") for text in texts]

    def majority(self, labels, count):
        texts, counts = np.unique(labels, axis=0, return_counts=True)
        return np.tile(texts[counts.argmax()], (count, 1))

    def decoder(self, **options):
        """The layer that turns logits into texts.

        Args:
            **options: Of `generation.CTCDecoder`; the length defaults to the
                codec's.
        """
        options = {"length": self.codec.length, **options}
        return generation.CTCDecoder(name="decoder", **options)


class AuxiliaryCTC(Auxiliary):
    """The text of a decoder, read off the outputs of the encoder by CTC.

    The loss is the mean per token of the batch; see `losses.ctc_loss`.

    Args:
        codec: The codec of the decoder's texts.
        output: Name of the model's output with the logits of each step.

    Reference:
        [Watanabe et al., 2017](https://doi.org/10.1109/JSTSP.2017.2763455)
    """

    def __init__(self, codec, output="ctc"):
        self.codec = codec
        self.output = output

    def training_outputs(self, model, inputs, given, seed=0):
        """Logits `(batch, steps, vocabulary_size)` and ids `(batch, n)`."""
        logits = graph.replay(model, given, model.output[self.output])
        tokens = inputs["tokens"]  # Without the last end.
        return {"logits": logits, "ids": without_edges(tokens, self.codec)}

    def loss(self, outputs, weight=None):
        """See `Auxiliary.loss`; the weights, of tokens, are not used."""
        return mean_loss(outputs["ids"], outputs["logits"])


def without_edges(tokens, codec):
    """Removes the start and the end of encoded texts.

    Args:
        tokens: Integers `(..., length)`.
        codec: Their codec.
    """
    tokens = tokens[..., codec.num_edges - 1 :]
    return ops.where(tokens == codec.end, 0, tokens)


def mean_loss(ids, logits, weight=None):
    """The CTC loss per id of a batch, a scalar.

    Args:
        ids: As of `losses.ctc_loss`.
        logits: Likewise.
        weight: Weights of the examples, or `None`.
    """
    loss = losses.ctc_loss(ids, logits)
    count = ops.sum(ops.cast(ops.cast(ids, "int32") != 0, "float32"), axis=1)
    if weight is not None:
        weight = ops.cast(weight, "float32")
        loss, count = loss * weight, count * weight
    return ops.sum(loss) / ops.maximum(ops.sum(count), 1.0)
