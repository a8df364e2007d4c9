import dataclasses
import time

import keras
import numpy as np
import pytest

from mmkeras import losses
from mmkeras.data import datasets
from mmkeras.data.batches import Batching
from mmkeras.data.codecs.text import END
from mmkeras.data.codecs.text import UNKNOWN
from mmkeras.data.synthetic import shapes
from mmkeras.training import engine
from mmkeras.training import recipes
from mmkeras.training import self_critical
from mmkeras.training import training_model

RECIPE = recipes.Recipe(
    epochs=2,
    batch_size=12,
    reward="cider",
    num_samples=3,
    temperature=1.0,
    model={"dim": 8},
    precision="float32",
)
BATCHING = Batching(12, "image", 3)  # 4 images, 3 captions of each.


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    source = shapes.write(tmp_path_factory.mktemp("world"), 12, 4, 0)
    return engine.Data(*map(datasets.get(source).rows, ("train", "val")))


def build(data, min_count=1, recipe=RECIPE):
    keras.utils.set_random_seed(0)
    return engine.build(
        "caption-cnn-lstm",
        data,
        recipe,
        image_size=32,
        min_count=min_count,
    )


@pytest.fixture(scope="module")
def task(data):
    return build(data)


@pytest.fixture(scope="module")
def examples(task, data):
    return engine.Examples(task, data.train)


@pytest.fixture(scope="module")
def references(data):
    return [row["captions"] for row in data.train]


def sampled(count, task, examples, recipe=RECIPE, **options):
    """The first batches: inputs, sampled captions, advantage of each."""
    batches, _ = self_critical.training(
        task, examples, recipe, BATCHING, **options
    )
    return [
        (x, *captions(x, y, weight))
        for x, y, weight in batches.take(count).as_numpy_iterator()
    ]


def captions(x, y, weight):
    """Token ids of a batch's captions and, of each, its one weight."""
    tokens = np.zeros(x["tokens"].size, "int32")
    gains = np.full(x["tokens"].size, np.nan)
    chosen = y > 0
    tokens[x["positions"][chosen]] = y[chosen]
    gains[x["positions"][chosen]] = weight[chosen]
    gains = gains.reshape(x["tokens"].shape)
    gain = gains[:, 0]
    assert (np.isnan(gains) | (gains == gain[:, None])).all()
    return tokens.reshape(x["tokens"].shape), gain


@pytest.mark.parametrize("kind", self_critical.REWARDS)
def test_human_captions_have_the_highest_reward(task, references, kind):
    reward = self_critical.Reward(task, references, kind)
    ids = task.codecs["text"]([each[0] for each in references]).numpy()
    images = np.arange(len(ids))
    owners = [*images, *(images + 1) % len(ids)]
    right, wrong = np.split(reward(owners, [*ids, *ids]), 2)
    assert (right > wrong + 0.3).all()


def test_an_epoch_logs_the_scores_of_its_samples(task, references):
    reward = self_critical.Reward(task, references)
    ids = task.codecs["text"]([each[0] for each in references]).numpy()
    reward(np.arange(4), ids[:4])
    reward(np.arange(4, 12), ids[4:])
    logs = {}
    reward.on_epoch_end(0, logs)
    assert logs["sampled_bleu_4"] == pytest.approx(1, abs=1e-6)
    assert logs["sampled_cider"] > 4
    reward([0], ids[5:6])
    reward.on_epoch_end(1, logs)
    assert logs["sampled_bleu_4"] < 0.5 and logs["sampled_cider"] < 3


def test_an_unknown_word_has_no_reward(data, references):
    task = build(data, min_count=6)
    ids = task.codecs["text"]([each[0] for each in references]).numpy()
    row = int(np.argmax((ids == UNKNOWN).any(axis=1)))
    assert UNKNOWN in ids[row]
    reward = self_critical.Reward(task, references, "cider")
    less = np.where(ids[row] == UNKNOWN, len(task.codecs["text"]) + 5, ids[row])
    assert reward([row], ids[row][None]) == reward([row], less[None])


def indices_of(images, x):
    """Which of the images a batch has."""
    return [
        int(np.argmin(np.abs(images - one).sum((1, 2, 3))))
        for one in x["image"]
    ]


def test_captions_are_weighted_against_others_of_their_image(
    task, examples, references
):
    [(x, tokens, gain)] = sampled(1, task, examples, seed=1)
    assert x["image"].shape == (4, 32, 32, 3) and x["image"].max() <= 1
    np.testing.assert_array_equal(x["image_index"], np.repeat(range(4), 3))
    assert len(tokens) == len(gain) == 12
    np.testing.assert_array_equal(x["tokens"][:, 1:], tokens[:, :-1])
    np.testing.assert_allclose(gain.reshape(4, 3).sum(1), 0, atol=1e-5)
    _, first = np.unique(examples.numbers("image"), return_index=True)
    images = examples.inputs(first)["image"] / 255
    reward = self_critical.Reward(task, references, "cider")
    rewards = reward(np.repeat(indices_of(images, x), 3), tokens).reshape(4, 3)
    others = (rewards.sum(1, keepdims=True) - rewards) / 2
    np.testing.assert_allclose(gain, (rewards - others).ravel(), atol=1e-5)


