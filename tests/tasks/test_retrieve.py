"""Retrieval: examples, embeddings and scores."""

import keras
import multimodal_rows
import numpy as np
import pytest
import tiny_tasks
from architectures import batch
from checks import numpy

from mmkeras import losses
from mmkeras import tasks
from mmkeras.data import codecs
from mmkeras.evaluation import evaluate
from mmkeras.tasks import fit_codecs
from mmkeras.tasks import targets
from mmkeras.tasks.targets.embedding import mean_recall
from mmkeras.training.examples import Examples

pytestmark = pytest.mark.usefixtures("eager_models")
NAME = "retrieve-image-text"
ROWS = [
    {
        "id": f"{i}",
        "image": f"photo-{i}.jpg",
        "captions": [f"a {word} dog", "a dog"],
    }
    for i, word in enumerate(("red", "green", "blue"))
]


@pytest.fixture(scope="module")
def task():
    words = ["a", "dog", "red", "green", "blue"]
    return tiny_tasks.build(NAME, vocabulary=words)


@pytest.fixture(scope="module")
def photos():
    import tensorflow as tf

    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (5, 20, 24, 3)).astype("uint8")
    return [tf.io.encode_png(x).numpy() for x in pixels]


def test_an_example_per_caption_knows_its_image_and_its_words():
    examples = tasks.Retrieve.expand(ROWS)
    assert [e["text"] for e in examples[:2]] == ["a red dog", "a dog"]
    numbers = codecs.Groups()(
        [[e["pair"]["image"], e["pair"]["text"]] for e in examples]
    ).numpy()
    images, texts = numbers.T
    assert [len(set(images)), len(set(texts))] == [3, 4]
    assert images[0] == images[1] != images[2]
    assert texts[1] == texts[3] == texts[5]


def test_paths_are_told_apart_by_case_and_texts_are_not():
    rows = [
        {"id": "0", "image": "A.jpg", "captions": ["A  dog"]},
        {"id": "1", "image": "a.jpg", "captions": ["a dog"]},
    ]
    one, other = (e["pair"] for e in tasks.Retrieve.expand(rows))
    assert one["image"] != other["image"] and one["text"] == other["text"]


def test_half_an_emoji_is_named_and_harms_no_other():
    [example] = tasks.Retrieve.expand(
        [{"id": "0", "image": "\ud83d.jpg", "captions": ["cut \ud83d"]}]
    )
    codecs.Groups()([*example["pair"].values()])


def test_a_bare_string_is_refused(task, photos):
    with pytest.raises(ValueError, match="Handbags"):
        task.embed("text", "Handbags")
    with pytest.raises(ValueError, match="a dog"):
        task.zero_shot(photos[:1], "a dog")


def test_a_pair_without_one_of_the_two_is_an_error(task):
    rows = tasks.Retrieve.expand(ROWS[:1])
    rows[1]["image"] = None
    assert task.target.errors(rows) == ["", "image: missing"]


THREE = "retrieve-image-text-audio"


@pytest.fixture(scope="module")
def three():
    return tiny_tasks.build(THREE, vocabulary=["a", "dog", "red"])


@pytest.fixture(scope="module")
def sounds():
    rng = np.random.default_rng(1)
    waves = rng.uniform(-0.5, 0.5, (5, 2000)).astype("float32")
    return [(wave, 16000) for wave in waves]


def test_of_three_modalities_any_two_have_a_similarity(three, photos, sounds):
    batch = {
        "image": [photos[0], photos[1], None, photos[3], photos[4]],
        "text": ["a dog", None, "dog", "red", None],
        "audio": [None, sounds[1], sounds[2], sounds[3], None],
    }
    answers = three.answer(batch)
    image, text, audio = (
        three.embed(field, values)[0] for field, values in batch.items()
    )
    cosines = [
        image[0] @ text[0],
        image[1] @ audio[1],
        text[2] @ audio[2],
        np.mean([image[3] @ text[3], image[3] @ audio[3], text[3] @ audio[3]]),
        0,
    ]
    np.testing.assert_allclose(answers["similarity"], cosines, atol=1e-5)
    expected = "expected at least two of image, text, audio"
    assert answers["error"].tolist() == ["", "", "", "", expected]
    two = {field: batch[field][:1] for field in ("image", "text")}
    [similarity] = three.answer(two)["similarity"]
    assert similarity == pytest.approx(cosines[0], abs=1e-5)


