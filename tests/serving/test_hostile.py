"""A thousand files that no decoder should trust, through the signature."""

import concurrent.futures

import image_files
import numpy as np
import pytest


@pytest.fixture(scope="module")
def good():
    rng = np.random.default_rng(2)
    shapes = rng.integers(5, 40, (12, 2))
    photos = [rng.integers(0, 256, (*shape, 3), "uint8") for shape in shapes]
    return [image_files.save(photo, "PNG") for photo in photos]


def rows(answers):
    return list(zip(answers["text"], answers["score"], answers["error"]))


@pytest.mark.parametrize(
    "count", [200, pytest.param(1000, marks=pytest.mark.slow)]
)
def test_hostile_files(model, good, count):
    """Each gets a caption or an error of its own, and harms no other."""
    hostile = image_files.hostile(count, seed=7)
    expected = rows(model.predict(good))
    assert all(error == "" for _, _, error in expected)
    refused = 0
    for i in range(0, len(hostile), 50):
        batch = hostile[i : i + 50]
        order = np.random.default_rng(i).permutation(50 + len(good))
        mixed = [(batch + good)[index] for index in order]
        answers = rows(model.predict(mixed, batch_size=len(mixed)))
        for index, answer in zip(order, answers):
            text, score, error = answer
            if index >= 50:
                assert_same(answer, expected[index - 50])
            else:
                assert (error == "") or (text, score) == ("", 0.0)
                refused += error != ""
    assert 0.3 < refused / count < 0.9


def test_a_file_gets_the_same_answer_alone(model):
    hostile = image_files.hostile(60, seed=8)
    together = rows(model.predict(hostile, batch_size=60))
    for file, answer in zip(hostile, together):
        assert_same(rows(model.predict([file]))[0], answer)


def test_threads_get_their_own_answers(model, good):
    files = good + image_files.hostile(20, seed=9)
    expected = rows(model.predict(files))

    def ask(seed):
        rng = np.random.default_rng(seed)
        for _ in range(10):
            chosen = rng.permutation(len(files))[: rng.integers(1, 6)]
            answers = model.predict([files[index] for index in chosen])
            for index, answer in zip(chosen, rows(answers)):
                assert_same(answer, expected[index])
        return seed

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(ask, range(8))) == list(range(8))


def assert_same(answer, expected):
    """Words and errors to the letter; a score depends on the batch's size."""
    assert (answer[0], answer[2]) == (expected[0], expected[2])
    assert answer[1] == pytest.approx(expected[1], rel=1e-4, abs=1e-5)
