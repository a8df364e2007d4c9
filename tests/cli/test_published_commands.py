"""The commands in zoo/results configure what they were recorded with."""

import json
import pathlib
import re
import shlex

import pytest
from checks import ROOT

from mmkeras import tasks
from mmkeras.cli import settings
from mmkeras.training import config
from mmkeras.training import config_keys
from mmkeras.training import pretrained
from mmkeras.training import recipes

# The configuration that each command had when its results were published.
EXPECTED = json.loads(
    pathlib.Path(__file__).with_name("published_commands.json").read_text()
)
TRAINED = [command for command in EXPECTED if " train " in command]
EVALUATED = [command for command in EXPECTED if " evaluate " in command]


def parse(command):
    """Splits a command into words, and keys and values."""
    return settings.split(shlex.split(command)[2:])


def resolve(command):
    [name, *options], values = parse(command)
    return options, config.resolve(name, values)


@pytest.mark.parametrize("command", TRAINED)
def test_training_is_configured_as_recorded(command):
    expected, (options, resolved) = EXPECTED[command], resolve(command)
    keys = config_keys.keys(resolved.architecture)
    recipe = recipes.Recipe(**expected["recipe"])
    model = {k: v for k, v in resolved.recipe.model.items() if k != "image"}
    assert model == recipe.model
    assert resolved.recipe.reward == recipe.reward
    build = dict(expected["build"])
    for key in ("fine_tune", "precision"):
        assert getattr(resolved.recipe, key) == build.pop(key, None)
    fields = set(vars(recipe)) - {"fine_tune", "precision", "model"}
    for name in fields & {key.removeprefix("train.") for key in keys}:
        assert getattr(resolved.recipe, name) == getattr(recipe, name), name
    network = build.pop("network", None), build.pop("weights", None)
    image = pretrained.of(resolved.architecture, resolved.recipe).get("image")
    assert (image and image.name, image and image.weights) == network
    init = ["--init", build.pop("init")] if "init" in build else []
    assert " ".join(init) in " ".join(options)
    assert build.items() <= resolved.build_options().items()
    assert resolved.generate == expected["generate"]


@pytest.mark.parametrize("command", EVALUATED)
def test_evaluation_generates_as_recorded(command):
    _, values = parse(command)
    given = config.split(values)["generate"]
    options = tasks.Caption.generation_options(tasks.Caption, **given)
    generate = EXPECTED[command]["generate"]
    assert options == tasks.Caption.evaluation_defaults | generate


def published():
    """Every command in zoo/results."""
    for path in sorted((ROOT / "zoo" / "results").glob("*.json")):
        for entry in json.loads(path.read_text())["seeds"].values():
            yield from entry["before"]
            yield entry["command"]
            yield entry["evaluation"]


def test_every_published_command_is_recorded():
    def without_seed(command):
        command = re.sub(r"--seed \d+ ?", "", command)
        return re.sub(r"(-[a-z]*)\d+\b", r"\1N", command)

    recorded = set(map(without_seed, EXPECTED))
    assert set(map(without_seed, published())) <= recorded
