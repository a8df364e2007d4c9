import pytest

from mmkeras.data import check_vocabulary


def rows(texts, field="text", **others):
    return [{"id": "1", "split": "train", field: t, **others} for t in texts]


@pytest.mark.parametrize(
    "rows, good",
    [
        (rows(["sun day", "day"]), True),
        (rows(["sun", "day"]), False),
        (rows(["sun", "day"], image="1.png"), True),
        (rows(["sun", "day"], "question", image="1.png"), False),
        (rows(["A?", "b?"], "question", image="1.png"), False),
        (rows(["A?", "b?"], "question", history=None, label="c"), True),
        (rows(["a", "b"], "question", history=None, label="c"), True),
        (rows([["A dog."] * 4], "captions", image="1.png"), False),
        (rows([["A dog."] * 5], "captions", image="1.png"), True),
        (rows([[]], "captions", image="1.png"), True),
        ([], True),
    ],
)
def test_names_texts_without_a_vocabulary(rows, good):
    problems = list(check_vocabulary.problems(rows))
    assert good == (not problems)
    assert all("`data.min_count=1`" in problem.detail for problem in problems)


def test_only_training_texts_count():
    texts = rows(["sun"]) + [{**rows(["sun"])[0], "split": "val"}]
    (problem,) = check_vocabulary.problems(texts)
    assert (problem.kind, problem.where) == ("empty", "text")
