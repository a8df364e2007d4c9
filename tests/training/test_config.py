"""Keys and values: which there are, of which types, and what they give."""

import dataclasses
import json

import keras
import pytest

import mmkeras
from mmkeras.training import config
from mmkeras.training import config_keys
from mmkeras.training import recipes

CAPTIONER, FUSION = "caption-cnn-lstm", "classify-image-audio-concat"


def resolve(*pairs, name=CAPTIONER):
    return config.resolve(name, config.parse(pairs))


@pytest.mark.parametrize("name", mmkeras.list_models())
def test_every_key_is_documented_and_its_default_is_valid(name):
    keys = config_keys.keys(name)
    assert {key.partition(".")[0] for key in keys} <= set(config_keys.GROUPS)
    for key in keys.values():
        assert key.doc, key.name
        if key.name != "generate.length":  # By default that of the texts.
            assert key.convert(key.default) == key.default
    json.dumps(config.resolve(name, {}).to_dict())


def test_defaults_are_those_of_the_recipe_and_the_builder():
    keys = config_keys.keys(CAPTIONER)
    recipe = recipes.get(CAPTIONER)
    assert keys["train.learning_rate"].default == recipe.learning_rate
    assert keys["model.dropout"].default == recipe.model["dropout"]
    assert keys["model.inject"].default == "init"
    assert keys["data.max_length"].default == 20
    assert keys["generate.beam"].default == 3
    assert config.resolve(CAPTIONER, {}).recipe == recipe


def test_architectures_have_the_keys_that_have_an_effect():
    captioner, fusion = map(config_keys.keys, (CAPTIONER, FUSION))
    assert "task.reward" in captioner and "task.reward" not in fusion
    assert "generate.beam" in captioner and "generate.beam" not in fusion
    assert "train.modality_dropout" in fusion
    assert "train.modality_dropout" not in captioner
    assert "data.audio_seconds" in fusion
    assert "data.audio_seconds" not in captioner
    text = config_keys.keys("classify-text-bow")
    assert "data.max_length" in text and "data.image_size" not in text
    assert "model.image" not in text and "train.cache_at" not in text
    assert "train.fine_tune" in text
    features = config_keys.keys("sentiment-text-audio-video-context")
    assert not [key for key in features if key.startswith("data.")]


def test_values_go_to_their_groups():
    resolved = resolve(
        *("train.epochs=10", "train.learning_rate=2", "train.pool_image=false"),
        *("model.dim=256", "model.inject=par", "data.max_length=12"),
        *("generate.beam=5", "data.columns.caption=title"),
        "train.augment=image,audio",
    )
    assert (resolved.recipe.epochs, resolved.recipe.learning_rate) == (10, 2.0)
    assert resolved.recipe.pool_image is False
    assert resolved.recipe.augment == ("image", "audio")
    assert resolved.recipe.model == {
        "dim": 256,
        "dropout": 0.4,
        "inject": "par",
    }
    assert resolved.data.max_length == 12
    assert resolved.build_options()["max_length"] == 12
    assert resolved.generate == {"beam": 5}
    assert resolved.columns == {"caption": "title"}


def test_a_pretrained_network_has_its_size_and_fine_tuning_its_rate():
    assert resolve().data.image_size == 64
    resolved = resolve("model.image=mobilenet.npz", "train.fine_tune=all")
    assert resolved.data.image_size == 224
    assert resolved.recipe.encoder_lr_scale == 0.2
    resolved = resolve("train.fine_tune=all", "train.encoder_lr_scale=0.8")
    assert resolved.recipe.encoder_lr_scale == 0.8
    assert resolve("data.image_size=96").data.image_size == 96


def test_a_reward_has_its_own_recipe():
    resolved = resolve("task.reward=cider", "train.ema=0.5")
    plain = recipes.self_critical(recipes.get(CAPTIONER), "cider")
    assert resolved.recipe == dataclasses.replace(plain, ema=0.5)


@pytest.mark.parametrize(
    "pair, error",
    [
        ("train.epoch=3", "Did you mean 'train.epochs'"),
        ("epochs=3", "Did you mean 'train.epochs'"),
        ("dim=3", "Did you mean 'model.dim'"),
        ("train.dim=3", "Did you mean 'model.dim'"),
        ("generate.bem=3", "Did you mean 'generate.beam'.*: length, beam,"),
        ("train.modality_dropout=0.5", "has no key.*Keys of train: epochs,"),
        ("sing.loud=1", "groups: train, model, data, task, generate"),
        ("train.epochs=ten", "train.epochs: expected an integer or null"),
        ("train.epochs=1.5", "expected an integer or null"),
        ("train.epochs=0", "`epochs` must be at least 1"),
        ("train.label_smoothing=2", r"must be in \[0, 1\]"),
        ("train.learning_rate=fast", "expected a number"),
        ("train.pool_image=1", "expected true or false"),
        ("train.monitor=accuracy", "expected one of cider, loss"),
        ("train.augment=3", "expected names separated by commas"),
        ("task.reward=praise", "expected one of bleu, cider"),
        ("model.dim=wide", "expected an integer"),
        ("train.epochs", "Expected key=value"),
        ("=3", "Expected key=value"),
    ],
)
def test_what_is_wrong_is_named(pair, error):
    with pytest.raises(ValueError, match=error):
        resolve(pair)


def test_layers_and_branches_are_given_in_python():
    layer = mmkeras.fusion.get("gated")
    resolved = config.resolve(FUSION, {"model.fusion": layer})
    assert resolved.recipe.model["fusion"] is layer
    assert resolved.to_dict()["model"]["fusion"]["class_name"] == "Gated"
    stored = {"model.fusion": resolved.to_dict()["model"]["fusion"]}
    with pytest.raises(ValueError, match="model.fusion was a layer"):
        config.resolve(FUSION, stored)
    branch = mmkeras.branches.audio.cnn((2000,), 4)
    resolved = config.resolve(FUSION, {"model.audio": branch})
    assert isinstance(resolved.recipe.model["audio"], keras.Model)
    with pytest.raises(ValueError, match="must be yamnet:WEIGHTS"):
        resolve("model.audio=vgg", name=FUSION)


@pytest.mark.parametrize(
    "key, value",
    [
        ("train.epochs", 3),
        ("train.learning_rate", 8e-4),
        ("train.patience", None),
        ("train.augment", ["image"]),
        ("train.all_subsets", True),
        ("task.modalities", "image+text"),
        ("model.image", "10"),
        ("model.image", "null"),
        ("data.columns.label", "7"),
    ],
)
def test_pairs_are_read_as_they_are_written(key, value):
    pair = config.format_pair(key, value)
    assert config.parse([pair]) == {key: value}


def test_a_configuration_is_read_back(tmp_path):
    given = {
        "train.epochs": 3,
        "model.dim": 64,
        "data.max_length": 9,
        "data.columns.caption": "title",
        "generate.beam": 2,
    }
    path = tmp_path / "config.json"
    for content in (given, config.split(given)):
        path.write_text(json.dumps(content))
        assert config.read(path) == (given, {})
    nested = {"data": {"columns": {"caption": "title"}, "max_length": 9}}
    assert config.flatten(nested) == {
        key: value for key, value in given.items() if key.startswith("data.")
    }