def test_a_recording_is_classified_by_texts(three, sounds, photos):
    answers = three.zero_shot(sounds, ["dog", "red"], "audio")
    assert answers["probability"].shape == (5, 2)
    texts, _ = three.embed("text", ["dog", "red"])
    vectors, _ = three.embed("audio", sounds)
    nearest = (vectors @ texts.T).argmax(axis=1)
    assert answers["label"].tolist() == [("dog", "red")[i] for i in nearest]
    assert three.zero_shot(photos, ["dog", "red"])["label"].shape == (5,)
    with pytest.raises(ValueError, match="modalities"):
        three.zero_shot(["a dog"], ["dog", "red"], "text")


def test_a_row_needs_two_of_three_modalities(three):
    rows = [
        {"id": "0", "image": "a.jpg", "text": "a dog", "audio": None},
        {"id": "1", "image": None, "text": "A  dog", "audio": "b.wav"},
        {"id": "2", "image": None, "text": " ", "audio": "c.wav"},
        {"id": "3", "image": "a.jpg", "text": None, "audio": None},
    ]
    rows = tasks.Retrieve.expand(rows)
    errors = three.target.errors(rows)
    assert errors[:2] == ["", ""]
    expected = "expected at least two of image, text, audio"
    assert errors[2:] == [expected] * 2
    labels = three.target.encode(rows).values
    assert labels[0, 0] == labels[3, 0] and labels[0, 1] == labels[1, 1]
    missing = labels[labels < 0]
    assert len(missing) == len(set(missing)) == 6
    assert three.target.units(labels).tolist() == [0, 1, 2, 0]


def test_three_modalities_are_scored_in_six_directions(three):
    """As the three pairs are by themselves, of those that have both."""
    rng = np.random.default_rng(2)
    labels = np.stack(
        [np.repeat(np.arange(20), 3), np.arange(60), np.arange(60)], axis=1
    )
    labels[:, 1] //= 2  # Equal texts.
    labels[rng.random(labels.shape) < 0.3] = -1
    labels = labels[(labels >= 0).sum(axis=1) >= 2]
    embeddings = rng.normal(size=(len(labels), 3, 6)).astype("float32")
    scores = three.target.score(labels, embeddings)
    means = []
    for i, j in ((0, 1), (0, 2), (1, 2)):
        pair = targets.Embedding(
            None, "pair", [three.fields[i], three.fields[j]]
        )
        rows = (labels[:, [i, j]] >= 0).all(axis=1)
        part = labels[rows][:, [i, j]], embeddings[rows][:, [i, j]]
        expected = pair.score(*part)
        means.append(expected.pop("recall_mean"))
        assert {name: scores[name] for name in expected} == expected
    assert scores["recall_mean"] == pytest.approx(np.mean(means))
    assert len(scores) == 6 * 7 + 1
    hits = three.target.hits(labels, embeddings)
    assert len(hits) == three.target.units(labels).max() + 1
    assert mean_recall(hits) == pytest.approx(scores["recall_mean"])


def test_examples_of_three_modalities_are_evaluated(three, monkeypatch):
    rows = multimodal_rows.rows(count=30)
    rows.append({**rows[0], "id": "alone", "image": None, "audio": None})
    examples = Examples(three, rows, keep=False)
    expected = "expected at least two of image, text, audio"
    assert examples.errors == [("alone", expected)]
    ranked, calls = three.target.ranked, []

    def count(*arguments):
        calls.append(len(arguments))
        return ranked(*arguments)

    monkeypatch.setattr(three.target, "ranked", count)
    scores, subsets = evaluate(examples, draws=20)
    assert len(calls) == 2  # The model's outputs, and those of chance.
    low, high = (scores[f"recall_mean_{end}"] for end in ("low", "high"))
    assert low <= scores["recall_mean"] <= high
    assert 0 < scores["chance"] < 1
    assert list(subsets.scores) == [(), ("image+text+audio",)]
    assert "audio_to_image_recall_1" in scores


def test_intervals_resample_whole_groups_of_images(task, photos):
    rows = [
        {"id": f"{i}", "image": photo, "captions": texts, "group": group}
        for i, (photo, texts, group) in enumerate(
            zip(photos, [["a dog", f"red {w}"] for w in "abcde"], "xxyyz")
        )
    ]

    def interval(rows):
        scores, _ = evaluate(Examples(task, rows, keep=False), draws=50)
        return [scores[f"recall_mean_{end}"] for end in ("low", "high")]

    alone = [{**row, "group": None} for row in rows]
    assert interval(rows) != interval(alone)
    low, high = interval([{**row, "group": "x"} for row in rows])
    assert low == high  # Every draw is the one group.


