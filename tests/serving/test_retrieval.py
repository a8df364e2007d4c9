"""Exports of retrieval models: pairs, and embeddings of one modality."""

import image_files
import numpy as np
import pytest
import tiny_tasks

from mmkeras import serving
from mmkeras.serving import check
from mmkeras.serving import replay

PHOTO = image_files.save(image_files.ramp(20, 24), "PNG")
TEXTS = ["a red dog", "", "dog"]


@pytest.fixture(scope="module")
def task():
    words = ["a", "dog", "red"]
    return tiny_tasks.build("retrieve-image-text", vocabulary=words)


@pytest.fixture(scope="module")
def exported(task, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports") / "find"
    return serving.export(task, folder, check=False)


def test_all_signatures_are_checked(exported):
    answers = replay.replay(exported)
    assert len(answers) == 6  # Three, of all rows and row by row.
    check.compare(exported, answers)
    embedded = answers["embed_text alone"]
    embedded[0] = {**embedded[0], "embedding": embedded[1]["embedding"]}
    with pytest.raises(RuntimeError, match="embed_text alone"):
        check.compare(exported, answers)


@pytest.mark.slow
def test_a_process_without_keras_embeds_alike(exported):
    serving.check_export(exported)


def test_candidate_texts_are_scored_alike(task, exported):
    batch = {
        "image": [PHOTO, PHOTO, b"", PHOTO],
        "text": [TEXTS, ["dog"], ["a"], []],
    }
    answers = serving.load(exported).predict(batch)
    expected = task.similarities(batch)
    assert answers["error"][0] == "" == answers["error"][1]
    assert "image is missing" in answers["error"][2]
    assert answers["error"][3] == "text: missing"
    assert answers["error"] == expected["error"].tolist()
    for key in ("similarity", "probability"):
        np.testing.assert_allclose(answers[key], expected[key], atol=1e-5)
    images, _ = task.embed("image", [PHOTO])
    texts, _ = task.embed("text", ["a red dog", "dog"])
    cosines = (texts @ images[0]).tolist()
    found = expected["similarity"]
    np.testing.assert_allclose(found[0], [cosines[0], 0, cosines[1]], atol=1e-5)
    np.testing.assert_allclose(found[1], [cosines[1], 0, 0], atol=1e-5)
    shares = expected["probability"]
    labels = task.zero_shot([PHOTO], ["a red dog", "dog"])["probability"][0]
    np.testing.assert_allclose(shares[0, [0, 2]], labels, atol=1e-5)
    np.testing.assert_allclose(shares.sum(axis=1), [1, 1, 0, 0], atol=1e-5)


def test_a_batch_of_candidates_needs_both_modalities(task):
    with pytest.raises(ValueError, match="texts as candidates. Received: text"):
        task.similarities({"text": [["a dog"]]})
    with pytest.raises(ValueError, match="a value of type int for example 1"):
        task.similarities({"image": [PHOTO] * 2, "text": [["a"], 3]})


@pytest.mark.parametrize(
    "field, values", [("image", [PHOTO, b"no image"]), ("text", TEXTS)]
)
def test_each_modality_is_embedded_alone(task, exported, field, values):
    served = serving.load(exported, f"embed_{field}")
    answers = served.predict({field: values})
    vectors, errors = task.embed(field, values)
    np.testing.assert_allclose(answers["embedding"], vectors, atol=1e-5)
    assert [bool(e) for e in answers["error"]] == [bool(e) for e in errors]
    assert errors[1] and not errors[0]


def test_an_unknown_signature_is_refused(exported):
    with pytest.raises(ValueError, match="embed_image, embed_text"):
        serving.load(exported, "embed_audio")


@pytest.mark.slow
def test_of_three_modalities_any_two_are_answered_alike(tmp_path):
    words = ["a", "dog", "red"]
    task = tiny_tasks.build("retrieve-image-text-audio", vocabulary=words)
    folder = serving.export(task, tmp_path / "find", check=False)
    [sound, *_] = task.codecs["audio"].samples()
    batch = {
        "image": [PHOTO, PHOTO, b"", PHOTO],
        "text": ["a red dog", "", "dog", ""],
        "audio": [sound, sound, sound, b""],
    }
    answers, expected = serving.load(folder).predict(batch), task.answer(batch)
    assert [bool(e) for e in answers["error"]] == [False] * 3 + [True]
    np.testing.assert_allclose(
        answers["similarity"], expected["similarity"], atol=1e-5
    )
    served = serving.load(folder, "embed_audio").predict({"audio": [sound]})
    vectors, _ = task.embed("audio", [sound])
    np.testing.assert_allclose(served["embedding"], vectors, atol=1e-4)
