"""Texts and features that no model should trust, in a task and its export."""

import math

import keras
import numpy as np
import pytest
import tiny_tasks
from checks import only_tensorflow

import mmkeras
from mmkeras import serving
from mmkeras.data import codecs
from mmkeras.data import encoding
from mmkeras.data.codecs import turn_codec
from mmkeras.serving import client
from mmkeras.tasks import Classify

pytestmark = only_tensorflow

WORDS = [
    "good",
    "bad",
    "détestable",
    "😀",
    "😡",
    "狗",
    "می‌خواهم".replace("\u200c", ""),
]
TEXTS = [
    "good day",
    "de\u0301testable",
    "détestable",
    "today 😀",
    "today 😡",
    "👍🏽\ufe0f 👩\u200d🚀 🇫🇷",
    "می\u200cخواهم",
    "go\u00adod",
    "一只狗",
    "a\0b",
    "good\r\nbad",
    "x" * 10_000,
    "e" + "\u0301" * 1000,
    *("", None, " ", "\u00a0", "\u200b", "\ufeff", "!!!", "\u200d"),
    *(
        "cut \ud83d",
        b"\xff\xfe good",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf0\x9f",
    ),
]
BAD_TEXT = "not valid UTF-8, or half of a surrogate pair"
ABSENT = slice(13, 21)
NOT_UTF8 = slice(21, 26)


@pytest.fixture(scope="module")
def text():
    """A task for texts, and its export."""
    words = codecs.Text(WORDS, length=8, split="mixed", emoji="keep")
    model = mmkeras.build_model(
        "classify-text-bow", num_classes=3, vocabulary_size=len(words), dim=4
    )
    return Classify(
        model, {"text": words, "label": codecs.Labels(["x", "y", "z"])}
    )


@pytest.fixture(scope="module")
def features():
    return tiny_tasks.build("classify-features-mlp")


@pytest.fixture(scope="module")
def ranking():
    """A task that chooses among candidates, without an image."""
    words = [f"word{i}" for i in range(7)]
    question = keras.Input((8,), dtype="int32", name="question")
    candidates = keras.Input((3, 8), dtype="int32", name="candidates")
    presence = keras.Input((2,), dtype="bool", name="presence")
    read = keras.layers.Embedding(11, 4)
    query = keras.ops.mean(read(question), axis=1)[:, None]
    logits = keras.ops.sum(keras.ops.mean(read(candidates), 2) * query, -1)
    inputs = (question, candidates, presence)
    return Classify(
        keras.Model({x.name: x for x in inputs}, logits),
        {
            "question": codecs.Text(words, length=8),
            "candidates": codecs.Dialogue(words, turns=3, length=8),
            "label": codecs.Labels(["0", "1", "2"]),
        },
    )


