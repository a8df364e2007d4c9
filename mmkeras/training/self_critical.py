"""Self-critical training: captions sampled from the model are reinforced.

With teacher forcing, a captioning model never sees its own mistakes, and its
loss differs from the metrics of the evaluation. Here, captions are sampled
from the current model; the probability of each one is raised or lowered in
proportion to how much its reward exceeds that of the image's other samples.
"""

import keras
import numpy as np

from mmkeras.data import batches
from mmkeras.data import padding
from mmkeras.data.codecs import text as codec
from mmkeras.metrics import bleu
from mmkeras.metrics import cider

REWARDS = ("bleu", "cider", "bleu+cider")


class Reward(keras.callbacks.Callback):
    """Scores captions by their contribution to the metrics of a batch.

    The metrics have different scales, so logarithms are added: `"bleu"` is a
    caption's share of those of the batch's BLEU-1 to BLEU-4, see
    `mmkeras.metrics.bleu.Reward`, `"cider"` its CIDEr-D as a fraction of the
    batch's mean. All captions of an image are references.

    Unknown words earn nothing; in CIDEr-D the end counts as a word, because
    otherwise a model would learn to stop after "on a".

    As a callback it logs `sampled_bleu_4` and `sampled_cider`, the metrics of
    all sampled captions of an epoch.

    Args:
        task: A `tasks.Task` that generates text.
        references: List of lists of reference texts, one list per input.
        kind: One of `REWARDS`.

    Call arguments:
        image_index: Integers `(n,)`, the index of each caption's image.
        tokens: Token ids `(n, length)`.

    Returns:
        float32 `(n,)`.

    Raises:
        ValueError: If there is no such reward.
    """

    def __init__(self, task, references, kind="bleu+cider"):
        super().__init__()
        if kind not in REWARDS:
            raise ValueError(
                f"`reward` must be one of {', '.join(REWARDS)}. Received: "
                f"reward={kind!r}"
            )
        text_codec = task.target.codec
        tokens = text_codec(
            [text for row in references for text in row]
        ).numpy()
        tokens = np.where(tokens == codec.UNKNOWN, len(text_codec), tokens)
        ends = np.cumsum([len(row) for row in references])
        tokens = np.split(tokens, ends[:-1])
        edges = {"start": codec.START, "end": codec.END}
        self.bleu = self.cider = None
        if "bleu" in kind:
            self.bleu = bleu.Reward(tokens, **edges)
        if "cider" in kind:
            self.cider = cider.Reward(tokens, keep_end=True, **edges)
        self._metrics = []

    def __call__(self, image_index, tokens):
        rewards, metrics = np.zeros(len(tokens), "float32"), {}
        if self.bleu:
            counts = self.bleu.count(image_index, tokens)
            rewards += bleu.shares(*counts)
            metrics["bleu"] = [part.sum(axis=0) for part in counts]
        if self.cider:
            values = self.cider(image_index, tokens)
            rewards += values / max(
                values.mean(), 0.05
            )  # It may be 0 at first.
            metrics["cider"] = values.mean()
        self._metrics.append(metrics)
        return rewards

    def on_epoch_end(self, epoch, logs=None):
        metrics, self._metrics = self._metrics, []
        if self.bleu:
            counts = zip(*(batch["bleu"] for batch in metrics))
            matches, totals, closest = (sum(part) for part in counts)
            bleu_scores = bleu.from_counts(matches, totals, totals[0], closest)
            logs["sampled_bleu_4"] = bleu_scores[3]
        if self.cider:
            logs["sampled_cider"] = np.mean(
                [batch["cider"] for batch in metrics]
            )


