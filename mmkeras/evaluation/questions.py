"""What a judge's answers to questions are worth, kind by kind."""

import collections

import numpy as np

from mmkeras import metrics


def questions(task, examples, chances):
    """Measures answers: by people's agreement, by kind, by image.

    Args:
        task: A `tasks.Classify` with a field `"question"`.
        examples: A `mmkeras.training.examples.Examples`, whose rows may have
            `"answers"`, those of several people, `"type"` and `"group"`.
        chances: Floats of shape `(n, classes)`; or word ids of shape `(n,
            length)`, if the task writes.

    Returns:
        Dict of figures: `vqa_accuracy`, where there are several people's
        answers; `type_<name>` of each type, the mean of that, or else the
        accuracy; and `consistency`, the share of groups all of whose
        questions are answered right.
    """
    rows, (said, right) = examples.rows, _said(task, examples, chances)
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


def errors(task, examples, chances):
    """Says of each type of question what goes wrong most often.

    Args:
        task: As of `questions`.
        examples: As of `questions`.
        chances: As of `questions`.

    Returns:
        Dict from a type to a dict: how many `"questions"`, the share
        `"right"`, and `"confused"`, the commonest errors, a list of `(true
        answer, given answer, count)`.
    """
    rows, (said, right) = examples.rows, _said(task, examples, chances)
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


def _said(task, examples, chances):
    """The answers given, and whether each is right."""
    label, chances = task.codecs["label"], np.asarray(chances)
    if label.kind == "text":
        said = [text.decode() for text in label.decode(chances)[0].numpy()]
        return said, np.all(chances == examples.labels, axis=1)
    said = chances.argmax(axis=1)
    return [label.names[i] for i in said], said == examples.labels


def _by_type(rows):
    """Places of the rows of each type, types in alphabetical order."""
    found = collections.defaultdict(list)
    for i, row in enumerate(rows):
        if row.get("type"):
            found[row["type"]].append(i)
    return dict(sorted(found.items()))
