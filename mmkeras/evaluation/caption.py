"""What a captioner is worth, and whether it looks at the image."""

import collections

import numpy as np


def shuffle_gap(task, images, seed=0):
    """Loss with images exchanged, minus the loss without.

        gap = L(captions of i | image of s(i)) - L(captions of i | i)

    with L the mean cross-entropy a token and s one random cycle through all
    images, so that none keeps its own.

    Args:
        task: A `tasks.Caption`.
        images: A `training.images.Images` of at least two rows.
        seed: int. Draws the cycle.

    Returns:
        float, nats a token. At 0 the model does not look at the image.

    Raises:
        ValueError: If there are fewer than two images.
    """
    others = exchanged(len(images.rows), seed)
    owners, _ = images.captions(task)
    shift = others[owners] - owners
    return images.loss(task, shift=shift) - images.loss(task)


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


def summarise(task, images, common=3, **options):
    """Captions a split and measures it.

    Args:
        task: A `tasks.Caption`.
        images: A `training.images.Images`.
        common: int. How many of the commonest captions to return.
        **options: Of `mmkeras.generation.SequenceGenerator`, e.g. `beam=3`.

    Returns:
        Tuple of a dict of figures (`mmkeras.metrics.caption_scores` and, of
        two images or more, `"shuffle_gap"`), the captions, and the
        commonest of them with their counts.
    """
    texts = images.write(task, **options)
    figures = task.score(texts, images.references)
    if len(images.rows) > 1:
        figures["shuffle_gap"] = shuffle_gap(task, images)
    return figures, texts, collections.Counter(texts).most_common(common)
