import pathlib
import subprocess
import sys

import pytest

from mmkeras.files import atomic
from mmkeras.training import results

ZOO = pathlib.Path(__file__).parents[2] / "zoo"


def entry(cider):
    return {
        "metrics": {"cider": cider, "bleu_4": cider / 2},
        "parameters": 1000,
        "seconds": 60,
        "precision": "float32",
        "machine": {"cores": 2, "processor": "p"},
        "command": "mmkeras train ...",
        "evaluation": "mmkeras evaluate ...",
    }


def test_mean_and_spread_over_seeds(tmp_path):
    results.merge(tmp_path, "m", "d", 0, entry(0.4))
    assert atomic.read_json(tmp_path / "m--d.json")["spread"]["cider"] is None
    path = results.merge(tmp_path, "m", "d", 1, entry(0.6))
    content = atomic.read_json(path)
    assert content["mean"]["cider"] == 0.5
    assert abs(content["spread"]["cider"] - 0.02**0.5) < 1e-12


def test_the_same_seed_is_replaced(tmp_path):
    results.merge(tmp_path, "m", "d", 0, entry(0.4))
    path = results.merge(tmp_path, "m", "d", 0, entry(0.8))
    content = atomic.read_json(path)
    assert content["mean"]["cider"] == 0.8
    assert list(content["seeds"]) == ["0"]


MERGE = """
import sys
from mmkeras.files import atomic
from mmkeras.training import results
sys.path.insert(0, sys.argv[3])
from test_results import entry
print("ready", flush=True)
sys.stdin.readline()
for seed in range(int(sys.argv[2]), 40, 2):
    results.merge(sys.argv[1], "m", "d", seed, entry(seed))
"""


def test_two_processes_lose_no_figures(tmp_path):
    home = str(pathlib.Path(__file__).parent)
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", MERGE, str(tmp_path), str(first), home],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for first in (0, 1)
    ]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("\n")
        worker.stdin.flush()
    for worker in workers:
        worker.communicate()
        assert worker.returncode == 0
    content = atomic.read_json(tmp_path / "m--d.json")
    assert list(content["seeds"]) == [str(seed) for seed in range(40)]
    assert not list(tmp_path.glob(".*.part"))


def test_the_table_shows_means(tmp_path):
    results.merge(tmp_path, "m", "d", 0, entry(0.4))
    results.merge(tmp_path, "m", "d", 1, entry(0.6))
    table = results.render(tmp_path)
    assert "0.500 ± 0.141" in table
    assert "    mmkeras train ...\n    mmkeras evaluate ...\n" in table


def test_runs_on_some_modalities_have_a_file_of_their_own(tmp_path):
    results.merge(tmp_path, "m", "d", 0, entry(0.4))
    path = results.merge(tmp_path, "m", "d", 0, entry(0.2), "image+question")
    assert path.name == "m--d--image+question.json"
    table = results.render(tmp_path)
    assert "| `m` | 1 |" in table
    assert "| `m`, trained on image+question alone | 1 |" in table
    assert "0.400" in table and "0.200" in table


def trained(options, seed=0, before=()):
    command = f"mmkeras train m --data d --seed {seed} --out r-{seed} "
    return {**entry(0.4), "command": command + options, "before": [*before]}


def test_other_options_need_a_file_of_their_own(tmp_path):
    results.merge(tmp_path, "m", "d", 0, trained("train.epochs=2"))
    results.merge(tmp_path, "m", "d", 1, trained("train.epochs=2", 1))
    before = (tmp_path / "m--d.json").read_bytes()
    tuned = trained("train.epochs=2 train.fine_tune=text")
    with pytest.raises(ValueError, match="m--d--VARIANT.json"):
        results.merge(tmp_path, "m", "d", 0, tuned)
    with pytest.raises(ValueError, match="other options"):
        staged = trained("train.epochs=2", before=["mmkeras train m"])
        results.merge(tmp_path, "m", "d", 2, staged)
    assert (tmp_path / "m--d.json").read_bytes() == before
    path = tmp_path / "m--d--fine-tuned.json"
    assert results.merge(path, "m", "d", 0, tuned) == path
    table = results.render(tmp_path)
    assert "| `m` | 2 |" in table and "| `m`, fine-tuned | 1 |" in table


@pytest.mark.parametrize("name", ["m--d.json", "n--d--a.json", "fine.json"])
def test_a_file_of_results_is_named_after_the_model(tmp_path, name):
    with pytest.raises(ValueError, match="m--d--VARIANT.json"):
        results.merge(tmp_path / name, "m", "d", 0, entry(0.4))
    assert not list(tmp_path.iterdir())


def test_each_task_of_a_data_set_has_a_table(tmp_path, monkeypatch):
    rows = [
        {"model": n, k: 0.3, "source": "a paper", "like_for_like": "yes"}
        for n, k in (("writer", "cider"), ("finder", "mrr"))
    ]
    monkeypatch.setitem(results.published.PUBLISHED, "d", rows)
    results.merge(tmp_path, "caption-a", "d", 0, entry(0.4))
    ranked = {
        **entry(0.4),
        "metrics": {"image_to_text_recall_1": 0.5, "mrr": 1},
    }
    results.merge(tmp_path, "retrieve-a", "d", 0, ranked)
    _, first, second = results.render(tmp_path).split("## d: ")
    assert first.startswith("caption\n") and second.startswith("retrieve\n")
    assert "writer" in first and "finder" not in first
    assert "finder" in second and "CIDEr" not in second


def test_readme_is_in_step_with_results():
    text = (ZOO / "README.md").read_text("utf-8")
    assert text == results.render(ZOO / "results")
