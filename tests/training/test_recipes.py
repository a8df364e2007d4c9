import json

import pytest

from mmkeras import registry
from mmkeras.training import recipes
from mmkeras.training.recipes import Recipe
from mmkeras.training.recipes import resolve


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
    known = json.loads(json.dumps(recipe.to_dict()))
    assert known["batch_size"] == 8 and known["epochs"] == 100
    again = Recipe(**known)
    assert resolve(again, 100_000) == recipe


def test_own_sentences_take_their_own_batches():
    recipe = resolve(recipes.self_critical(Recipe(), "cider"), 30_000)
    assert (recipe.batch_size, recipe.epochs) == (120, 4)