def test_a_direction_without_examples_has_no_score(three):
    labels = np.array([[0, 1, -1], [2, 3, -2], [4, 5, -3]])
    embeddings = np.random.default_rng(0).normal(size=(3, 3, 4))
    scores = three.target.score(labels, embeddings)
    assert not [name for name in scores if "audio" in name]
    assert 0 <= scores["recall_mean"] <= 1


def test_statistics_are_in_the_order_of_examples(task):
    """A bootstrap of groups of examples selects them by their place."""
    rng = np.random.default_rng(0)
    numbers = rng.permutation(1000)[:40]
    labels = np.stack([numbers, np.arange(40)], axis=1)
    vectors = rng.normal(size=(40, 4)).astype("float32")
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    signs = np.where(np.arange(40) < 10, 1, -1)  # Ten are retrieved.
    pairs = np.stack([vectors, vectors * signs[:, None]], axis=1)
    hits = task.target.hits(labels, pairs)
    assert hits[:10, 0].all() and not hits[10:, 0].any()


def test_embeds_each_modality_as_the_pairs_are_embedded(task, photos):
    texts = ["a red dog", "a dog", "dog", "green", "a"]
    images, errors = task.embed("image", photos, batch_size=2)
    words, _ = task.embed("text", texts)
    assert images.shape == (5, task.size) and not any(errors)
    np.testing.assert_allclose(np.linalg.norm(images, axis=1), 1, rtol=1e-5)
    answers = task.answer({"image": photos, "text": texts})
    cosines = (images * words).sum(1)
    np.testing.assert_allclose(answers["similarity"], cosines, atol=1e-5)


def test_a_damaged_image_harms_no_other(task, photos):
    whole, _ = task.embed("image", photos[:3])
    values = [photos[0], b"no image", photos[2]]
    vectors, errors = task.embed("image", values)
    assert [bool(e) for e in errors] == [False, True, False]
    np.testing.assert_allclose(vectors[[0, 2]], whole[[0, 2]], atol=1e-5)
    assert not vectors[1].any()


def test_scores_are_those_of_counting(task):
    rng = np.random.default_rng(1)
    items = 30
    counts = rng.integers(1, 4, items)
    numbers = np.repeat(np.arange(items), counts)
    places = rng.permutation(len(numbers))
    numbers = numbers[places]
    vectors = rng.normal(size=(items, 6))
    pairs = np.stack(
        [
            vectors[numbers],
            vectors[numbers] + rng.normal(size=(len(numbers), 6)),
        ],
        axis=1,
    ).astype("float32")
    labels = np.stack([numbers, np.arange(len(numbers))], axis=1)
    products = vectors @ pairs[:, 1].T
    hits = []
    for i, row in enumerate(products):
        best = np.argsort(-row)
        hits.append([(numbers[best[:k]] == i).any() for k in (1, 5, 10)])
    forth = np.mean(hits, axis=0)
    back = [
        np.mean([n in np.argsort(-c)[:k] for n, c in zip(numbers, products.T)])
        for k in (1, 5, 10)
    ]
    expected = np.mean([*forth, *back])
    scores = task.target.score(labels, pairs)
    assert scores["image_to_text_recall_5"] == pytest.approx(forth[1])
    assert scores["text_to_image_recall_1"] == pytest.approx(back[0])
    assert scores["recall_mean"] == pytest.approx(expected)
    hits = task.target.hits(labels, pairs)
    assert mean_recall(hits) == pytest.approx(expected)


def test_a_baseline_retrieves_by_chance(task):
    labels = np.stack([np.arange(400)] * 2, axis=1)
    recall = task.target.agreement(labels, task.target.majority(labels, 400))
    assert 0 < recall < 0.04  # 16 / 3 of 400.


def test_a_batch_of_equal_pairs_has_no_loss(task):
    pairs = np.random.default_rng(0).normal(size=(4, 2, 8)).astype("float32")
    equal = np.zeros((4, 2), "int64")
    weight = np.ones(4, "float32")
    assert float(task.target.loss(equal, pairs, weight)) == pytest.approx(0)
    others = np.arange(8).reshape(4, 2)
    assert float(task.target.loss(others, pairs, weight)) > 0


@pytest.mark.parametrize("loss", ["contrastive", "triplet", "semi-hard"])
def test_embeddings_that_are_all_equal_have_the_loss_of_chance(loss):
    target = targets.Embedding(None, "pair", ("image", "text"), loss)
    groups = np.arange(12).reshape(6, 2)
    equal = float(target.loss(groups, np.ones((6, 2, 8), "float32")))
    assert equal == pytest.approx(target.chance_loss(6, groups), rel=1e-5)


