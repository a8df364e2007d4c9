"""What a judge of several modalities is worth."""

import itertools

from mmkeras.reports import chance
from mmkeras.reports.mismatch import mismatched
from mmkeras.reports.questions import questions
from mmkeras.reports.subsets import judged_subsets


def judge(task, examples, draws=200, seed=0):
    """Measures a judge, and what each modality gives to it.

    Args:
        task: A `tasks.Classify`.
        examples: A `mmkeras.training.examples.Examples`.
        draws: int. Of the bootstrap of what each modality is worth.
        seed: int. Draws these, and the exchanges of mismatched pairs.

    Returns:
        Tuple of figures, a dict: those of `task.score`, of the most frequent
        label as `majority`, of questions those of `questions`, and of several
        modalities those of `mismatched`; and a `Subsets`.
    """
    name, score = chance.metric(task), chance.scorer(task)
    labels, fields = examples.labels, tuple(task.fields)

    def said(only=None, instead=None):
        logits = examples.logits(task, only, instead=instead)
        return examples.chances(task, logits)

    predicted = {(): chance.constant(task, labels), fields: said()}
    for count in range(1, len(fields)):
        for names in itertools.combinations(fields, count):
            predicted[names] = said(names)
    found = judged_subsets(
        labels,
        predicted,
        fields,
        score,
        name,
        examples.groups,
        draws,
        seed=seed,
    )
    figures = task.score(labels, predicted[fields])
    figures["majority"] = found.scores[()]
    if "question" in fields and task.codecs["label"].kind == "single":
        figures |= questions(task, examples, predicted[fields])
    if len(fields) > 1:
        of_class = task.codecs["label"].kind != "number"
        plain = len(labels) == len(examples) and of_class
        figures |= mismatched(
            lambda instead: score(labels, said(instead=instead)),
            fields,
            len(examples),
            labels if plain else None,
            repeats=3,
            seed=seed,
        )
    return figures, found
