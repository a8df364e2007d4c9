"""Self-critical training: a captioner learns from what it says itself.

Taught word by word, a captioner never sees its own mistakes, and its loss
knows nothing of the figures it will be judged by. Here sentences are drawn
from it, as it stands at that step, and each one becomes likelier or less
likely by how much better or worse it is than the others of its image.
"""

import keras
import numpy as np

from mmkeras.data import pipeline
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
        task: A `tasks.Caption`.
        references: Captions of every image.
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
        words = task.codecs["text"]
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


def batches(task, images, owners, recipe, worth, size, seed=0, start=0):
    """Batches of a captioner's own sentences, each made when it is asked for.

    The advantage of a sentence is its reward less the mean reward of the
    image's others. As weights of the cross-entropy, advantages make its
    gradient that of the expected reward.

    What is drawn depends on the seed, the epoch and the captioner's weights
    alone, so that a run that starts again at an epoch goes on as the unbroken
    run would have.

    Args:
        task: A `tasks.Caption`.
        images: A `Images` of the task.
        owners: Integers, the numbers of the images that could be read.
        recipe: A `Recipe`, with `draws` (at least 2), `temperature` and
            `epochs`.
        worth: A `Reward` of the images.
        size: int. Images in a batch.
        seed: int.
        start: int. First epoch.

    Returns:
        A `tf.data.Dataset` of `({"image", "tokens"}, targets, advantages)`,
        with `size` images, as a trainee takes them, and `draws` sentences
        of each, image by image. Never prefetch it: sentences would be
        those of earlier weights.

    Raises:
        ValueError: If there are fewer than 2 draws, or on the JAX backend,
            whose training keeps the weights to itself.

    Reference:
        [Rennie et al., 2017](https://arxiv.org/abs/1612.00563); with the
        others' mean as the baseline, [Luo, 2020](
        https://arxiv.org/abs/2003.09971)
    """
    draws = recipe.draws
    if draws < 2:
        raise ValueError(
            "`draws` must be at least 2, as each sampled caption is compared "
            f"with the other samples of its image. Received: draws={draws}"
        )
    if keras.backend.backend() == "jax":
        raise ValueError(
            "Self-critical training generates captions between two steps, but "
            "on JAX the weights are not accessible during training. Set "
            "KERAS_BACKEND to tensorflow or torch."
        )
    write = task.writer(images.frozen, draws, temperature=recipe.temperature)
    whole, length = np.unique(owners), write.input[1].shape[1]

    def made():
        for epoch in range(start, recipe.epochs):
            draw = np.random.default_rng([seed, epoch])
            order = draw.permutation(whole)
            for i in range(0, len(order) // size * size, size):
                some = order[i : i + size]
                view = draw.integers(0, len(images.array), size)
                x = np.float32(images.array[view, some])
                x = x if images.frozen else x / 255
                uniforms = draw.random((size, length, draws), "float32")
                said = write.predict_on_batch([x, uniforms])["tokens"]
                said = np.asarray(said).reshape(-1, length)
                gain = _advantage(worth(np.repeat(some, draws), said), draws)
                said = np.pad(
                    said, ((0, 0), (1, 0)), constant_values=codec.START
                )
                said = pipeline.shortened(said)
                x = {"image": x, "tokens": said[:, :-1]}
                yield x, said[:, 1:], gain

    return pipeline.rewarding(made, (size, *images.array.shape[2:]), draws)


def _advantage(worth, draws):
    """How much better each sentence is than the image's others."""
    worth = worth.reshape(-1, draws)
    whole = worth.sum(axis=1, keepdims=True)
    return (worth - (whole - worth) / (draws - 1)).ravel()
