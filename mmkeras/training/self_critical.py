"""Self-critical training: a captioner learns from what it says itself.

Taught word by word, a captioner never sees its own mistakes, and its loss
knows nothing of the figures it will be judged by. Here sentences are drawn
from it, as it stands at that step, and each one becomes likelier or less
likely by how much better or worse it is than the others of its image.
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
    """Scores sentences by what they add to the figures of a batch.

    Figures are far apart, so their logarithms are added: `"bleu"` is a
    sentence's share of those of the batch's BLEU-1 to BLEU-4, see
    `mmkeras.metrics.bleu.Reward`, `"cider"` its CIDEr-D in parts of the
    batch's mean. Either knows all captions of its image.

    A word that the captioner does not know earns nothing; in CIDEr-D the end
    counts as a word, or a captioner would learn to stop after "on a".

    As a callback it logs `drawn_bleu_4` and `drawn_cider`, the figures of all
    sentences of an epoch; they rise.

    Args:
        task: A `tasks.Task` that generates text.
        references: List of lists of reference texts, one list per input.
        kind: One of `REWARDS`.

    Call arguments:
        owners: Integers `(n,)`, numbers of images.
        said: Token ids `(n, length)`.

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
        words = task.target.codec
        known = words([text for row in references for text in row]).numpy()
        known = np.where(known == codec.UNKNOWN, len(words), known)
        ends = np.cumsum([len(row) for row in references])
        known = np.split(known, ends[:-1])
        edges = {"start": codec.START, "end": codec.END}
        self.bleu = self.cider = None
        if "bleu" in kind:
            self.bleu = bleu.Reward(known, **edges)
        if "cider" in kind:
            self.cider = cider.Reward(known, keep_end=True, **edges)
        self._drawn = []

    def __call__(self, owners, said):
        worth, drawn = np.zeros(len(said), "float32"), {}
        if self.bleu:
            counts = self.bleu.count(owners, said)
            worth += bleu.shares(*counts)
            drawn["bleu"] = [part.sum(axis=0) for part in counts]
        if self.cider:
            found = self.cider(owners, said)
            worth += found / max(found.mean(), 0.05)  # It may be 0 at first.
            drawn["cider"] = found.mean()
        self._drawn.append(drawn)
        return worth

    def on_epoch_end(self, epoch, logs=None):
        drawn, self._drawn = self._drawn, []
        if self.bleu:
            counts = zip(*(one["bleu"] for one in drawn))
            right, guessed, closest = (sum(part) for part in counts)
            found = bleu.from_counts(right, guessed, guessed[0], closest)
            logs["drawn_bleu_4"] = found[3]
        if self.cider:
            logs["drawn_cider"] = np.mean([one["cider"] for one in drawn])


def training(task, examples, recipe, batching, seed=0, start=0):
    """Batches of texts that the model generated, each made when asked for.

    The advantage of a text is its reward less the mean reward of the other
    texts for the same input. As weights of the cross-entropy, advantages make
    its gradient that of the expected reward.

    What is sampled depends on the seed, the epoch and the model's weights
    alone, so that a resumed run continues as the uninterrupted run would
    have.

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
    # Numbered anew: inputs that could not be read have no references.
    _, first, numbers = np.unique(
        examples.numbers(field), return_index=True, return_inverse=True
    )
    reward = Reward(task, _references(examples, numbers), recipe.reward)
    model = task.inference(
        bool(examples.cached), samples, temperature=recipe.temperature
    )
    length = model.input["uniforms"].shape[1]
    size = batching.groups

    def sampled(order, view, draw):
        uniforms = draw.random((size, length, samples), "float32")
        x = examples.inputs(first[order], view=view)
        x = task.normalize(x, cached=examples.cached)
        x = {name: np.asarray(value) for name, value in x.items()}
        tokens = model.predict_on_batch({**x, "uniforms": uniforms})["tokens"]
        tokens = np.asarray(tokens).reshape(-1, length)
        gain = _advantage(reward(np.repeat(order, samples), tokens), samples)
        tokens = np.pad(tokens, ((0, 0), (1, 0)), constant_values=codec.START)
        found = padding.without_padding(padding.shorten(tokens), gain)
        index = np.repeat(np.arange(size, dtype="int32"), samples)
        x["tokens"], x["positions"], y, weight = found
        return {**x, f"{field}_index": index}, y, weight

    def made():
        for epoch in range(start, recipe.epochs):
            draw = np.random.default_rng([seed, epoch])
            order = draw.permutation(len(first))
            for i in range(0, len(order) // size * size, size):
                view = draw.integers(0, examples.views(), size)
                yield sampled(order[i : i + size], view, draw)

    shapes = _shapes(examples, task, batching, first[:1])
    return batches.without_prefetch(made, shapes), [reward]


def _references(examples, numbers):
    """The texts of each different input, by its number."""
    found = [[] for _ in range(int(numbers.max()) + 1)]
    for number, row in zip(numbers, examples.rows):
        found[number].append(row[examples.task.example_field])
    return found


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
