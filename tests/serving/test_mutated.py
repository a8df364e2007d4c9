"""Damaged inputs of every field: the export and the task agree on each."""

import keras
import mutations
import numpy as np
import pytest
import tiny_captioners
import tiny_tasks

from mmkeras import serving

pytestmark = [
    pytest.mark.slow,  # `test_classifiers` has a quick test of the kind.
    pytest.mark.skipif(
        keras.backend.backend() != "tensorflow",
        reason="Exports are made on the TensorFlow backend.",
    ),
]
BATCH = 50
FIELDS = {
    "image": mutations.images,
    "audio": mutations.sounds,
    "text": mutations.texts,
    "question": mutations.texts,
    "history": mutations.texts,
    "candidates": mutations.candidates,
}
COUNT = 1000  # Inputs per model.
NAMES = (
    "classify-image-text-audio-bottleneck",
    "caption-cnn-lstm",
    "dialogue-text-image-late",
)


class Pair:
    """A task and its export, asked the same."""

    def __init__(self, name, folder):
        if name.startswith("caption-"):
            self.task, self.options = tiny_captioners.tiny(name), {"beam": 3}
        else:
            words = tiny_captioners.WORDS
            self.task = tiny_tasks.build(name, vocabulary=words)
            self.options = {}
        serving.export(self.task, folder, check=False)
        self.export = serving.load(folder)

    def inputs(self, count, seed, whole=False):
        """Inputs of which some fields are damaged at random, at least one."""
        rng = np.random.default_rng(seed)
        fields = self.task.fields
        damaged = rng.random((len(fields), count)) < 0.3
        damaged[rng.integers(len(fields), size=count), range(count)] = True
        return {
            field: [
                pair[int(is_damaged and not whole)]
                for is_damaged, *pair in zip(
                    row,
                    FIELDS[field](count, seed, whole=True),
                    FIELDS[field](count, seed),
                )
            ]
            for field, row in zip(fields, damaged)
        }

    def answers(self, batch):
        """Rows of the export's answers and of the task's."""
        size = len(next(iter(batch.values())))
        exported = self.export.predict(batch, batch_size=size)
        answered = self.task.answer(batch, batch_size=size, **self.options)
        return _rows(exported), _rows(answered)


def _rows(answers):
    return [dict(zip(answers, row)) for row in zip(*answers.values())]


def same(answer, expected):
    """Errors by presence, words to the letter, numbers nearly."""
    if bool(answer["error"]) != bool(expected["error"]):
        return False
    for key in answer.keys() - {"error"}:
        if isinstance(answer[key], str):
            if answer[key] != expected[key]:
                return False
        elif not np.allclose(answer[key], expected[key], rtol=1e-3, atol=1e-4):
            return False
    return True


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Makes the pair of a name, once."""
    pairs = {}

    def pair(name):
        if name not in pairs:
            folder = tmp_path_factory.mktemp("exports") / name
            pairs[name] = Pair(name, folder)
        return pairs[name]

    return pair


@pytest.mark.parametrize("name", NAMES)
def test_damaged_inputs_harm_nothing_and_are_answered_alike(
    pairs, name, capsys
):
    """No crash, no other answer changed, agreement on every one."""
    pair = pairs(name)
    hostile = pair.inputs(COUNT, seed=11)
    good = pair.inputs(8, seed=12, whole=True)
    expected, _ = pair.answers(good)
    assert not any(row["error"] for row in expected)
    crashes, changed, disagreed, refused = [], [], [], 0
    for i in range(0, COUNT, BATCH):
        some = {
            f: [*hostile[f][i : i + BATCH], *good[f]] for f in pair.task.fields
        }
        try:
            exported, answered = pair.answers(some)
        except Exception as error:  # noqa: BLE001
            crashes.append((i, repr(error)[:500]))
            continue
        size = len(exported) - len(expected)
        for j, (one, other) in enumerate(zip(exported, answered, strict=True)):
            if not same(one, other):
                disagreed.append((i + j, one, other))
            if j >= size and not same(one, expected[j - size]):
                changed.append((i, j - size))
            refused += bool(one["error"]) and j < size
    with capsys.disabled():
        print(
            f"\n{name}: {COUNT} damaged inputs, {refused} refused, "
            f"{len(crashes)} crashes, {len(changed)} neighbours changed, "
            f"{len(disagreed)} answered otherwise by the export"
        )
    assert not crashes, crashes[:3]
    assert not changed, changed[:3]
    assert not disagreed, disagreed[:3]
    assert 0.1 < refused / COUNT < 0.95


def test_a_damaged_input_gets_the_same_answer_alone(pairs):
    pair = pairs(NAMES[0])
    batch = pair.inputs(30, seed=13)
    together, _ = pair.answers(batch)
    for i, expected in enumerate(together):
        [alone], _ = pair.answers({f: v[i : i + 1] for f, v in batch.items()})
        assert same(alone, expected)
