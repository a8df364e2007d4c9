"""Retrieval by regions and words: scores, embeddings, labels, exports."""

import image_files
import keras
import numpy as np
import pytest
import tiny_tasks
from architectures import batch
from checks import numpy
from checks import only_tensorflow

from mmkeras import losses
from mmkeras import serving
from mmkeras import tasks
from mmkeras.serving import check
from mmkeras.serving import indexing
from mmkeras.serving import replay
from mmkeras.tasks.targets import embedding

pytestmark = [only_tensorflow, pytest.mark.usefixtures("eager_models")]
NAME = "retrieve-image-text-regions"
TEXTS = ["a red dog", "dog", "a", "red a"]


@pytest.fixture(scope="module")
def task():
    return tiny_tasks.build(NAME, vocabulary=["a", "dog", "red"])


@pytest.fixture(scope="module")
def photos():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (4, 20, 24, 3)).astype("uint8")
    return [image_files.save(x, "PNG") for x in pixels]


def test_padding_changes_nothing(task):
    x = batch(task.model, size=2, length=6)
    x["text"][0, 3:] = 0
    pairs = numpy(task.model(x))
    longer = {**x, "text": np.pad(x["text"], [(0, 0), (0, 4)])}
    other = numpy(task.model(longer))
    count = pairs.shape[1]
    np.testing.assert_allclose(other[:, :count], pairs, atol=1e-5)
    assert not other[:, count:].any()
    regions = task.target.regions
    assert not pairs[0, regions + 3 :].any()
    assert pairs[0, : regions + 3].any(axis=-1).all()


def test_each_modality_is_embedded_by_steps(task, photos):
    images, errors = task.embed("image", [*photos, b"no image"])
    texts, _ = task.embed("text", [*TEXTS, ""])
    assert errors[:4] == [""] * 4 and errors[4] and not images[4].any()
    assert images.shape == (5, task.target.regions, task.size)
    assert (texts.any(axis=-1).sum(axis=1) > 0).tolist() == [True] * 4 + [False]
    answers = task.answer({"image": photos, "text": TEXTS})
    expected = [
        np.mean([max(w @ r for r in image) for w in text if w.any()])
        for image, text in zip(images, texts)
        if image.any()
    ]
    np.testing.assert_allclose(answers["similarity"], expected, atol=1e-5)
    grid = task.similarities({"image": photos, "text": [TEXTS] * 4})
    np.testing.assert_allclose(
        grid["similarity"].diagonal(), expected, atol=1e-5
    )
    labels = task.zero_shot(photos, TEXTS)
    np.testing.assert_allclose(
        labels["probability"], grid["probability"], atol=1e-5
    )


@pytest.mark.parametrize("largest", [10, 10**6])
def test_scores_are_those_of_the_whole_matrix(task, monkeypatch, largest):
    monkeypatch.setattr(embedding, "_LARGEST_MATRIX", largest)
    rng = np.random.default_rng(1)
    regions = task.target.regions
    pairs = rng.normal(size=(20, regions + 5, 6)).astype("float32")
    pairs[::2, regions + 2 :] = 0
    numbers = np.arange(20) // 2
    pairs[1::2, :regions] = pairs[::2, :regions]
    labels = np.stack([numbers, np.arange(20)], axis=1)
    similarity = numpy(losses.late_interaction(pairs, regions))
    forth, back = similarity[::2], similarity[::2].T
    hits = [
        np.mean([(numbers[np.argsort(-r)[:5]] == i).any() for i, r in
                 enumerate(forth)]),
        np.mean([n in np.argsort(-c)[:5] for n, c in zip(numbers, back)]),
    ]  # fmt: skip
    scores = task.target.score(labels, pairs)
    assert scores["image_to_text_recall_5"] == pytest.approx(hits[0])
    assert scores["text_to_image_recall_5"] == pytest.approx(hits[1])
    y = rng.permutation(40).reshape(20, 2)
    mean = float(task.target.loss(y, pairs))
    assert np.mean(task.target.losses(y, pairs)) == pytest.approx(mean, 1e-4)
    chance = task.target.majority(labels, 20)
    assert 0 < task.target.agreement(labels, chance) < 1


def test_an_index_refuses_it(task, tmp_path):
    with pytest.raises(ValueError, match="Train an architecture such as"):
        indexing.build(task, tmp_path, [], tmp_path / "index")


def test_is_saved_and_loaded(task, photos, tmp_path):
    again = tasks.load(task.save(tmp_path))
    batch = {"image": photos, "text": TEXTS}
    before, after = (t.answer(batch)["similarity"] for t in (task, again))
    np.testing.assert_allclose(after, before, atol=1e-5)


def test_a_loss_without_steps_is_refused():
    with pytest.raises(ValueError, match="contrastive, triplet, semi-hard"):
        tiny_tasks.build(NAME, loss="sigmoid")


@pytest.mark.slow
def test_an_export_answers_alike(task, tmp_path):
    folder = serving.export(task, tmp_path / "find", check=False)
    check.compare(folder, replay.replay(folder))


def test_a_branch_without_steps_is_a_branch_of_one():
    """A bag of words has one step: a text is compared as a whole."""
    inputs = keras.Input((None,), dtype="int32", name="tokens")
    x = keras.layers.Embedding(11, 8, mask_zero=True)(inputs)
    x = keras.layers.GlobalAveragePooling1D()(x)
    x = keras.layers.Reshape((1, 8))(x)
    task = tiny_tasks.build(NAME, text=keras.Model(inputs, x, name="bag"))
    pairs = task.model(batch(task.model))
    assert pairs.shape[1] == task.target.regions + 1
