"""`mmkeras reproduce`: results from the commands stored with them."""

import json
import pathlib

import pytest
from command_line import call

from mmkeras.cli import reproduce
from mmkeras.cli.reproduce import commands
from mmkeras.data.synthetic import shapes

ENTRY = {
    "before": ["mmkeras train caption-cnn-lstm --data d --out first"],
    "command": "mmkeras train caption-cnn-lstm --data d --folder d "
    "--init first --results results --overwrite --out last "
    "model.image=w.npz train.augment=image,audio model.dim=16 "
    "model.dropout=0.1",
    "evaluation": "mmkeras evaluate last --split test generate.beam=10",
}
NOTHING = {"--data": None, "--folder": None}, {}


def test_runs_are_in_the_given_folder():
    first, last, measured = commands(ENTRY, pathlib.Path("a b"), *NOTHING)
    train = ["train", "caption-cnn-lstm", "--data", "d"]
    assert first == [*train, "--out", "a b/first"]
    assert last == [
        *[*train, "--init", "a b/first", "--out", "a b/last"],
        *["model.image=w.npz", "train.augment=image,audio"],
        *["model.dim=16", "model.dropout=0.1"],
    ]
    search = ["--split", "test", "generate.beam=10"]
    assert measured == ["evaluate", "a b/last", *search]


def test_results_of_the_zoo_are_found_by_name():
    path = reproduce._path("vqa-cnn-lstm--easy-vqa")
    assert path.parts[-3:] == ("zoo", "results", "vqa-cnn-lstm--easy-vqa.json")
    assert path.is_file()


def test_another_name_is_not_a_results_file():
    result = call("reproduce", "vqa-cnn-lstm--easy")
    assert result.exit_code == 1
    assert "is not a results file" in result.output


def test_files_are_where_the_user_has_them():
    given, changes = {"--data": "coco", "--folder": "/d"}, "/w/my.npz"
    first, last, _ = commands(
        ENTRY, pathlib.Path("runs"), given, {"model.image": changes}
    )
    pairs = list(zip(last, last[1:]))
    assert all(pair in pairs for pair in given.items())
    assert "model.image=/w/my.npz" in last
    assert not [word for word in first if word.startswith("model.image")]


def test_other_weights_are_of_the_same_network():
    train = "mmkeras train caption-cnn-lstm --data d --out last"
    entry = {**ENTRY, "command": f"{train} model.image=application:VGG16:w.npz"}
    changes = {"model.image": "/w/my.npz"}
    _, last, _ = commands(entry, pathlib.Path("runs"), NOTHING[0], changes)
    assert last[-1] == "model.image=application:VGG16:/w/my.npz"


def test_what_is_fine_tuned_later_is_computed_once():
    train = "mmkeras train caption-cnn-lstm --data d model.image=w.npz"
    entry = {
        **ENTRY,
        "before": [
            f"{train} --out first",
            f"{train} --init first --out tuned train.fine_tune=conv_2",
        ],
        "command": f"{train} --init tuned --out last task.reward=bleu",
    }
    adapted = commands(entry, pathlib.Path("runs"), *NOTHING)
    assert adapted[0][-1] == "train.cache_at=conv_2"
    assert ["cache_at" in str(words) for words in adapted[1:]] == [False] * 3


@pytest.mark.parametrize(
    "command",
    ["rm -r runs last", "mmkeras export last there", "mmkeras train", ""],
)
def test_another_command_is_refused(command):
    expected = "`mmkeras train` or `mmkeras evaluate`. Received: "
    with pytest.raises(ValueError, match=expected):
        commands({**ENTRY, "before": [command]}, pathlib.Path("."), *NOTHING)


def test_other_files_are_refused(tmp_path):
    assert "not a results file" in call("reproduce", tmp_path).output


def test_a_seed_without_results_is_refused(tmp_path):
    path = tmp_path / "m--d.json"
    path.write_text(json.dumps({"seeds": {"0": ENTRY, "3": ENTRY}}))
    result = call("reproduce", path, "--seed", 2)
    assert result.exit_code == 1 and "Seeds: 0, 3." in result.output


@pytest.mark.slow
def test_results_are_reproduced(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))
    world = shapes.write(tmp_path / "world", train=24, val=8, test=8)
    results, again = tmp_path / "results", tmp_path / "again"
    command = [
        *["train", "caption-cnn-lstm", "--data", world],
        *["train.epochs=2", "train.batch_size=20", "data.min_count=1"],
        *["data.image_size=32", "model.dim=16", "train.precision=float32"],
        *["--out", tmp_path / "a run", "--results", results],
    ]
    trained = call(*command)
    assert trained.exit_code == 0, trained.output
    (path,) = results.glob("*.json")
    result = call("reproduce", path, "--data", world, "--out", again)
    assert result.exit_code == 0, result.output + capfd.readouterr().err
    assert "published, seed" in result.output
    assert "BLEU-4" in result.output.partition("here")[2]
    published = json.loads(path.read_text())["seeds"]["0"]["metrics"]
    measured = json.loads((again / "a run" / "results.json").read_text())
    assert measured["test"]["metrics"] == published
