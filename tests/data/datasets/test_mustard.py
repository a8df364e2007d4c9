import collections
import hashlib
import json

import pytest

from mmkeras.data import check
from mmkeras.data import datasets
from mmkeras.data.datasets import mustard

SPLITS = ("train", "val", "test")
SPLIT = "f005c1f16ac7325a"


def entry(i):
    return {
        "utterance": f" Sure, {i}. ",
        "speaker": "ANN",
        "context": ["Really?"],
        "context_speakers": ["BOB"],
        "show": "FRIENDS" if i % 3 == 0 else "BBT",
        "sarcasm": i % 2 == 0,
    }


def write(folder, entries):
    (folder / "sarcasm_data.json").write_text(json.dumps(entries))


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, {f"1_{i}": entry(i) for i in range(60)})
    return tmp_path


def test_each_label_is_in_each_split(folder):
    counts = collections.Counter(
        (row["split"], row["label"]) for row in mustard.scan(folder).rows
    )
    sizes = {"train": 24, "val": 3, "test": 3}
    assert counts == {
        (split, label): sizes[split]
        for split in SPLITS
        for label in mustard.LABELS
    }
    rows = {row["id"]: row for s in SPLITS for row in mustard.rows(s, folder)}
    assert len(rows) == 60
    assert rows["1_4"]["text"] == "Sure, 4."
    assert rows["1_4"]["label"] == "sarcastic"
    assert rows["1_5"]["label"] == "sincere"


def test_the_seed_draws_the_split(folder):
    def ids(seed):
        return {row["id"] for row in mustard.rows("test", folder, seed)}

    assert ids(0) == ids(0) != ids(1)


def test_independent_of_speakers_tests_on_one_series(folder):
    source = datasets.get("mustard-speakers")
    test = source.rows("test", folder)
    assert {int(row["id"][2:]) % 3 for row in test} == {0}
    assert [len(source.rows(s, folder)) for s in SPLITS] == [36, 4, 20]
    assert len(list(source.load("val", folder))) == 4


def test_a_check_finds_nothing_wrong(folder):
    for name in ("mustard", "mustard-speakers"):
        report = check.check(name, folder)
        assert report.ok, report.problems
        assert report.counts["labels"] == {"sarcastic": 30, "sincere": 30}
    assert report.counts["val with"] == {"text": 4}


@pytest.mark.parametrize(
    "bad",
    [{"sarcasm": "yes"}, {"sarcasm": 1}, {"utterance": None}, "words"],
)
def test_a_malformed_entry_is_named(folder, bad):
    bad = {**entry(1), **bad} if isinstance(bad, dict) else bad
    write(folder, {"1_0": entry(0), "1_1": bad})
    with pytest.raises(ValueError, match="sarcasm_data.json: 1_1"):
        mustard.rows("train", folder)


def test_invalid_files_are_refused(folder):
    with pytest.raises(ValueError, match="split='dev'"):
        mustard.rows("dev", folder)
    write(folder, [entry(0)])
    with pytest.raises(ValueError, match="Expected a JSON object"):
        mustard.rows("train", folder)
    (folder / "sarcasm_data.json").write_text("{")
    with pytest.raises(ValueError, match="is not valid JSON"):
        mustard.rows("train", folder)
    (folder / "sarcasm_data.json").unlink()
    with pytest.raises(FileNotFoundError, match="sarcasm_data.json"):
        mustard.rows("train", folder)


@pytest.mark.realdata
def test_the_real_utterances(data_folder):
    folder = data_folder / "mustard"
    rows = mustard.scan(folder).rows
    labels = collections.Counter(row["label"] for row in rows)
    assert labels == {"sarcastic": 345, "sincere": 345}
    counts = [len(mustard.rows(s, folder)) for s in SPLITS]
    assert counts == [554, 68, 68]
    split = json.dumps([(row["id"], row["split"]) for row in rows]).encode()
    assert hashlib.sha256(split).hexdigest()[:16] == SPLIT
    source = datasets.get("mustard-speakers")
    assert len(source.rows("test", folder)) == 356  # As in the paper.
    assert sum(len(source.rows(s, folder)) for s in SPLITS[:2]) == 334