def test_images_that_cannot_be_read_are_left_out(task, data, tmp_path):
    broken = {"id": "broken", "image": str(tmp_path / "none.png")}
    rows = [*data.train[:3], {**data.train[3], **broken}, *data.train[4:]]
    examples = engine.Examples(task, rows)
    assert [name for name, _ in examples.errors] == ["broken"]
    good = engine.Examples(task, [*data.train[:3], *data.train[4:]])
    for ours, theirs in zip(
        sampled(2, task, examples), sampled(2, task, good), strict=True
    ):
        np.testing.assert_array_equal(ours[0]["image"], theirs[0]["image"])
        np.testing.assert_array_equal(ours[1], theirs[1])
        np.testing.assert_allclose(ours[2], theirs[2], atol=1e-6)


@pytest.mark.slow
def test_samples_depend_on_the_seed_and_the_epoch(task, examples):
    whole = sampled(6, task, examples, seed=1)
    resumed = sampled(3, task, examples, seed=1, start=1)
    for (x, tokens, _), (again, same, _) in zip(
        whole[3:], resumed, strict=True
    ):
        np.testing.assert_array_equal(x["image"], again["image"])
        np.testing.assert_array_equal(tokens, same)
    other = sampled(1, task, examples, seed=2)
    assert not np.array_equal(other[0][0]["image"], whole[0][0]["image"])
    assert not np.array_equal(whole[0][0]["image"], whole[3][0]["image"])


def test_captions_are_sampled_with_the_weights_of_their_step(data):
    task = build(data)
    examples = engine.Examples(task, data.train)
    batches, _ = self_critical.training(task, examples, RECIPE, BATCHING)
    steps = iter(batches)
    _, y, _ = next(steps)
    assert np.count_nonzero(y) > 12
    time.sleep(0.2)
    bias = task.model.get_layer("decoder").logits.bias
    bias.assign(np.where(np.arange(bias.shape[0]) == END, 1e3, 0))
    _, y, _ = next(steps)
    np.testing.assert_array_equal(y[y != 0], [END] * 12)


def test_a_step_makes_better_captions_more_likely(data):
    task = build(data)
    examples = engine.Examples(task, data.train)
    model = training_model.build(task, RECIPE, shared="image")
    model.compile(keras.optimizers.SGD(1.0))
    task.model.get_layer("decoder").drop.rate = 0.0
    batches, _ = self_critical.training(task, examples, RECIPE, BATCHING)
    x, y, weight = next(batches.as_numpy_iterator())
    _, gain = captions(x, y, weight)

    def log_likelihood():
        logits = model(x, training=False)
        loss = keras.ops.convert_to_numpy(losses.token_crossentropy(y, logits))
        rows = x["positions"] // x["tokens"].shape[1]
        return -np.bincount(rows, loss, minlength=12)

    before = log_likelihood()
    model.train_on_batch(x, y, weight)
    assert gain @ (log_likelihood() - before) > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_trains_in_mixed_precision(data, tmp_path, policy):
    recipe = dataclasses.replace(RECIPE, precision=policy)
    task = build(data, recipe=recipe)
    before = [keras.ops.convert_to_numpy(w) for w in task.model.weights]
    engine.fit(task, data, tmp_path, RECIPE, 3, verbose=0)
    keras.config.set_dtype_policy("float32")
    after = [keras.ops.convert_to_numpy(w) for w in task.model.weights]
    assert all(np.isfinite(w).all() for w in after)
    assert any((a != b).any() for a, b in zip(after, before, strict=True))


class Killed(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_an_interrupted_run_resumes_as_the_uninterrupted_one(data, tmp_path):
    checkpoints = []
    for name, callbacks in (("whole", []), ("interrupted", [Killed()])):
        folder = tmp_path / name
        folder.mkdir()
        try:
            engine.fit(
                build(data), data, folder, RECIPE, 3, callbacks=callbacks
            )
        except KeyboardInterrupt:
            engine.fit(build(data), data, folder, RECIPE, 3)
        with np.load(folder / "checkpoint.npz") as arrays:
            checkpoints.append(
                {n: arrays[n] for n in arrays.files if n != "notes"}
            )
    whole, resumed = checkpoints
    assert whole.keys() == resumed.keys()
    for name, value in whole.items():
        np.testing.assert_array_equal(resumed[name], value)


def test_an_unknown_reward_is_refused(task):
    with pytest.raises(ValueError, match="one of bleu, .* reward='rouge'"):
        self_critical.Reward(task, [["a circle"]], "rouge")


def test_a_single_sample_per_image_is_refused(task, examples):
    with pytest.raises(
        ValueError, match="at least 2, .*Received: num_samples=1"
    ):
        sampled(1, task, examples, dataclasses.replace(RECIPE, num_samples=1))


def test_jax_is_refused(task, examples, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="KERAS_BACKEND to tensorflow"):
        sampled(1, task, examples)
