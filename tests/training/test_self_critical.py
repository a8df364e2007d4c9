import dataclasses
import time

import keras
import numpy as np
import pytest

from mmkeras import losses
from mmkeras.data import datasets
from mmkeras.data.codecs.text import END
from mmkeras.data.codecs.text import UNKNOWN
from mmkeras.data.synthetic import shapes
from mmkeras.training import captions
from mmkeras.training import recipes
from mmkeras.training import self_critical
from mmkeras.training.images import Images

RECIPE = recipes.Recipe(
    epochs=2,
    batch_size=12,
    reward="cider",
    draws=3,
    temperature=1.0,
    settings={"dim": 8},
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    source = shapes.write(tmp_path_factory.mktemp("world"), 12, 4, 0)
    return captions.Data(*map(datasets.get(source).rows, ("train", "val")))


def build(data, minimum=1, policy="float32"):
    keras.utils.set_random_seed(0)
    return captions.build(
        "caption-cnn-lstm",
        data,
        RECIPE,
        image_size=32,
        minimum=minimum,
        policy=policy,
    )


@pytest.fixture(scope="module")
def task(data):
    return build(data)


@pytest.fixture(scope="module")
def images(task, data):
    return Images(task, data.train)


def batches(task, images, recipe=RECIPE, **options):
    worth = self_critical.Reward(task, images.references, recipe.reward)
    owners = np.arange(len(images.rows))
    return self_critical.batches(
        task, images, owners, recipe, worth, 4, **options
    )


def first(count, *args, **options):
    made = batches(*args, **options)
    return list(made.take(count).as_numpy_iterator())


@pytest.mark.parametrize("kind", self_critical.REWARDS)
def test_what_people_say_is_worth_most(task, data, kind):
    references = [row["captions"] for row in data.train]
    worth = self_critical.Reward(task, references, kind)
    ids = task.codecs["text"]([each[0] for each in references]).numpy()
    places = np.arange(len(ids))
    owners = [*places, *(places + 1) % len(ids)]
    right, wrong = np.split(worth(owners, [*ids, *ids]), 2)
    assert (right > wrong + 0.3).all()


def test_an_epoch_logs_what_was_drawn(task, data):
    references = [row["captions"] for row in data.train]
    worth = self_critical.Reward(task, references)
    ids = task.codecs["text"]([each[0] for each in references]).numpy()
    worth(np.arange(4), ids[:4])
    worth(np.arange(4, 12), ids[4:])
    logs = {}
    worth.on_epoch_end(0, logs)
    assert logs["drawn_bleu_4"] == pytest.approx(1, abs=1e-6)
    assert logs["drawn_cider"] > 4
    worth([0], ids[5:6])
    worth.on_epoch_end(1, logs)
    assert logs["drawn_bleu_4"] < 0.5 and logs["drawn_cider"] < 3


def test_an_unknown_word_earns_nothing(data):
    task = build(data, minimum=6)
    references = [row["captions"] for row in data.train]
    ids = task.codecs["text"]([each[0] for each in references]).numpy()
    row = int(np.argmax((ids == UNKNOWN).any(axis=1)))
    assert UNKNOWN in ids[row]
    worth = self_critical.Reward(task, references, "cider")
    less = np.where(ids[row] == UNKNOWN, len(task.codecs["text"]) + 5, ids[row])
    assert worth([row], ids[row][None]) == worth([row], less[None])


def test_a_batch_weighs_sentences_beside_those_of_their_image(task, images):
    (x, said, gain), *_ = first(1, task, images, seed=1)
    assert x["image"].shape == (4, 32, 32, 3) and x["image"].max() <= 1
    assert len(said) == len(gain) == 12
    np.testing.assert_array_equal(x["tokens"][:, 1:], said[:, :-1])
    np.testing.assert_allclose(gain.reshape(4, 3).sum(1), 0, atol=1e-5)
    shown = [
        int(np.argmin(np.abs(images.array[0] / 255 - one).sum((1, 2, 3))))
        for one in x["image"]
    ]
    worth = self_critical.Reward(task, images.references, "cider")
    worth = worth(np.repeat(shown, 3), said).reshape(4, 3)
    others = (worth.sum(1, keepdims=True) - worth) / 2
    np.testing.assert_allclose(gain, (worth - others).ravel(), atol=1e-5)


@pytest.mark.slow
def test_the_seed_and_the_epoch_say_what_is_drawn(task, images):
    whole = first(6, task, images, seed=1)
    later = first(3, task, images, seed=1, start=1)
    for (x, said, _), (again, same, _) in zip(whole[3:], later):
        np.testing.assert_array_equal(x["image"], again["image"])
        np.testing.assert_array_equal(said, same)
    other = first(1, task, images, seed=2)
    assert not np.array_equal(other[0][0]["image"], whole[0][0]["image"])
    assert not np.array_equal(whole[0][0]["image"], whole[3][0]["image"])


def test_sentences_are_those_of_the_weights_of_that_step(data):
    task = build(data)
    images = Images(task, data.train)
    lessons = captions._Lessons(task, RECIPE, images, seed=0)
    made = iter(lessons.batches(start=0)[0])
    _, said, _ = next(made)
    assert np.count_nonzero(said) > 12
    time.sleep(0.2)
    bias = task.decoder.logits.bias
    bias.assign(np.where(np.arange(bias.shape[0]) == END, 1e3, 0))
    _, said, _ = next(made)
    np.testing.assert_array_equal(said[said != 0], [END] * 12)


def test_a_step_makes_better_sentences_likelier(data):
    task = build(data)
    images = Images(task, data.train)
    model = captions._trainee(task, RECIPE, False, 3, seed=0)
    model.compile(keras.optimizers.SGD(1.0), losses.TokenCrossentropy())
    task.decoder.drop.rate = 0.0
    (x, said, gain), *_ = first(1, task, images)
    x = {**x, "places": np.arange(said.size, dtype="int32")}

    def chance():
        logits = model(x, training=False)
        loss = losses.token_crossentropy(said.ravel(), logits)
        loss = keras.ops.convert_to_numpy(loss).reshape(said.shape)
        return -loss.sum(axis=1)

    before = chance()
    each = np.repeat(gain, said.shape[1])
    model.train_on_batch(x, said.ravel(), each)
    assert gain @ (chance() - before) > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_trains_in_mixed_precision(data, tmp_path, policy):
    task = build(data, policy=policy)
    before = [keras.ops.convert_to_numpy(w) for w in task.model.weights]
    captions.fit(task, data, tmp_path, RECIPE, 3, verbose=0)
    keras.config.set_dtype_policy("float32")
    after = [keras.ops.convert_to_numpy(w) for w in task.model.weights]
    assert all(np.isfinite(w).all() for w in after)
    assert any((a != b).any() for a, b in zip(after, before, strict=True))


class Killed(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_a_broken_off_run_goes_on_as_the_unbroken_one(data, tmp_path):
    found = []
    for name, also in (("whole", []), ("broken", [Killed()])):
        folder = tmp_path / name
        folder.mkdir()
        try:
            captions.fit(build(data), data, folder, RECIPE, 3, also=also)
        except KeyboardInterrupt:
            captions.fit(build(data), data, folder, RECIPE, 3)
        with np.load(folder / "checkpoint.npz") as arrays:
            found.append({n: arrays[n] for n in arrays.files if n != "notes"})
    whole, broken = found
    assert whole.keys() == broken.keys()
    for name, value in whole.items():
        np.testing.assert_array_equal(broken[name], value)


def test_a_reward_that_is_not_there_is_named(task):
    with pytest.raises(ValueError, match="one of bleu, .* reward='rouge'"):
        self_critical.Reward(task, [["a circle"]], "rouge")


def test_one_sentence_has_no_others(task, images):
    with pytest.raises(ValueError, match="at least 2, .*Received: draws=1"):
        alone = dataclasses.replace(RECIPE, draws=1)
        batches(task, images, alone)


def test_jax_keeps_its_weights(task, images, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="KERAS_BACKEND to tensorflow"):
        batches(task, images)
