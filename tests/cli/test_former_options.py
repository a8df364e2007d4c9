"""Commands of earlier versions mean the same as keys."""

import json
import pathlib
import re
import shlex

import pytest
from checks import ROOT
from typer.testing import CliRunner

from mmkeras import tasks
from mmkeras.cli import app
from mmkeras.cli import former_options
from mmkeras.cli import settings
from mmkeras.training import config
from mmkeras.training import config_keys
from mmkeras.training import pretrained
from mmkeras.training import recipes

# What the options of the commands in zoo/results gave, recorded before they
# became keys, under the names of today.
FORMER = json.loads(
    pathlib.Path(__file__).with_name("former_commands.json").read_text()
)
TRAINED = [command for command in FORMER if " train " in command]
EVALUATED = [command for command in FORMER if " evaluate " in command]


def parse(command):
    """The words of a command, and its keys and values."""
    words = shlex.split(former_options.translate(command))[2:]
    return settings.split(words)


def resolve(command):
    [name, *options], values = parse(command)
    return options, config.resolve(name, values)


@pytest.mark.parametrize("command", TRAINED)
def test_training_is_configured_as_by_the_former_options(command):
    expected, (options, found) = FORMER[command], resolve(command)
    known = config_keys.keys(found.architecture)
    recipe = recipes.Recipe(**expected["recipe"])
    model = {k: v for k, v in found.recipe.model.items() if k != "image"}
    assert model == recipe.model
    assert found.recipe.reward == recipe.reward
    build = dict(expected["build"])
    for key in ("fine_tune", "precision"):
        assert getattr(found.recipe, key) == build.pop(key, None)
    others = set(vars(recipe)) - {"fine_tune", "precision", "model"}
    for name in others & {key.removeprefix("train.") for key in known}:
        assert getattr(found.recipe, name) == getattr(recipe, name), name
    network = build.pop("network", None), build.pop("weights", None)
    assert (pretrained.of(found.recipe) or (None, None)) == network
    init = ["--init", build.pop("init")] if "init" in build else []
    assert " ".join(init) in " ".join(options)
    assert build.items() <= found.build_options().items()
    assert found.generate == expected["generate"]


@pytest.mark.parametrize("command", EVALUATED)
def test_evaluation_generates_as_by_the_former_options(command):
    _, values = parse(command)
    given = config.split(values)["generate"]
    options = tasks.Caption.generation_options(tasks.Caption, **given)
    former = FORMER[command]["generate"]
    assert options == tasks.Caption.evaluation_defaults | former


def published():
    """Every command in zoo/results."""
    for path in sorted((ROOT / "zoo" / "results").glob("*.json")):
        for entry in json.loads(path.read_text())["seeds"].values():
            yield from entry["before"]
            yield entry["command"]
            yield entry["evaluation"]


def test_the_commands_of_published_results_are_these():
    def without_seed(command):
        command = re.sub(r"--seed \d+ ?", "", command)
        return re.sub(r"(-[a-z]*)\d+\b", r"\1N", command)

    translated = {without_seed(former_options.translate(c)) for c in FORMER}
    assert {without_seed(command) for command in published()} <= translated


def test_a_command_with_keys_stays_as_it_is():
    for command in published():
        assert former_options.translate(command) == command


@pytest.mark.parametrize(
    "words, hint",
    [
        (["train", "a", "--epochs", "10"], "train.epochs=10"),
        (["train", "a", "--epochs=10"], "train.epochs=10"),
        (["train", "a", "--set", "dim=256"], "model.dim=256"),
        (["train", "a", "--weights", "w.npz"], "model.image=w.npz"),
        (["train", "a", "--every-subset"], "train.all_subsets=true"),
        (["train", "a", "--minimum", "1"], "data.min_count=1"),
        (["export", "run", "out", "--minimum", "1"], "generate.min_length=1"),
        (["evaluate", "run", "--beam", "10"], "generate.beam=10"),
        (["predict", "run", "--top-k", "5"], "generate.top_k=5"),
        (["reproduce", "f.json", "--weights", "w.npz"], "model.image=w.npz"),
    ],
)
def test_a_former_option_names_its_key(words, hint):
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 2
    option = words[2 if words[0] != "export" else 3].partition("=")[0]
    assert found.output.startswith(f"Error: {option} is now a key: {hint}\n")


def test_a_former_option_names_the_new_one():
    found = CliRunner().invoke(app, ["report", "run", "--alone"])
    assert found.exit_code == 2
    assert found.output == "Error: --alone is now --unimodal\n"


def test_an_option_that_never_was_is_refused():
    found = CliRunner().invoke(app, ["train", "a", "--nonsense"])
    assert found.exit_code == 2 and "--nonsense" in found.output
