"""Predicts raw examples: files, texts, rows of a table."""

import os
import pathlib

import numpy as np

from mmkeras.tasks import raw_examples

_BATCH_SIZE = 64  # Examples whose files are in memory at the same time.


def predict(task, inputs, batch_size=_BATCH_SIZE, columns=None, **options):
    """Predicts examples; those that cannot be read get an error.

    Args:
        task: A `tasks.Task`.
        inputs: List of examples: dicts of raw values by field, of numbers
            and categories by column; paths or bytes of images, or paths of
            other files; for models of one field, its raw values, e.g. texts.
            Or the path of a table (JSONL, CSV or TSV) whose columns are the
            fields.
        batch_size: int. Number of examples predicted at once.
        columns: Dict from columns to their names in a table.
        **options: Of generation.

    Returns:
        List of dicts, one per example: `"text"` and `"score"`, or `"label"`
        and `"probability"`; and `"error"`, empty or why it cannot be read.
    """
    examples, folder = raw(task, inputs, columns)
    return [
        answer
        for _, answer in answers(task, examples, folder, batch_size, **options)
    ]


def answers(task, examples, folder, batch_size=_BATCH_SIZE, **options):
    """Yields each example, with the contents of its files, and its answer.

    Args:
        task: A `tasks.Task`.
        examples: List of `raw_examples.Example`s.
        folder: `pathlib.Path` that paths are relative to.
        batch_size: int.
        **options: Of generation.
    """
    for i in range(0, len(examples), batch_size):
        loaded = [
            raw_examples.read(task, example, folder)
            for example in examples[i : i + batch_size]
        ]
        yield from zip(loaded, _answer(task, loaded, options))


def raw(task, inputs, columns=None):
    """Converts inputs, as of `predict`, to `raw_examples.Example`s.

    Returns:
        Tuple of their list and the folder that their paths are relative to.
    """
    if isinstance(inputs, (str, os.PathLike)):
        if not raw_examples.is_table(inputs):
            raise ValueError(
                "Expected a list of examples, or the path of a table (JSONL, "
                f"CSV or TSV). Received: {inputs!r}. For a single example, "
                f"pass a list of one: [{str(inputs)!r}]."
            )
        examples, _ = raw_examples.from_table(task, inputs, columns)
        return examples, pathlib.Path(inputs).absolute().parent
    return [
        _example(task, str(i), value) for i, value in enumerate(inputs, 1)
    ], pathlib.Path()


def _example(task, name, value):
    if not isinstance(value, dict) and len(task.fields) == 1:
        value = {task.fields[0]: value}
    if isinstance(value, (str, os.PathLike)):
        return raw_examples.from_path(task, value)
    if isinstance(value, bytes):
        value = {"image": value}
    unknown = sorted({*value} - {*task.fields, *task.columns})
    if unknown:
        raise ValueError(
            f"The model takes {', '.join(task.columns)}. Received: "
            f"{', '.join(unknown)}"
        )
    return raw_examples.Example(name, value)


def _answer(task, examples, options):
    """Predicts examples; those with an error get an empty answer."""
    readable = [e for e in examples if not e.error]
    batch = {f: [e.values.get(f) for e in readable] for f in task.fields}
    answers = task.answer(batch, **options)
    rows = iter(
        dict(zip(answers, map(_plain, row))) for row in zip(*answers.values())
    )
    return [
        {**task.no_answer, "error": e.error} if e.error else next(rows)
        for e in examples
    ]


def _plain(value):
    """Converts a NumPy number to a Python number."""
    return value.item() if isinstance(value, np.generic) else value