@pytest.mark.parametrize("loss", ["contrastive", "triplet"])
def test_chance_is_that_of_the_rows_that_have_both_modalities(loss):
    target = targets.Embedding(None, "pair", ("image", "text", "audio"), loss)
    labels = np.arange(36).reshape(12, 3)
    labels[:5, 0] = -1 - np.arange(5)
    labels[5:8, 2] = -6 - np.arange(3)
    equal = np.ones((12, 3, 8), "float32") * (labels >= 0)[..., None]
    expected = float(target.loss(labels, equal))
    assert target.chance_loss(12, labels) == pytest.approx(expected, rel=1e-5)
    if loss == "contrastive":
        assert expected < np.log(12) - 0.4


@pytest.mark.parametrize("loss", ["sigmoid", "triplet"])
def test_the_loss_is_an_argument_of_the_architecture(loss):
    task = tiny_tasks.build(NAME, loss=loss)
    assert task.target.kind == loss
    pairs = task.model(batch(task.model, size=4))
    groups = np.arange(8).reshape(4, 2)
    function = getattr(losses, f"{loss}_loss")
    expected = numpy(function(pairs, groups)).mean()
    assert float(task.target.loss(groups, pairs)) == pytest.approx(expected)


def test_another_model_is_refused(task):
    inputs = {"image": keras.Input((4,)), "text": keras.Input((4,))}
    x = keras.layers.Add()(list(inputs.values()))
    with pytest.raises(ValueError, match="a layer named 'embeddings'"):
        tasks.Retrieve(keras.Model(inputs, x), task.codecs)


def test_is_saved_and_loaded(task, photos, tmp_path):
    again = tasks.load(task.save(tmp_path))
    before, _ = task.embed("image", photos)
    after, _ = again.embed("image", photos)
    np.testing.assert_allclose(after, before, atol=1e-5)


def test_rows_without_a_modality_get_an_architecture_of_the_task():
    rows = tasks.Retrieve.expand(ROWS)
    with pytest.raises(ValueError, match="'audio', which no") as error:
        fit_codecs.fit_codecs(
            ["audio", "text"], rows, 8, None, {}, task="retrieve"
        )
    names = "rows: retrieve-image-text, retrieve-image-text-regions."
    assert names in str(error.value)


def test_training_fills_the_querybank_which_changes_ranks_alone(photos):
    words = ["a", "dog", "red", "green", "blue"]
    task = tiny_tasks.build(NAME, vocabulary=words)
    rows = [
        {"id": f"{i}", "image": photo, "captions": [f"a {word} dog", word]}
        for i, (photo, word) in enumerate(
            zip(photos, ["red", "green", "blue", "a", "dog"])
        )
    ]
    examples = Examples(task, rows, keep=False)
    images, _ = task.embed("image", photos)
    texts, _ = task.embed("text", ["red", "a blue dog"])
    before = examples.outputs()
    assert not task.penalties("image", "text", images).any()
    task.finish(examples, seed=0)
    after = examples.outputs()
    bank, _ = task.embed("text", [row["text"] for row in examples.rows])
    scale = float(numpy(task.model.get_layer("embeddings").current_scale))
    t = 2 / scale
    # The bank has 8,192 places: each text about as often as any other one.
    expected = t * np.log(np.exp(images @ bank.T / t).mean(1))
    penalties = task.penalties("image", "text", images)
    np.testing.assert_allclose(penalties, expected, rtol=0.01, atol=1e-3)
    assert not task.penalties("image", "image", images).any()
    left, right = after[:, 0] @ after[:, 1].T, before[:, 0] @ before[:, 1].T
    place = examples.numbers("image")
    lost = (right - left) / scale - penalties[place][:, None]
    np.testing.assert_allclose(lost, lost[:1].repeat(len(lost), 0), atol=1e-3)
    again, _ = task.embed("text", ["red", "a blue dog"])
    np.testing.assert_array_equal(again, texts)
    np.testing.assert_allclose(
        task.decode(after, None, None)[0]["similarity"],
        task.decode(before, None, None)[0]["similarity"],
        atol=1e-5,
    )


def test_three_modalities_have_no_querybank(three, photos):
    vectors, _ = three.embed("image", photos)
    three.finish(None, seed=0)
    assert not three.penalties("image", "audio", vectors).any()
