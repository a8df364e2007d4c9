"""Pretraining: three targets of one model, and their training graph."""

import dataclasses

import keras
import numpy as np
import pytest
import tiny_presets
import tiny_tasks
from checks import numpy

import mmkeras
from mmkeras import evaluation
from mmkeras import tasks
from mmkeras.data import codecs
from mmkeras.tasks import targets
from mmkeras.training import engine
from mmkeras.training import joint_loss
from mmkeras.training import recipes
from mmkeras.training import training_model

pytestmark = pytest.mark.usefixtures("eager_models", "module_cache")
NAME = "pretrain-image-text"
WORDS = ["red", "green", "blue", "dog", "cat", "runs", "sits"]
RECIPE = recipes.Recipe(epochs=1, batch_size=4, monitor="loss")


def photos(count=6):
    import tensorflow as tf

    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (count, 32, 32, 3)).astype("uint8")
    return [tf.io.encode_png(x).numpy() for x in pixels]


def rows(count=6):
    return [
        {
            "id": f"{i}",
            "image": photo,
            "captions": [f"{WORDS[i % 3]} dog runs", f"{WORDS[i % 3]} cat"],
        }
        for i, photo in enumerate(photos(count))
    ]


@pytest.fixture(scope="module")
def task():
    return tiny_tasks.build(NAME, vocabulary=WORDS)


@pytest.fixture(scope="module")
def examples(task):
    return engine.Examples(task, rows(), keep=False)


def training(task, examples, count=6, **changes):
    """The model that is trained, and a batch of it."""
    recipe = dataclasses.replace(RECIPE, **changes)
    model = training_model.build(task, recipe, examples.cached)
    x, y, weight = examples.batch(np.arange(count))
    x = numpy(task.normalize(x, cached=examples.cached))
    return model, x, y, weight


@pytest.mark.slow
def test_negatives_are_the_model_s_own_logits_of_other_pairs(task, examples):
    model, x, y, _ = training(task, examples)
    outputs = numpy(model(x, training=False))
    pairs, logits = outputs["embeddings"], outputs["matching"]
    products = pairs[:, 0] @ pairs[:, 1].T
    same = (y[:, None] == y[None]).any(-1)
    products = np.where(same, -np.inf, products)
    others = products.argmax(1), products.argmax(0)
    np.testing.assert_array_equal(x["groups"] == x["groups"][:1], y == y[:1])
    expected = [
        {"image": x["image"], "text": x["text"]},
        {"image": x["image"], "text": x["text"][others[0]]},
        {"image": x["image"][others[1]], "text": x["text"]},
    ]
    for column, inputs in zip(logits.T, expected):
        whole = numpy(task.model(inputs, training=False))["matching"]
        np.testing.assert_allclose(column, whole[:, 0], rtol=1e-4, atol=1e-5)


def test_hidden_words_are_predicted_from_the_rest(task, examples):
    model, x, *_ = training(task, examples)
    words = numpy(model(x, training=False)["words"])
    hidden = task.codecs["text"].mask
    is_word = words["words"] > 0
    assert (is_word.sum(1) == 1).all()  # 15 % of two or three.
    text = np.array(x["text"])
    places = [
        int(np.flatnonzero(row == word[0])[0])
        for row, word in zip(text, words["words"])
    ]
    text[np.arange(len(text)), places] = hidden
    inputs = {"image": x["image"], "text": text}
    whole = numpy(task.model(inputs, training=False))["words"]
    np.testing.assert_allclose(
        words["logits"][:, 0],
        whole[np.arange(len(text)), places],
        rtol=1e-4,
        atol=1e-5,
    )


def test_the_losses_are_their_formulas():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(4, 3)).astype("float32")
    z[1, 1:] = -1e9  # Without a negative.
    weight = np.array([1, 1, 1, 0], "float32")
    costs = np.log1p(np.exp(np.where([1, 0, 0], -z, z).astype("float64")))
    costs *= [1, 0.5, 0.5]
    expected = (costs[[0, 2]].sum() + costs[1, 0]) / 5
    matching = targets.Matching(("image", "text"))
    assert float(matching.loss(z, weight)) == pytest.approx(expected, rel=1e-5)
    is_correct, share = matching.correct(z)
    np.testing.assert_array_equal(share[:2], [[1, 0.5, 0.5], [1, 0, 0]])
    np.testing.assert_array_equal(is_correct, (z > 0) == [[1, 0, 0]])

    logits = rng.normal(size=(4, 2, 9)).astype("float32")
    words = np.array([[5, 0], [4, 7], [0, 0], [8, 8]])
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    parts = [-np.log(p[i, j, words[i, j]]) for i, j in ((0, 0), (1, 0), (1, 1))]
    masked = targets.MaskedTokens(codecs.Text(WORDS))
    outputs = {"logits": logits, "words": words}
    loss = float(masked.loss(outputs, weight))
    assert loss == pytest.approx(np.mean(parts), rel=1e-5)
    assert masked.correct(outputs)[1].sum() == 5


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
@pytest.mark.parametrize("count", [1, 4])
def test_losses_are_finite_and_each_is_logged(policy, count, examples):
    keras.config.set_dtype_policy(policy)
    task = tiny_tasks.build(NAME, vocabulary=WORDS)
    model, x, y, weight = training(
        task, examples, count, loss_weights={"words": 0.5}
    )
    model.compile(keras.optimizers.SGD(0.1))
    logs = model.train_on_batch(x, y, weight, return_dict=True)
    names = ["embeddings_loss", "matching_loss", "words_loss"]
    assert {*logs} == {"loss", *names}
    first, second, third = (float(logs[name]) for name in names)
    assert float(logs["loss"]) == pytest.approx(
        first + second + 0.5 * third, rel=1e-4
    )
    assert (first == pytest.approx(0, abs=1e-3)) == (count == 1)
    for weight in model.weights:
        assert np.isfinite(numpy(weight)).all(), weight.path


