"""What a captioner is worth, and whether it looks at the picture."""

import collections


def shuffle_gap(task, pictures):
    """Validation loss with pictures exchanged, minus the loss without.

    Every caption is judged beside the picture half the data set away, so
    that none keeps its own.

    Args:
        task: A `tasks.Caption`.
        pictures: A `training.captions.Pictures` of at least two rows.

    Returns:
        float, nats a token. At 0 the model does not look at the picture.
    """
    half = max(len(pictures.rows) // 2, 1)
    return pictures.loss(task, shift=half) - pictures.loss(task)


def summarise(task, pictures, **options):
    """Captions a split and measures it.

    Args:
        task: A `tasks.Caption`.
        pictures: A `training.captions.Pictures`.
        **options: Of `mmkeras.generate.Writer`, e.g. `beam=3`.

    Returns:
        Tuple of a dict of figures (`mmkeras.metrics.caption_scores` and
        `"shuffle_gap"`), the captions, and the commonest three of them with
        their counts.
    """
    texts = pictures.write(task, **options)
    figures = task.score(texts, pictures.references)
    figures["shuffle_gap"] = shuffle_gap(task, pictures)
    return figures, texts, collections.Counter(texts).most_common(3)
