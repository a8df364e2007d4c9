"""Words of a text that are hidden from the model."""

import numpy as np
from keras import ops

from mmkeras import layers
from mmkeras import losses
from mmkeras.tasks import frozen_parts
from mmkeras.tasks import graph
from mmkeras.tasks.targets.auxiliary import Auxiliary
from mmkeras.tasks.targets.auxiliary import without

_FRACTION = 0.15


class MaskedTokens(Auxiliary):
    """Predicts words from the others of the text and from what it is about.

    The loss is the mean cross-entropy of the hidden words, over the whole
    vocabulary; see `layers.MaskTokens`.

    Args:
        codec: The codec of the text, a `codecs.token_codec.TokenCodec`.
        field: Name of the text's input.
        output: Name of the model's output with logits of shape `(batch,
            length, vocabulary_size)`, and of the dense layer that returns
            them.

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), section 3.1
    """

    def __init__(self, codec, field="text", output="words"):
        self.codec = codec
        self.field = field
        self.output = output

    def training_outputs(self, model, inputs, given, seed=0):
        """Logits `(batch, n, vocabulary_size)` and words `(batch, n)`."""
        longest = self.codec.length - self.codec.num_edges
        tokens, places, words = layers.MaskTokens(
            self.codec.size,
            self.codec.mask,
            self.codec.special,
            count=max(round(_FRACTION * longest), 1),
            fraction=_FRACTION,
            seed=seed,
            name="mask_tokens",
        )(inputs[self.field])
        branch = frozen_parts.branches(model)[self.field].model
        (old, _), others = without(given, model.input, self.field)
        head = model.get_layer(self.output)
        [steps], _ = graph.call_of(model, head)
        steps = graph.replay(model, [*others, (old, branch(tokens))], steps)
        # Logits of all positions would take most of the time.
        steps = ops.take_along_axis(steps, places[..., None], axis=1)
        return {"logits": head(steps), "words": words}

    def loss(self, outputs, weight=None):
        words = outputs["words"]
        loss = losses.token_crossentropy(words, outputs["logits"])
        counts = ops.cast(words != 0, "float32")
        if weight is not None:
            counts = counts * ops.cast(weight, "float32")[:, None]
        return ops.sum(loss * counts) / ops.maximum(ops.sum(counts), 1.0)

    def correct(self, outputs):
        words = np.asarray(outputs["words"])
        best = np.asarray(outputs["logits"]).argmax(axis=-1)
        return best == words, (words != 0).astype(float)
