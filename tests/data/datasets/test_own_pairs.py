"""Tables of pairs, for retrieval."""

import json

import pytest

from mmkeras.data import check
from mmkeras.data import datasets
from mmkeras.tasks import Retrieve


@pytest.fixture
def table(tmp_path):
    def write(*rows, name="pairs.jsonl"):
        path = tmp_path / name
        lines = [json.dumps({"split": "train", **row}) + "\n" for row in rows]
        path.write_text("".join(lines))
        return path

    return write


def test_a_line_is_a_pair_of_any_two_modalities(table):
    path = table({"text": "a dog barks", "audio": "dog.wav"})
    [row] = datasets.scan(path, kind="pairs").rows
    assert row["text"] == "a dog barks" and row["image"] is None
    assert row["audio"] == str(path.parent / "dog.wav")
    [example] = Retrieve.expand([row])
    assert set(example["pair"]) == {"text", "audio"}


def test_images_with_captions_are_pairs(table):
    path = table({"image": "dog.jpg", "captions": ["a dog", "it runs"]})
    [row] = datasets.scan(path, kind="pairs").rows
    texts = [example["text"] for example in Retrieve.expand([row])]
    assert texts == ["a dog", "it runs"]


def test_a_line_of_one_modality_is_skipped(table):
    path = table({"text": "a dog", "audio": "dog.wav"}, {"text": "alone"})
    data = datasets.scan(path, kind="pairs")
    assert len(data.rows) == 1
    [problem] = data.problems
    assert problem.where.endswith(":2")
    assert "at least two of text, image, audio" in problem.detail


def test_are_checked_and_counted(table):
    path = table(
        {"text": "a dog", "audio": "missing.wav"},
        {"text": "a cat", "features": [1.0, 2.0], "split": "val"},
    )
    report = check.check(path, kind="pairs")
    assert report.counts["train with"] == {"text + audio": 1}
    assert report.counts["splits"] == {"train": 1, "val": 1}
    assert set(report.kinds) == {"missing"}


def test_translations_are_pairs_of_texts(table):
    path = table(
        {"en": "A dog.", "de": "Ein Hund.", "image": "dog.jpg"},
        {"en": "A cat.", "de": " "},
        {"en": None, "de": "Eine Maus."},
    )
    columns = {"source": "en", "target": "de"}
    data = datasets.scan(path, kind="translations", columns=columns)
    [row] = data.rows
    assert (row["source"], row["target"]) == ("A dog.", "Ein Hund.")
    assert row["image"] == str(path.parent / "dog.jpg")
    details = [problem.detail for problem in data.problems]
    assert details == [
        "expected a text in `target`",
        "expected at least one of source, audio",
    ]


def test_the_kind_of_translations_follows_from_columns(table):
    path = table({"source": "A dog.", "target": "Ein Hund."})
    [row] = datasets.scan(path).rows
    assert row["target"] == "Ein Hund."
    path = table({"source": "A dog.", "reference": "Ein Hund."})
    data = datasets.scan(path, kind="translations")
    with pytest.raises(ValueError, match="mean `target` for `reference`"):
        data.split("train")
