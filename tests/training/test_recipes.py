import dataclasses
import json
import pathlib

import pytest

from mmkeras import registry
from mmkeras import tasks
from mmkeras.training import recipes
from mmkeras.training.recipes import Recipe
from mmkeras.training.recipes import resolve

RECORDED = json.loads(
    pathlib.Path(__file__).with_name("recipes.json").read_text()
)


@pytest.fixture
def recipe_of(monkeypatch):
    """Makes the recipe of an architecture that is registered with `recipe`."""
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))

    def get(recipe):
        name = "classify-beads"
        register = registry.register(
            name, task="classify", paper="", tiny={}, recipe=recipe
        )
        register(lambda num_classes=2, dim=8, dropout=0.1: None)
        return recipes.get(name)

    return get


@pytest.mark.parametrize("name", sorted(set(RECORDED) - {"Recipe"}))
def test_recipes_are_those_of_the_published_scores(name):
    """`recipes.json` holds defaults, and where architectures differ."""
    expected = {**RECORDED["Recipe"], **RECORDED[name]}
    recipe = json.loads(json.dumps(dataclasses.asdict(recipes.get(name))))
    assert recipe == expected


def test_an_architecture_changes_the_recipe_of_its_task(recipe_of, monkeypatch):
    plain = {**tasks.Classify.recipe, "model": {"dim": 4, "dropout": 0.2}}
    monkeypatch.setattr(tasks.Classify, "recipe", plain)
    recipe = recipe_of({"clip": 2, "model": {"dim": 6}})
    assert recipe == Recipe(
        **{**plain, "clip": 2.0, "model": {"dim": 6, "dropout": 0.2}}
    )
    assert isinstance(recipe.clip, float)
    assert recipe_of(None) == Recipe(**plain)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"min_epoch": 5}, "expected some of epochs, .*Received: min_epoch$"),
        ({"clip": "high"}, "`clip`: expected a number. Received: clip='high'"),
        ({"ema": 1.5}, r"`ema` must be in \[0, 1\]. Received: ema=1.5"),
        ({"monitor": "cider"}, "`monitor`: expected one of accuracy, f1_"),
        ({"model": {"depth": 3}}, "`model`: .*num_classes, dim.*: depth$"),
        ({"model": {"dim": 0}}, "expects `dim` to be .*dim=0"),
        ({"model": 3}, "`model`: expected an object. Received: model=3"),
    ],
)
def test_a_wrong_recipe_is_refused(recipe_of, recipe, message):
    with pytest.raises(ValueError, match="recipe of 'classify-beads' is wrong"):
        recipe_of(recipe)
    with pytest.raises(ValueError, match=message):
        recipe_of(recipe)


@pytest.mark.parametrize("name", registry.list_models())
def test_any_number_of_examples_gives_steps_enough(name):
    plain = recipes.get(name)
    for count in (1, 2, 7, 40, 80, 300, 1000, 5000, 100_000):
        recipe = resolve(plain, count)
        assert 8 <= recipe.batch_size <= plain.max_batch_size
        steps = max(count // recipe.batch_size, 1) * recipe.epochs
        assert steps >= 600 or recipe.epochs == 100
        assert recipe.epochs >= plain.min_epochs


@pytest.mark.parametrize("name", registry.list_models())
def test_many_examples_leave_a_recipe_as_it_was(name):
    plain = recipes.get(name)
    recipe = resolve(plain, 30_000)
    assert recipe.batch_size == plain.max_batch_size
    assert recipe.epochs == plain.min_epochs


@pytest.mark.parametrize(
    ("name", "count", "batch_size", "epochs"),
    [
        ("classify-audio-cnn", 80, 8, 100),
        ("classify-audio-cnn", 2430, 64, 20),
        ("emotion-text-context", 1038, 16, 14),
        ("dialogue-text-scene-gru", 5408, 64, 8),
        ("vqa-cnn-bow", 34_744, 128, 8),
        ("classify-audio-cnn", 1024, 64, 38),
        ("caption-cnn-lstm", 500, 16, 33),
        ("caption-cnn-attention-lstm", 30_000, 96, 8),
    ],
)
def test_batches_and_epochs_follow_the_examples(
    name, count, batch_size, epochs
):
    recipe = resolve(recipes.get(name), count)
    assert (recipe.batch_size, recipe.epochs) == (batch_size, epochs)


def test_what_is_stated_is_not_changed():
    stated = Recipe(epochs=3, batch_size=500)
    assert resolve(stated, 80) == stated
    assert resolve(Recipe(epochs=3), 80).epochs == 3
    assert resolve(Recipe(batch_size=500), 80).batch_size == 500
    assert resolve(Recipe(batch_size=4), 80).epochs == 50


def test_a_resolved_recipe_is_read_back_from_json():
    recipe = resolve(Recipe(views=("plain",)), 80)
    content = json.loads(json.dumps(recipe.to_dict()))
    assert content["batch_size"] == 8 and content["epochs"] == 100
    again = Recipe(**content)
    assert resolve(again, 100_000) == recipe


def test_own_sentences_take_their_own_batches():
    recipe = resolve(recipes.self_critical(Recipe(), "cider"), 30_000)
    assert (recipe.batch_size, recipe.epochs) == (120, 4)
