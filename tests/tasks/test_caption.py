import pathlib

import image_files
import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny_captioners
from checks import numpy

import mmkeras
from mmkeras import losses
from mmkeras import metrics
from mmkeras import tasks
from mmkeras.data.codecs import Image
from mmkeras.data.codecs import Text
from mmkeras.tasks import frozen_parts


def photographs(count=5):
    """Encoded images that differ."""
    return [
        image_files.save(np.roll(image_files.ramp(), 17 * i, axis=i % 3), "PNG")
        for i in range(count)
    ]


PHOTOGRAPHS = photographs()


def test_encode_maps_raw_examples(task):
    raw = {"image": PHOTOGRAPHS[:2], "text": ["A red dog", "a blue cat sees"]}
    data = tf.data.Dataset.from_tensor_slices(raw).map(task.encode).batch(2)
    assert data.element_spec[0]["image"].shape == (None, 16, 16, 3)
    assert data.element_spec[1].shape == (None, 8)
    x, y = next(iter(data))
    assert x["image"].dtype == tf.uint8
    # Start is 1, end is 2, words from 4 on.
    np.testing.assert_array_equal(
        x["tokens"],
        [[1, 4, 5, 7, 2, 0, 0, 0], [1, 4, 6, 8, 9, 2, 0, 0]],
    )
    np.testing.assert_array_equal(
        y, [[4, 5, 7, 2, 0, 0, 0, 0], [4, 6, 8, 9, 2, 0, 0, 0]]
    )
    scaled, same = task.normalize(x, y)
    assert same is y
    np.testing.assert_allclose(
        numpy(scaled["image"]), x["image"].numpy() / 255, rtol=1e-6, atol=1e-6
    )
    assert list(task.normalize(x)) == ["image", "tokens"]


@pytest.mark.slow
def test_learns_to_caption_two_images(tmp_path):
    keras.utils.set_random_seed(0)
    words = Text(["a", "dog", "runs", "cat"], length=6)
    model = mmkeras.build_model(
        "caption-cnn-lstm",
        vocabulary_size=len(words),
        image_shape=(16, 16, 3),
        dim=16,
        dropout=0.0,
    )
    task = tasks.Caption(model, {"image": Image((16, 16)), "text": words})
    grey = [np.full((20, 20, 3), level, "uint8") for level in (10, 240)]
    raw = {
        "image": [image_files.save(image, "PNG") for image in grey],
        "text": ["a dog runs", "a cat"],
    }
    data = tf.data.Dataset.from_tensor_slices(raw).map(task.encode)
    data = data.batch(2).map(task.normalize).cache().repeat(150)
    model.compile(keras.optimizers.Adam(0.02), losses.TokenCrossentropy())
    model.optimizer.build(model.trainable_variables)
    model.fit(data, verbose=0)
    answers = task.answer({"image": raw["image"]})
    assert answers["text"].tolist() == raw["text"]
    task.save(tmp_path)
    again = mmkeras.load(tmp_path).answer({"image": raw["image"]}, beam=3)
    assert again["text"].tolist() == raw["text"]


def test_answer_gives_one_caption_per_image(task):
    answers = task.answer({"image": PHOTOGRAPHS})
    assert set(answers) == {"text", "score", "error"}
    assert [type(text) for text in answers["text"]] == [str] * 5
    assert answers["score"].shape == (5,)
    assert answers["error"].tolist() == [""] * 5
    assert (answers["score"] < 0).all()
    assert len(set(answers["text"])) > 1
    assert set(" ".join(answers["text"]).split()) <= {
        *tiny_captioners.WORDS,
        "<unknown>",
    }


def test_answers_keep_their_order_over_batches(task):
    whole = task.answer({"image": PHOTOGRAPHS})
    parts = task.answer({"image": PHOTOGRAPHS}, batch_size=2)
    assert whole["text"].tolist() == parts["text"].tolist()
    np.testing.assert_allclose(
        whole["score"], parts["score"], rtol=1e-4, atol=1e-6
    )
    back = task.answer({"image": PHOTOGRAPHS[::-1]})
    assert back["text"].tolist() == whole["text"].tolist()[::-1]


