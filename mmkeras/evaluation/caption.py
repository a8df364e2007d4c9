"""Scores of captions, and whether they depend on the image."""

import collections

import numpy as np


def shuffle_gap(examples, seed=0):
    """Loss with permuted images, minus the loss without.

        gap = L(captions of i | image of s(i)) - L(captions of i | i)

    with L the mean cross-entropy per token and s one random cycle through all
    images, so that none keeps its own.

    Args:
        examples: A `mmkeras.training.examples.Examples` of a captioning task,
            with at least two images.
        seed: int. Seed of the cycle.

    Returns:
        float, nats per token. At 0 the model does not use the image.

    Raises:
        ValueError: If there are fewer than two images.
    """
    numbers = [row["row"] for row in examples.rows]
    _, first, image = np.unique(numbers, return_index=True, return_inverse=True)
    others = exchanged(len(first), seed)
    replaced = {"image": first[others[image]]}
    return examples.loss(replaced=replaced) - examples.loss()


def exchanged(count, seed=0):
    """Draws a permutation without a fixed point: one cycle through all.

    Args:
        count: int, 2 or more.
        seed: int.

    Returns:
        Integers of shape `(count,)`.

    Raises:
        ValueError: If there are fewer than two.
    """
    if count < 2:
        raise ValueError(
            f"Expected at least 2 images to permute. Received: {count}"
        )
    order = np.random.default_rng(seed).permutation(count)
    others = np.empty_like(order)
    others[order] = np.roll(order, -1)
    return others


def summarise(examples, common=3, **options):
    """Captions the images of a split and scores the captions.

    Args:
        examples: A `mmkeras.training.examples.Examples` of a captioning task.
        common: int. How many of the most frequent captions to return.
        **options: Of `mmkeras.generation.SequenceGenerator`, e.g. `beam=3`.

    Returns:
        Tuple of a dict of metrics (`mmkeras.metrics.caption_scores` and, for
        two images or more, `"shuffle_gap"`), the rows of the images, the
        captions, and the most frequent of them with their counts.
    """
    task = examples.task
    rows, texts = task.texts(examples, examples.outputs(**options))
    scores = task.score_texts(texts, [row["captions"] for row in rows])
    if len(rows) > 1:
        scores["shuffle_gap"] = shuffle_gap(examples)
    most = collections.Counter(texts).most_common(common)
    return scores, rows, texts, most
