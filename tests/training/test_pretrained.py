"""Any task trains on a pretrained image network, or from another run."""

import dataclasses
import pathlib

import numpy as np
import pytest
import small_network
import tiny_presets
from checks import numpy
from multimodal_rows import rows

import mmkeras
from mmkeras import branches
from mmkeras.data import codecs
from mmkeras.tasks import frozen_parts
from mmkeras.training import config
from mmkeras.training import config_keys
from mmkeras.training import engine
from mmkeras.training import pretrained
from mmkeras.training import recipes

pytestmark = pytest.mark.usefixtures("eager_models")
RECIPE = recipes.Recipe(
    epochs=2, batch_size=8, learning_rate=1e-2, model={"dim": 8}
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """Weights of a small network, in place of any of Keras."""
    return small_network.install(monkeypatch, tmp_path, 64)[1]


def data(name, count=16):
    """Rows with all that an architecture takes."""
    parts = []
    for split in ("train", "val"):
        some = rows(split, count)
        for row in some:
            row["question"] = "is it bright?" if row["text"] else None
            row["group"] = row["id"]
        parts.append(some)
    return engine.Data(*parts)


def build(
    name, weights, dataset, recipe=RECIPE, init=None, max_length=60, **changes
):
    model = {**recipe.model, **({"image": weights} if weights else {})}
    recipe = dataclasses.replace(
        recipe, model=model, precision="float32", **changes
    )
    sizes = {"image_size": 64, "audio_seconds": 0.125, "min_count": 1}
    sizes["max_length"] = max_length
    return engine.build(name, dataset, recipe, init, **sizes)


NAMES = (
    pytest.param("vqa-cnn-lstm", marks=pytest.mark.slow),
    pytest.param("classify-image-text-gated", marks=pytest.mark.slow),
    pytest.param("classify-image-audio-concat", marks=pytest.mark.slow),
    pytest.param("vqa-cnn-film", marks=pytest.mark.slow),
)


@pytest.mark.parametrize("name", NAMES)
def test_a_frozen_network_is_run_once_and_stays_as_it_is(
    name, weights, tmp_path, monkeypatch
):
    dataset = data(name)
    task = build(name, weights, dataset)
    branch = frozen_parts.branches(task.model)["image"]
    assert branch.is_frozen
    before = [numpy(weight) for weight in branch.model.weights]
    examples = engine.Examples(task, dataset.val)
    assert examples.cached == {"image"}
    assert examples.outputs().shape == (len(examples), 2)
    # All that follows takes what was cached.
    engine.Examples(task, dataset.train, views=RECIPE.views)
    monkeypatch.setattr("mmkeras.data.frozen_features._runner", None)
    notes = engine.fit(task, dataset, tmp_path, RECIPE, verbose=0)
    assert notes["epochs"] == 2
    for old, weight in zip(before, branch.model.weights):
        np.testing.assert_array_equal(old, numpy(weight))
    monkeypatch.undo()
    # The whole model, from pixels, gives what was measured from the cache.
    task.save(tmp_path)
    loaded = mmkeras.load(tmp_path)
    batch = {f: [row[f] for row in examples.rows] for f in task.fields}
    answers = loaded.answer(batch)
    assert not any(answers["error"])
    np.testing.assert_allclose(
        answers["probability"],
        examples.predictions(examples.outputs()),
        atol=5e-3,
    )


def test_a_network_is_trained_from_a_layer_on_at_its_own_rate(
    weights, tmp_path
):
    name = "classify-image-text-gated"
    dataset = data(name)
    recipe = dataclasses.replace(RECIPE, encoder_lr_scale=0.5)
    task = build(name, weights, dataset, recipe, fine_tune="conv_1")
    branch = frozen_parts.branches(task.model)["image"]
    kernels = {w.path: numpy(w) for w in branch.model.weights}
    engine.fit(task, dataset, tmp_path, recipe, verbose=0)
    moved = {
        path: np.abs(kernels[path] - numpy(weight)).max()
        for path, weight in ((w.path, w) for w in branch.model.weights)
    }
    assert {path for path, size in moved.items() if size > 1e-4} == {
        path for path in moved if "conv_1/" in path
    }


def test_a_model_without_an_image_branch_takes_no_network(weights):
    with pytest.raises(ValueError, match="no image branch"):
        build("classify-text-bow", weights, data(""))
    with pytest.raises(ValueError, match="fine_tune` is an option of pre"):
        build("vqa-cnn-lstm", None, data(""), fine_tune="conv_1")


def test_any_run_may_be_the_start_of_another(tmp_path):
    name = "classify-image-text-gated"
    dataset = data(name)
    first = build(name, None, dataset)
    first.save(tmp_path)
    task = build(name, None, dataset, init=tmp_path)
    for old, new in zip(first.model.weights, task.model.weights, strict=True):
        np.testing.assert_array_equal(numpy(old), numpy(new))
    assert task.codecs["text"].get_config() == first.codecs["text"].get_config()
    wide = dataclasses.replace(RECIPE, model={"dim": 12})
    with pytest.raises(ValueError, match="does not match this model's"):
        build(name, None, dataset, wide, init=tmp_path)


def test_with_other_labels_the_last_layer_starts_anew(tmp_path):
    name = "classify-image-text-gated"
    dataset = data(name)
    first = build(name, None, dataset)
    first.save(tmp_path)
    labels = ("red", "green", "blue")
    other = engine.Data(
        *(
            [{**row, "label": labels[i % 3]} for i, row in enumerate(part)]
            for part in (dataset.train, dataset.val)
        )
    )
    task = build(name, None, other, init=tmp_path)
    assert task.codecs["label"].names == sorted(labels)
    pairs = zip(first.model.weights, task.model.weights, strict=True)
    own = {new.path for old, new in pairs if old.shape != new.shape}
    assert own and all("logits" in path for path in own)
    for old, new in zip(first.model.weights, task.model.weights):
        if new.path not in own:
            np.testing.assert_array_equal(numpy(old), numpy(new))


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    """Folder of a small preset of KerasHub, with a tokenizer."""
    return tiny_presets.bert(tmp_path_factory.mktemp("bert"))


# A network, and the tokens of " is it bright".
TOKENIZERS = {
    "bert": ["is", "it", "bright"],
    "roberta": ["Ġis", "Ġit", "Ġbright"],
    "clip": ["is</w>", "it</w>", "bright</w>"],
    "siglip": None,
    "xlm_roberta": None,
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "network, tune",
    [("bert", "text"), *((network, None) for network in TOKENIZERS)],
)
def test_a_text_network_brings_its_vocabulary(network, tune, tmp_path):
    preset = getattr(tiny_presets, network)(tmp_path / "preset")
    name = "classify-image-text-gated"
    dataset = data(name)
    recipe = dataclasses.replace(
        RECIPE, fine_tune=tune, model={"dim": 8, "text": f"hub:{preset}"}
    )
    limit = {"clip": 20, "siglip": 12}.get(network, 60)
    task = build(name, None, dataset, recipe, max_length=limit)
    codec = task.codecs["text"]
    ids = codec.token_ids([" is it bright"], -1)[0].numpy()
    tokens, expected = [codec.vocabulary[i] for i in ids], TOKENIZERS[network]
    text = "".join(tokens).replace("▁", "")
    assert tokens == expected if expected else text == "isitbright"
    branch = frozen_parts.branches(task.model)["text"].model
    before = [numpy(weight) for weight in branch.weights]
    examples = engine.Examples(task, dataset.val)
    assert examples.cached == (set() if tune else {"text"})
    plain = engine.Examples(task, dataset.val, keep=False)
    np.testing.assert_allclose(examples.outputs(), plain.outputs(), atol=5e-3)
    engine.fit(task, dataset, tmp_path, recipe, verbose=0)
    changed = [
        np.abs(numpy(weight) - old).max() > 0
        for old, weight in zip(before, branch.weights)
    ]
    assert any(changed) == bool(tune)
    task.save(tmp_path)
    texts = {"text": ["is it bright", "", "dark red"]}
    answers = task.answer(texts)
    loaded = mmkeras.load(tmp_path)
    again = loaded.answer(texts)
    np.testing.assert_allclose(
        engine.Examples(loaded, dataset.val).outputs(),
        engine.Examples(task, dataset.val).outputs(),
        atol=1e-2,
    )
    assert answers["error"][1] and not answers["error"][0]
    np.testing.assert_allclose(
        again["probability"], answers["probability"], atol=1e-5
    )


def test_a_dialogue_of_byte_pairs_is_encoded_turn_by_turn(tmp_path):
    preset = tiny_presets.roberta(tmp_path / "preset")
    rows = [{"text": ["is it red", "no", "oh yes"]}, {"text": ["not red"]}]
    network = pretrained.parse(f"hub:{preset}", "text", "text")
    [codec] = pretrained.fixed_codecs({"text": network}, rows, 12).values()
    assert type(codec) is codecs.TokenDialogue and codec.shape == (3, 12)
    branch = pretrained.branch(network, codec, False, RECIPE)
    turns = pretrained.branch(network, codec.words, False, RECIPE)
    x = numpy(branch(codec(["is it red\nno", "oh yes"])))
    assert x.shape == (2, 3, 8) and not x[0, 2].any() and not x[1, 1:].any()
    ids = codec.words(["is it red", "no", "oh yes"])
    mask = numpy(ids)[..., None] > 0
    means = (numpy(turns(ids)) * mask).sum(1) / mask.sum(1)
    np.testing.assert_allclose(x[[0, 0, 1], [0, 1, 0]], means, atol=1e-5)


@pytest.mark.slow
def test_a_frozen_branch_of_features_runs_in_every_step(tmp_path):
    generated = data("")
    parts = [
        [{**row, "text": row["features"]} for row in part]
        for part in (generated.train, generated.val)
    ]
    branch = branches.features.dense((3,), 4, name="text_encoder")
    branch.trainable = False
    recipe = dataclasses.replace(RECIPE, model={"dim": 8, "text": branch})
    dataset = engine.Data(*parts)
    task = build("classify-image-text-gated", None, dataset, recipe)
    assert engine.Examples(task, dataset.val).cached == set()
    before = [numpy(weight) for weight in branch.weights]
    engine.fit(task, dataset, tmp_path, recipe, verbose=0)
    for old, weight in zip(before, branch.weights):
        np.testing.assert_array_equal(old, numpy(weight))


def test_a_text_network_has_word_vectors_of_its_own(bert):
    recipe = dataclasses.replace(
        RECIPE, model={"dim": 8, "question": f"hub:{bert}"}
    )
    rows = data("")
    build("vqa-cnn-lstm", None, rows, recipe)
    with pytest.raises(ValueError, match="word vectors of its own"):
        engine.build("vqa-cnn-lstm", rows, recipe, word_vectors="a.txt")


@pytest.mark.parametrize(
    "name, model, message",
    [
        ("classify-text-bow", {"image": "a.npz"}, "no image branch"),
        ("classify-text-bow", {"text": "a.npz"}, "must be hub:PRESET"),
        ("classify-audio-cnn", {"audio": "a.npz"}, "must be yamnet:WEIGHTS"),
        ("classify-image-cnn", {"image": "yamnet:a"}, "must be the file"),
        ("classify-image-cnn", {"image": "hub:"}, "must be the file"),
    ],
)
def test_a_network_that_a_branch_cannot_be_is_refused(name, model, message):
    recipe = dataclasses.replace(recipes.get(name), model=model)
    with pytest.raises(ValueError, match=message):
        pretrained.of(name, recipe)


def test_branches_that_can_be_replaced_are_found_by_modality():
    assert pretrained.modalities("vqa-cnn-lstm") == {
        "image": "image",
        "question": "text",
    }


@pytest.mark.parametrize("name", mmkeras.list_models())
def test_the_own_branch_of_an_architecture_has_a_name(name):
    branches = {
        f"model.{field}": pretrained.OWN
        for field, modality in pretrained.modalities(name).items()
        if modality != "text"
    }
    keys = config_keys.keys(name)
    assert all("or cnn" in keys[key].doc for key in branches)
    named, plain = (config.resolve(name, given) for given in (branches, {}))
    assert named.to_dict() == plain.to_dict()
    assert named.given == branches


def test_texts_have_no_branch_of_convolutions():
    with pytest.raises(ValueError, match="must be hub:PRESET"):
        config.resolve("classify-text-bow", {"model.text": "cnn"})


@pytest.mark.parametrize(
    "text, expected",
    [
        ("a/b.npz", ("application", "MobileNetV2", "a/b.npz")),
        ("imagenet", ("application", "MobileNetV2", "imagenet")),
        ("application:ResNet50", ("application", "ResNet50", "imagenet")),
        ("application:ResNet50:a.h5", ("application", "ResNet50", "a.h5")),
        ("hub:hf://google/x", ("hub", "hf://google/x", None)),
        ("hub:a/folder", ("hub", "a/folder", None)),
    ],
)
def test_networks_are_named_in_one_way(text, expected):
    network = pretrained.parse(text, "image", "image")
    assert (network.kind, network.name, network.weights) == expected


@pytest.mark.slow
@pytest.mark.realdata
def test_yamnet_hears_what_it_was_trained_on(data_folder, tmp_path):
    file = data_folder / "pretrained" / "yamnet_audioset_fp16.npz"
    name = "classify-audio-cnn"
    dataset = data(name, 8)
    recipe = dataclasses.replace(RECIPE, model={"audio": f"yamnet:{file}"})
    task = build(name, None, dataset, recipe)
    branch = frozen_parts.branches(task.model)["audio"]
    assert branch.is_frozen
    assert branch.model.output_shape[-1] == 1024
    examples = engine.Examples(task, dataset.val)
    assert examples.cached == {"audio"}
    plain = engine.Examples(task, dataset.val, keep=False)
    np.testing.assert_allclose(examples.outputs(), plain.outputs(), atol=5e-3)
    engine.fit(task, dataset, tmp_path, recipe, verbose=0)


@pytest.mark.realdata
def test_sentences_of_like_meaning_have_like_vectors(data_folder):
    folder = str(data_folder / "pretrained" / "minilm")
    if not pathlib.Path(folder).exists():
        pytest.skip(f"needs {folder}")
    codec = codecs.of_preset(folder, 32)
    branch = branches.text.hub(folder)
    ids = codec(
        ["a dog runs on grass", "a puppy plays outside", "he plays a guitar"]
    )
    states = numpy(branch(ids))
    mask = numpy(ids)[..., None] > 0
    vectors = (states * mask).sum(1) / mask.sum(1)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    likeness = vectors @ vectors.T
    assert likeness[0, 1] > 0.4 > likeness[0, 2]