def test_an_empty_batch_gives_empty_answers(task):
    answers = task.answer({"image": []})
    assert {key: value.shape for key, value in answers.items()} == {
        "text": (0,),
        "score": (0,),
        "error": (0,),
    }


def test_a_bad_image_does_not_change_other_captions(task):
    good = task.answer({"image": PHOTOGRAPHS})
    images = list(PHOTOGRAPHS)
    images[1], images[3] = b"no image", PHOTOGRAPHS[3][:60]
    answers = task.answer({"image": images})
    for i in range(5):
        if i in (1, 3):
            assert answers["error"][i]
            assert answers["text"][i] == ""
            assert answers["score"][i] == 0
        else:
            assert answers["error"][i] == ""
            assert answers["text"][i] == good["text"][i]


def test_every_way_to_generate_gives_the_same(task):
    expected = task.answer({"image": PHOTOGRAPHS}, beam=3)["text"].tolist()
    graph = task.serving_fn({"image": tf.constant(PHOTOGRAPHS)}, beam=3)
    assert [text.decode() for text in graph["text"].numpy()] == expected
    pixels = task.codecs["image"].batch(tf.constant(PHOTOGRAPHS)).numpy()
    assert task.generate(pixels, beam=3) == expected
    assert task.generate(pixels, batch_size=2, beam=3) == expected


def test_mbr_selects_the_caption_that_agrees_with_samples(task):
    options = task.generation_options(samples=4)
    assert options["temperature"] == 0.7 and options["beam"] == 3
    model = task.inference(**options)
    assert set(model.input) == {"image"}  # No uniform numbers to pass.
    assert model.output["tokens"].shape == (None, 8)
    sampled = task.inference(num_samples=4, temperature=0.7)
    assert sampled.output["tokens"].shape == (None, 4, 8)
    assert task.generation_options(temperature=1.0)["beam"] == 1
    assert task.generation_options() == task.evaluation_defaults


def test_a_model_for_generation_is_made_once(task):
    model = task.inference(beam=2, length=5)
    assert task.inference(length=5, beam=2) is model
    assert task.inference(beam=3, length=5) is not model
    assert task.inference(beam=2, length=5, cached=["image"]) is not model
    assert task.inference().output["tokens"].shape == (None, 8)


def test_options_reach_the_generator(task):
    short = task.answer({"image": PHOTOGRAPHS}, length=2)["text"]
    assert max(len(text.split()) for text in short) == 2
    with pytest.raises(ValueError, match="beams"):
        task.answer({"image": PHOTOGRAPHS}, beams=3)


def test_the_model_is_its_branch_and_its_decoder(task):
    rng = np.random.default_rng(0)
    pixels = rng.uniform(size=(2, 16, 16, 3)).astype("float32")
    tokens = np.array([[1, 4, 5], [1, 6, 7]], "int32")
    context = numpy(task.context_model()({"image": pixels}))
    np.testing.assert_allclose(
        numpy(task.decoder_model({"context": context, "tokens": tokens})),
        numpy(task.model({"image": pixels, "tokens": tokens})),
        rtol=1e-4,
        atol=1e-5,
    )


def split_task():
    """A task whose image branch is frozen up to a layer."""
    pixels = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(4, 4, strides=4, name="stem")
    x.trainable = False
    x = keras.layers.Identity(name="frozen")(x(pixels))
    x = keras.layers.Conv2D(8, 2, name="rest")(x)
    x = keras.layers.Reshape((-1, 8))(x)
    model = mmkeras.build_model(
        "caption-cnn-lstm",
        vocabulary_size=4 + len(tiny_captioners.WORDS),
        dim=8,
        image=keras.Model(pixels, x, name="encoder"),
    )
    return tasks.Caption(model, codecs())


