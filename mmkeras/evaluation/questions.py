"""What a judge's answers to questions are worth, kind by kind."""

import collections

import numpy as np

from mmkeras import metrics


def questions(examples, predictions):
    """Measures answers: by people's agreement, by kind, by image.

    Args:
        examples: A `mmkeras.training.examples.Examples` of a task with a
            field `"question"`, whose rows may have
            `"answers"`, those of several people, `"type"` and `"group"`.
        predictions: As of its `predictions`: floats of shape `(n, classes)`;
            or token ids of shape `(n, length)`.

    Returns:
        Dict of figures: `vqa_accuracy`, where there are several people's
        answers; `type_<name>` of each type, the mean of that, or else the
        accuracy; and `consistency`, the share of groups all of whose
        questions are answered right.
    """
    rows, (said, right) = examples.rows, _answers(examples, predictions)
    score, found = right.astype(float), {}
    if all(row.get("answers") for row in rows):
        score = np.array(
            [
                metrics.vqa_accuracy(answer, row["answers"])
                for answer, row in zip(said, rows)
            ]
        )
        found["vqa_accuracy"] = float(score.mean())
    if examples.groups is not None:
        found["consistency"] = metrics.consistency(right, examples.groups)
    for kind, members in _by_type(rows).items():
        found[f"type_{kind}"] = float(score[members].mean())
    return found


def errors(examples, predictions):
    """Says of each type of question what goes wrong most often.

    Args:
        examples: As of `questions`.
        predictions: As of `questions`.

    Returns:
        Dict from a type to a dict: how many `"questions"`, the share
        `"right"`, and `"confused"`, the commonest errors, a list of `(true
        answer, given answer, count)`.
    """
    rows, (said, right) = examples.rows, _answers(examples, predictions)
    found = {}
    for kind, members in (_by_type(rows) or {"": range(len(rows))}).items():
        wrong = collections.Counter(
            (str(rows[i]["label"]), said[i]) for i in members if not right[i]
        )
        found[kind] = {
            "questions": len(members),
            "right": float(right[members].mean()),
            "confused": [(*pair, n) for pair, n in wrong.most_common(3)],
        }
    return found


def _answers(examples, predictions):
    """The answers given, and whether each is right."""
    target, predictions = examples.task.target, np.asarray(predictions)
    if target.generates:
        right = np.all(predictions == examples.labels, axis=1)
        return target.texts(predictions), right
    chosen = predictions.argmax(axis=1)
    names = [target.codec.names[i] for i in chosen]
    return names, chosen == examples.labels


def _by_type(rows):
    """Places of the rows of each type, types in alphabetical order."""
    found = collections.defaultdict(list)
    for i, row in enumerate(rows):
        if row.get("type"):
            found[row["type"]].append(i)
    return dict(sorted(found.items()))