def training(task, examples, recipe, batching, seed=0, start=0):
    """Makes batches of texts sampled from the model, on demand.

    The advantage of a text is its reward less the mean reward of the other
    texts for the same input. As weights of the cross-entropy, advantages make
    its gradient that of the expected reward.

    The samples depend on the seed, the epoch and the model's weights alone,
    so that a resumed run equals an uninterrupted one.

    Args:
        task: A `tasks.Task` that generates text.
        examples: A `training.examples.Examples`.
        recipe: A `recipes.Recipe`, with `num_samples` (at least 2),
            `temperature` and `epochs`.
        batching: A `data.batches.Batching`, with groups of
            `num_samples`.
        seed: int.
        start: int. First epoch.

    Returns:
        Tuple of a `tf.data.Dataset` of inputs, targets and advantages, as
        `TrainingModel` takes them, and a list of callbacks. Never prefetch
        it: texts would be those of earlier weights.

    Raises:
        ValueError: If there are fewer than 2 samples, or on the JAX backend,
            where weights are not accessible during training.

    Reference:
        [Rennie et al., 2017](https://arxiv.org/abs/1612.00563); with the
        others' mean as the baseline, [Luo, 2020](
        https://arxiv.org/abs/2003.09971)
    """
    samples, field = recipe.num_samples, batching.shared
    if samples < 2:
        raise ValueError(
            "`num_samples` must be at least 2, as each sampled caption is "
            "compared with the other samples of its image. Received: "
            f"num_samples={samples}"
        )
    if keras.backend.backend() == "jax":
        raise ValueError(
            "Self-critical training generates captions between two steps, but "
            "on JAX the weights are not accessible during training. Set "
            "KERAS_BACKEND to tensorflow or torch."
        )
    # New indices: inputs that could not be read have no references.
    _, first, numbers = np.unique(
        examples.numbers(field), return_index=True, return_inverse=True
    )
    reward = Reward(task, _references(examples, numbers), recipe.reward)
    model = task.inference(
        examples.cached, samples, temperature=recipe.temperature
    )
    length = model.input["uniforms"].shape[1]
    size = batching.groups

    def sample_batch(order, view, rng):
        uniforms = rng.random((size, length, samples), "float32")
        x = examples.inputs(first[order], view=view)
        x = task.normalize(x, cached=examples.cached)
        x = {name: np.asarray(value) for name, value in x.items()}
        tokens = model.predict_on_batch({**x, "uniforms": uniforms})["tokens"]
        tokens = np.asarray(tokens).reshape(-1, length)
        gain = _advantage(reward(np.repeat(order, samples), tokens), samples)
        tokens = np.pad(tokens, ((0, 0), (1, 0)), constant_values=codec.START)
        parts = padding.without_padding(padding.shorten(tokens), gain)
        index = np.repeat(np.arange(size, dtype="int32"), samples)
        x["tokens"], x["positions"], y, weight = parts
        return {**x, f"{field}_index": index}, y, weight

    def generate_batches():
        for epoch in range(start, recipe.epochs):
            rng = np.random.default_rng([seed, epoch])
            order = rng.permutation(len(first))
            for i in range(0, len(order) // size * size, size):
                view = rng.integers(0, examples.views(), size)
                yield sample_batch(order[i : i + size], view, rng)

    shapes = _shapes(examples, task, batching, first[:1])
    return batches.without_prefetch(generate_batches, shapes), [reward]


def _references(examples, numbers):
    """The texts of each distinct input, by its index."""
    texts = [[] for _ in range(int(numbers.max()) + 1)]
    for number, row in zip(numbers, examples.rows):
        texts[number].append(row[examples.task.example_field])
    return texts


def _shapes(examples, task, batching, order):
    """Shapes and types of batches."""
    x = task.normalize(examples.inputs(order), cached=examples.cached)
    shapes = {
        name: ((batching.groups, *value.shape[1:]), value.dtype)
        for name, value in x.items()
    }
    shapes["tokens"] = (batching.size, None), "int32"
    shapes["positions"] = (None,), "int32"
    shapes[f"{batching.shared}_index"] = (batching.size,), "int32"
    return shapes, ((None,), "int32"), ((None,), "float32")


def _advantage(rewards, samples):
    """How much better each text is than the others of its input."""
    rewards = rewards.reshape(-1, samples)
    whole = rewards.sum(axis=1, keepdims=True)
    return (rewards - (whole - rewards) / (samples - 1)).ravel()
