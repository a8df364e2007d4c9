import pytest

from mmkeras.data import check
from mmkeras.data.datasets import feelings


@pytest.fixture
def few(monkeypatch):
    """A hundredth of each split."""
    counts = {split: n // 100 for split, n in feelings.COUNTS.items()}
    monkeypatch.setattr(feelings, "COUNTS", counts)


def test_sizes_are_those_of_the_docstring():
    assert feelings.COUNTS == {"train": 8000, "val": 1000, "test": 1000}


@pytest.mark.slow
def test_a_check_finds_nothing_wrong(few, monkeypatch):
    monkeypatch.delenv("MMKERAS_DATA", raising=False)
    report = check.check("feelings")
    assert report.ok, report.problems
    assert report.counts["splits"] == {"train": 80, "val": 10, "test": 10}
    assert report.counts["val with"] == {"text + image + audio": 10}
    assert set(report.counts["labels"]) == {"negative", "positive"}


def test_loads_bytes_and_words(few):
    rows = feelings.rows("val", missing=0.4)
    assert any(row["image"] is None for row in rows)
    whole = feelings.rows("val")
    for row, raw in zip(whole, feelings.load("val")):
        for field in ("image", "audio"):
            assert raw[field].numpy() == row[field]
        assert raw["text"].numpy().decode() == row["text"]


def test_refuses_a_folder_and_an_unknown_split(tmp_path):
    with pytest.raises(ValueError, match="omit `folder`.*Received: folder="):
        feelings.rows("val", tmp_path)
    with pytest.raises(ValueError, match="split='dev'"):
        feelings.rows("dev")