def test_outputs_of_frozen_layers_can_be_computed_once():
    task = split_task()
    branch = frozen_parts.branches(task.model)["image"]
    assert branch.frozen.output_shape == (None, 4, 4, 4)
    assert branch.cache_at is None and not branch.is_frozen
    pixels = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), "uint8")
    x = task.normalize({"image": pixels})
    cached = {"image": numpy(branch.frozen(x["image"]))}
    outputs = task.inference(cached=["image"]).predict_on_batch(cached)
    assert task.target.texts(outputs["tokens"]) == task.generate(pixels)
    np.testing.assert_allclose(
        numpy(task.context_model(cached=["image"])(cached)),
        numpy(branch.model(x["image"])),
        rtol=1e-4,
        atol=1e-5,
    )


def test_a_branch_that_is_trained_is_not_cached(task):
    branch = frozen_parts.branches(task.model)["image"]
    assert branch.frozen is None and branch.trained is branch.model
    branch.model.trainable = False
    frozen = frozen_parts.branches(task.model)["image"]
    branch.model.trainable = True
    assert frozen.model is branch.model


def test_score_measures_captions(task):
    texts = ["a red dog", "a cat"]
    references = [["a red dog", "the dog"], ["one blue cat"]]
    assert task.score_texts(texts, references) == metrics.caption_scores(
        texts, references
    )


def codecs(size=(16, 16), words=tiny_captioners.WORDS):
    return {"image": Image(size), "text": Text(words, length=9)}


def test_another_vocabulary_is_refused(task):
    with pytest.raises(ValueError, match="11.*10.*`vocabulary_size=10`"):
        tasks.Caption(task.model, codecs(words=tiny_captioners.WORDS[1:]))


def test_another_image_size_is_refused(task):
    with pytest.raises(ValueError, match=r"\(16, 16\).*\(32, 16\)"):
        tasks.Caption(task.model, codecs(size=(32, 16)))


@pytest.mark.parametrize("missing", ["image", "text"])
def test_a_missing_codec_is_named(task, missing):
    some = codecs()
    some.pop(missing)
    with pytest.raises(ValueError, match=f"codec.*'{missing}'"):
        tasks.Caption(task.model, some)


def test_a_model_without_a_decoder_is_refused():
    image, tokens = keras.Input((16, 16, 3)), keras.Input((8,), name="tokens")
    x = keras.layers.Dense(11, name="other")(tokens) + keras.ops.mean(image)
    model = keras.Model({"image": image, "tokens": tokens}, x, name="odd")
    with pytest.raises(ValueError, match="named 'decoder'.*odd"):
        tasks.Caption(model, codecs())


def test_the_paths_of_files_are_read(task, tmp_path):
    photo = PHOTOGRAPHS[0]
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo)
    given = [photo, path, str(path), tmp_path / "none.jpg", tmp_path, None]
    answers = task.answer({"image": given}, beam=2)
    assert answers["text"].tolist()[:3] == [answers["text"][0]] * 3
    assert answers["error"].tolist()[:3] == [""] * 3
    assert "none.jpg: no such file" in answers["error"][3]
    assert "not a regular file but a folder" in answers["error"][4]
    assert answers["error"][5] == "example has no input: image is missing"
    assert not answers["score"][3:].any()


@pytest.mark.parametrize("bad", ["photo.jpg", b"\xff\xd8", pathlib.Path("a")])
def test_a_bare_value_is_refused_with_the_remedy(task, bad):
    with pytest.raises(ValueError, match="'image' expects a list.*list of one"):
        task.answer({"image": bad})
    expected = r"Expected at least one of \['image'"
    with pytest.raises(ValueError, match=expected):
        task.answer({})
    with pytest.raises(ValueError, match="Did you mean 'image'"):
        task.answer({"images": [bad]})


def test_captions_without_spaces_are_scored_by_character(task):
    words = Text("一只狗猫在跑人", length=9, split="mixed")
    other = tasks.Caption(task.model, {**task.codecs, "text": words})
    scores = other.score_texts(["一只狗在跑"], [["一只狗在跑。", "一只狗"]])
    assert scores["bleu_4"] == pytest.approx(1)
    assert scores["length"] == 5
    partly = other.score_texts(["一只狗在跑"], [["一只猫在跑"]])
    assert 0.7 < partly["bleu_1"] < 0.9
