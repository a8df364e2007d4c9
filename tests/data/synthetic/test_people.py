"""People whose gender only their image tells."""

import collections
import io

import numpy as np
import PIL.Image
import pytest

from mmkeras.data import check
from mmkeras.data import datasets
from mmkeras.data.datasets import people as published
from mmkeras.data.synthetic import people
from mmkeras.data.synthetic.people import Person


def has_dress(data):
    """Whether the coloured body is wider at its lower edge."""
    pixels = np.asarray(PIL.Image.open(io.BytesIO(data))).astype(int)
    coloured = pixels.max(-1) - pixels.min(-1) > 90
    widths = coloured.sum(1)
    lines = np.flatnonzero(widths)
    upper, lower = np.array_split(widths[lines], 2)
    return upper.mean() < 0.75 * lower.mean()


def test_sentences_of_both():
    woman = Person("doctor", "green", "reads", True)
    man = Person("doctor", "green", "reads", False)
    assert woman.source == man.source == "The doctor in green reads."
    assert woman.target == "Die Ärztin in Grün liest."
    assert man.target == "Der Arzt in Grün liest."


def test_the_image_tells_what_the_sentence_does_not():
    drawn = people.people("train", 300)
    assert [has_dress(p.render()) for p in drawn] == [p.is_woman for p in drawn]


def test_ceilings_are_those_of_the_sentences():
    for women in (0.5, 0.8):
        drawn = people.people("train", 4000, women=women)
        counts = collections.Counter((p.source, p.is_woman) for p in drawn)
        more = women >= 0.5
        share = sum(n for (_, w), n in counts.items() if w == more) / 4000
        expected = people.ceilings(women)["source",]
        assert abs(share - expected) < 0.03
    assert people.ceilings()["source", "image"] == 1
    with pytest.raises(ValueError, match="women=1.5"):
        people.people("train", 1, women=1.5)


def test_a_larger_count_adds_people_only():
    assert people.people("val", 9)[:5] == people.people("val", 5)
    assert people.people("val", 5) != people.people("train", 5)
    assert people.people("val", 5, seed=1) != people.people("val", 5)


def test_rows_are_a_data_set(monkeypatch):
    monkeypatch.setattr(published, "COUNTS", {"train": 8, "val": 3, "test": 2})
    report = check.check("people")
    assert report.counts["splits"] == {"train": 8, "val": 3, "test": 2}
    assert set(report.kinds) <= {"duplicate"}
    row = datasets.get("people").rows("test")[1]
    assert row["id"] == "test-1" and row["languages"] == ["en", "de"]
    raw = next(iter(published.load("val")))
    assert raw["image"].numpy().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="omit `folder`"):
        published.rows("val", "x")
