"""The presets in zoo/presets: whole, small, and as good as published."""

import json

import numpy as np
import pytest
from checks import ROOT
from checks import only_tensorflow

import mmkeras
from mmkeras import hub
from mmkeras.training import folder as run_folder
from mmkeras.training import sources
from mmkeras.training.examples import Examples
from mmkeras.training.reporter import Reporter

FOLDERS = sorted(path.parent for path in ROOT.glob(f"zoo/presets/*/{hub.CARD}"))
MEGABYTE = 10**6
TOLERANCE = 0.001  # Of the headline metric: a tenth of a percent.
each_preset = pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)


def test_together_they_are_small():
    assert FOLDERS
    assert sum(map(hub.size, FOLDERS)) < 80 * MEGABYTE


@each_preset
def test_is_whole_and_small(folder):
    hub.check(folder)
    assert hub.size(folder) < 30 * MEGABYTE
    card = hub.read_card(folder)
    assert card["preset"]["name"] == folder.name
    names = {path.name for path in folder.iterdir()}
    assert names == {hub.CARD, *card["sha256"]}


@each_preset
def test_is_found_by_its_name(folder):
    assert hub.find(folder.name).resolve() == folder.resolve()


@each_preset
def test_states_the_terms_of_its_data(folder):
    facts = hub.read_card(folder)["preset"]
    assert "not known" not in facts["terms"]
    card = (folder / "README.md").read_text()
    words = card.split("## Terms")[1].split("## Training")[0].split()
    assert " ".join(facts["terms"].split()) in " ".join(words)


@only_tensorflow
@each_preset
def test_answers(folder):
    task = mmkeras.load(folder.name)
    batch = {
        field: list(task.codecs[field].samples()[:1]) for field in task.fields
    }
    answer = task.answer(batch)
    assert answer["error"][0] == ""
    [value] = answer[task.answer_keys[0]]
    assert np.size(value) > 0


@pytest.mark.slow
@pytest.mark.realdata
@only_tensorflow
@each_preset
def test_gives_the_published_figure(folder):
    """The score of `mmkeras evaluate`, without what explains it."""
    results = json.loads((folder / "results.json").read_text())["test"]
    task = mmkeras.load(folder.name)
    source = sources.of_run(run_folder.read_card(folder))
    try:
        rows = sources.split_rows(task, source, "test", Reporter())
    except FileNotFoundError as error:
        pytest.skip(str(error))
    examples = Examples(task, rows)
    outputs = examples.outputs(**results["generate"])
    score = task.score(examples, outputs)[task.metric]
    published = results["metrics"][task.metric]
    assert score == pytest.approx(published, abs=TOLERANCE)