def test_a_target_of_weight_0_is_left_out(task, examples):
    model, x, *_ = training(
        task, examples, loss_weights={"matching": 0, "embeddings": 2}
    )
    assert list(model(x)) == ["embeddings", "words"]
    assert model.joint.weights == {"embeddings": 2, "words": 1}


@pytest.mark.parametrize(
    "weights",
    [{"captions": 1}, {"words": -1}, {"words": "half"}]
    + [dict.fromkeys(("embeddings", "matching", "words"), 0)],
)
def test_other_weights_are_refused(task, weights):
    recipe = dataclasses.replace(RECIPE, loss_weights=weights)
    with pytest.raises(ValueError, match="embeddings, matching, words"):
        joint_loss.make(task, recipe)


def test_scores_are_of_all_targets_and_repeat(task, examples):
    outputs = examples.outputs()
    assert outputs.shape == (12, 2, 8)
    first, second = (task.score(examples, outputs) for _ in range(2))
    assert first == second
    assert {"recall_mean", "matching_accuracy", "words_accuracy"} <= {*first}
    assert 0 <= first["matching_accuracy"] <= 1
    scores, _ = evaluation.evaluate(examples, draws=5)
    assert first.items() <= scores.items()


def test_pairs_have_a_similarity_and_a_probability(task):
    texts = ["red dog runs", "", "blue cat"]
    images = [*photos(2), b"no image"]
    answers = task.answer({"image": images, "text": texts})
    assert [bool(e) for e in answers["error"]] == [False, True, True]
    assert 0 < answers["matching"][0] < 1 and not answers["matching"][1:].any()
    vectors, _ = task.embed("text", texts[:1])
    image, _ = task.embed("image", images[:1])
    cosine = float((vectors * image).sum())
    assert answers["similarity"][0] == pytest.approx(cosine, abs=1e-5)
    good, bad = (
        task.table_row("a", {k: v[i] for k, v in answers.items()})
        for i in (0, 1)
    )
    assert list(good) == ["id", "similarity", "matching"]
    assert list(bad)[-1] == "error" and len(task.row_texts(good)) == 2


def test_is_saved_and_loaded(task, tmp_path):
    again = tasks.load(task.save(tmp_path))
    batch = {"image": photos(2), "text": ["red dog", "cat"]}
    before, after = task.answer(batch), again.answer(batch)
    for key in ("similarity", "matching"):
        np.testing.assert_allclose(after[key], before[key], atol=1e-5)


def test_a_frozen_text_network_reads_the_hidden_words(tmp_path):
    bert = f"hub:{tiny_presets.bert(tmp_path / 'bert')}"
    data = engine.Data(rows(), rows(2))
    recipe = dataclasses.replace(
        RECIPE, model={"dim": 8, "depth": 1, "heads": 2, "text": bert}
    )
    task = engine.build(NAME, data, recipe, image_size=32)
    assert task.codecs["text"].mask == task.codecs["text"].vocabulary.index(
        "[MASK]"
    )
    examples = engine.Examples(task, data.train)
    assert examples.cached == set()
    model, x, *_ = training(task, examples)
    assert np.isfinite(numpy(model(x)["words"]["logits"])).all()


def test_other_models_are_refused(task):
    plain = mmkeras.build_model("retrieve-image-text", vocabulary_size=11)
    with pytest.raises(ValueError, match="outputs embeddings, matching, words"):
        tasks.Pretrain(plain, task.codecs)
    other = {**task.codecs, "text": codecs.Text(WORDS[:3])}
    with pytest.raises(ValueError, match="`vocabulary_size=7`"):
        tasks.Pretrain(task.model, other)
    other["text"] = codecs.Text(WORDS)
    other["text"].mask = None
    with pytest.raises(ValueError, match="none that hides a word"):
        tasks.Pretrain(task.model, other)