@pytest.fixture(scope="module")
def turns():
    return tiny_tasks.build("emotion-text-context")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Exports tasks, each of them once."""
    exports = {}

    def export(task):
        if id(task) not in exports:
            folder = tmp_path_factory.mktemp("export")
            serving.export(task, folder, check=False)
            exports[id(task)] = serving.load(folder)
        return exports[id(task)]

    return export


def assert_equal(exported, task, batch):
    """Checks that an export answers as its task; returns the answers."""
    expected, received = task.answer(batch), exported(task).predict(batch)
    assert received["error"] == expected["error"].tolist()
    assert received["label"] == expected["label"].tolist()
    np.testing.assert_allclose(
        received["probability"], expected["probability"], atol=1e-5
    )
    assert np.isfinite(expected["probability"]).all()
    return expected


def test_each_text_gets_an_answer_or_an_error_of_its_own(text, exported):
    answers = assert_equal(exported, text, {"text": TEXTS})
    errors = np.array(answers["error"])
    assert set(errors[ABSENT]) == {"example has no input: text is missing"}
    assert set(errors[NOT_UTF8]) == {f"text: {BAD_TEXT}"}
    assert set(errors[:13]) == {""}
    assert not answers["probability"][13:].any()
    alone = [text.answer({"text": [value]}) for value in TEXTS[:8]]
    for i, answer in enumerate(alone):
        np.testing.assert_allclose(
            answer["probability"][0], answers["probability"][i], atol=1e-5
        )


def test_forms_of_a_word_get_one_answer_and_emoji_count(text):
    same = ["détestable", "de\u0301testable", "dé\u00adtestable"]
    first, *others = text.answer({"text": same})["probability"]
    for other in others:
        np.testing.assert_array_equal(first, other)
    happy, angry, plain = text.answer(
        {"text": ["today 😀", "today 😡", "today"]}
    )["probability"]
    assert np.abs(happy - angry).max() > 1e-6
    assert np.abs(happy - plain).max() > 1e-6


def test_extreme_features_are_an_error_of_their_example(features, exported):
    [field] = features.fields
    shape = features.codecs[field].shape
    model = features.model
    for weight in model.trainable_weights:  # Large, so that sums overflow.
        weight.assign(np.ones(weight.shape))
    batch = {field: [np.ones(shape), np.full(shape, 3e38), None]}
    batch[field] += [np.full(shape, np.nan), np.full(shape, -1.0)]
    answers = assert_equal(exported, features, batch)
    assert answers["error"].tolist()[:2] == ["", encoding.NOT_FINITE]
    assert answers["label"][0] and not answers["label"][1]
    assert answers["error"][4] == ""


def test_candidates_are_refused_one_by_one(ranking, exported, monkeypatch):
    monkeypatch.setattr(turn_codec, "MOST", 100)
    monkeypatch.setattr(client, "_MAX_TURNS", 101)
    words = " ".join(ranking.codecs["question"].vocabulary[4:6])
    count = ranking.codecs["candidates"].turns
    good = "\n".join([f"{words} {i}" for i in range(count)])
    bad = [b"\xff\n" + good.encode(), "yes \ud83d", "a\n" * 1_000 + "a"]
    bad += ["\n".join("a" * (count + 1)), "\n" * 1_000 + "a", "", "!\n?"]
    bad += [f"  {words}\u00a0\t x \n\n{words}"]
    candidates = [good, *bad, good]
    batch = {"candidates": candidates, "question": [words] * len(candidates)}
    answers = assert_equal(exported, ranking, batch)
    errors = answers["error"].tolist()
    assert errors[0] == errors[-1] == errors[-2] == ""
    assert answers["label"][-1] in good.split("\n")
    assert errors[1] == errors[2] == f"candidates: {BAD_TEXT}"
    limit = f"the model was trained with at most {count}"
    assert errors[3] == f"candidates: more than 100 turns; {limit}"
    assert errors[4] == f"candidates: {count + 1} turns; {limit}"
    assert errors[5] == errors[3]
    assert errors[6] == "candidates: expected at least one candidate"


def test_every_turn_is_labelled_by_an_export_too(turns, exported):
    batch = {"text": [["word0 word1", "word2"], "word0\nword1 x", None]}
    batch["text"] += [["word0", "half \ud83d"], ["word1"] * 100]
    answers = assert_equal(exported, turns, batch)
    assert answers["label"].shape[1] == turns.codecs["text"].turns
    assert [bool(error) for error in answers["error"]] == [0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ({}, r"Expected at least one of \['text'\]"),
        ({"txt": ["a"]}, r"Did you mean 'text' instead of 'txt'"),
        ({"Text": ["a"]}, r"Did you mean 'text'"),
        ({"text": "Handbags"}, r"expects a list.*str 'Handbags'.*list of one"),
        ({"text": b"Handbags"}, "expects a list.*type bytes"),
        ({"text": 3}, "expects a list.*type int"),
        ({"text": [3]}, "a value of type int"),
        ("Handbags", "at least one|dict of lists|expects a list"),
    ],
)
def test_what_is_no_batch_is_refused_with_the_remedy(
    text, exported, batch, message
):
    for answer in (text.answer, exported(text).predict):
        with pytest.raises(ValueError, match=message):
            answer(batch)


def test_no_answer_is_a_number_that_json_lacks(features):
    [field] = features.fields
    shape = features.codecs[field].shape
    answers = features.answer({field: [np.full(shape, 3e38)]})
    assert all(map(math.isfinite, answers["probability"].ravel()))
