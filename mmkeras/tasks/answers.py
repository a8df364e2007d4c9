"""Scores of answers to questions: per annotator, type and group."""

import collections

import numpy as np

from mmkeras import metrics


def answer_scores(examples, predictions):
    """Scores answers by the annotators' agreement, by type, and by group.

    Args:
        examples: A `mmkeras.training.examples.Examples` of a task with a
            question among its inputs. Its rows may have `"answers"`, those of
            several annotators, `"type"` and `"group"`.
        predictions: As of its `predictions`: floats of shape `(n, classes)`;
            or token ids of shape `(n, length)`.

    Returns:
        Dict of metrics: `vqa_accuracy`, if all rows have annotators' answers;
        `type_<name>` of each type, the mean of that, or else the accuracy;
        and `consistency`, the share of groups whose questions are all
        answered correctly.
    """
    rows, (texts, correct) = examples.rows, _answers(examples, predictions)
    values, scores = correct.astype(float), {}
    if all(row.get("answers") for row in rows):
        values = np.array(
            [
                metrics.vqa_accuracy(text, row["answers"])
                for text, row in zip(texts, rows)
            ]
        )
        scores["vqa_accuracy"] = float(values.mean())
    if examples.groups is not None:
        scores["consistency"] = metrics.consistency(correct, examples.groups)
    for kind, members in _by_type(rows).items():
        scores[f"type_{kind}"] = float(values[members].mean())
    return scores


def answer_errors(examples, predictions):
    """Counts the most frequent errors of each type of question.

    Args:
        examples: As of `answer_scores`.
        predictions: As of `answer_scores`.

    Returns:
        Dict from a type to a dict: the number of `"questions"`, the share
        `"right"`, and `"confused"`, the most frequent errors, a list of
        `(true answer, predicted answer, count)`.
    """
    rows, (texts, correct) = examples.rows, _answers(examples, predictions)
    table = {}
    for kind, members in (_by_type(rows) or {"": range(len(rows))}).items():
        wrong = collections.Counter(
            (str(rows[i]["label"]), texts[i]) for i in members if not correct[i]
        )
        table[kind] = {
            "questions": len(members),
            "right": float(correct[members].mean()),
            "confused": [(*pair, n) for pair, n in wrong.most_common(3)],
        }
    return table


def relevance(rows, logits):
    """Relevance of the candidate answers.

    Args:
        rows: Rows, some with `"relevance"`, a number per candidate.
        logits: Floats of shape `(n, candidates)`.

    Returns:
        Floats of the shape of `logits`, 0 where unknown; `None` if all are.
    """
    values = np.zeros_like(logits)
    for row, places in zip(rows, values):
        numbers = row.get("relevance") or []
        places[: len(numbers)] = numbers
    return values if values.any() else None


def _answers(examples, predictions):
    """The predicted answers, and whether each is correct."""
    target, predictions = examples.task.target, np.asarray(predictions)
    if target.generates:
        correct = np.all(predictions == examples.labels, axis=1)
        return target.texts(predictions), correct
    classes = predictions.argmax(axis=1)
    names = [target.codec.names[i] for i in classes]
    return names, classes == examples.labels


def _by_type(rows):
    """Places of the rows of each type, types in alphabetical order."""
    places = collections.defaultdict(list)
    for i, row in enumerate(rows):
        if row.get("type"):
            places[row["type"]].append(i)
    return dict(sorted(places.items()))
