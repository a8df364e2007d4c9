"""Evaluates a pretrained recogniser of speech, batch by batch.

Recordings of any length are recognised as they are; nothing is cached.
"""

import numpy as np

from mmkeras import metrics
from mmkeras.evaluation import bootstrap

_BATCH = 16  # Recordings in memory at the same time.


def evaluate(task, rows, generate, progress=None, draws=200, seed=0):
    """Computes the word error rate on the recordings of rows.

    Args:
        task: A task from `"audio"` to `"text"`.
        rows: Rows of a data set; those without a recording are left out.
        generate: Dict of options of generation.
        progress: Function of the numbers of processed and all recordings.
        draws: int. Bootstrap samples for the interval.
        seed: int. Seed of these.

    Returns:
        Tuple of a dict of metrics, `"word_error_rate"` with the bounds of its
        95 % interval, and the numbers of recordings and words; and a list of
        `(row id, error)` of rows that could not be read.

    Raises:
        ValueError: If no row has a recording that can be read.
    """
    examples = task.expand(rows)
    texts, errors = [], []
    for i in range(0, len(examples), _BATCH):
        files = [row["audio"] for row in examples[i : i + _BATCH]]
        answers = task.answer({"audio": files}, **generate)
        texts += answers["text"].tolist()
        errors += answers["error"].tolist()
        if progress:
            progress(len(texts), len(examples))
    names = [row["id"] for row in examples]
    skipped = [(name, error) for name, error in zip(names, errors) if error]
    good = [i for i, error in enumerate(errors) if not error]
    if not good:
        raise ValueError(
            "Expected rows with a recording and its text. Received: "
            f"{len(rows)} rows, of which {len(examples)} have both and "
            f"{len(skipped)} could not be read. {dict(skipped[:1]) or ''}"
        )
    counts = metrics.word_errors(
        [texts[i] for i in good], [examples[i]["text"] for i in good]
    )
    rates = [
        _rate(counts[sample])
        for sample in bootstrap.resampled(len(counts), draws=draws, seed=seed)
    ]
    low, high = bootstrap.interval(np.array(rates))
    return {
        "word_error_rate": _rate(counts),
        "word_error_rate_low": low,
        "word_error_rate_high": high,
        "recordings": len(counts),
        "words": int(counts[:, 1].sum()),
    }, skipped


def _rate(counts):
    errors, words = counts.sum(axis=0)
    return float(errors / max(words, 1))
