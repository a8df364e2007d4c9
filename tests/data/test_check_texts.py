import csv

import image_files
import pytest

from mmkeras.data import check
from mmkeras.data import check_texts
from mmkeras.data import codecs

CHINESE = [
    "一只狗在雪地里跑",
    "两个男人在草地上踢球",
    "一个女孩在海边跑",
    "一只猫在草地上睡觉",
]


def rows(texts, field="text"):
    return [{field: text} for text in texts]


def test_texts_without_spaces_are_named_and_counted_by_character(tmp_path):
    (tmp_path / "a.png").write_bytes(
        image_files.save(image_files.ramp(), "PNG")
    )
    with (tmp_path / "data.csv").open("w", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "caption", "split"])
        writer.writerows(["a.png", text, "train"] for text in CHINESE)
    report = check.check(tmp_path)
    assert any("each character of Chinese" in note for note in report.notes)
    assert report.counts["words per caption"]["mean"] == 8.75


@pytest.mark.parametrize("field", ["captions", "text", "question"])
def test_single_words_are_named(field):
    texts = ["onedogruns", "twocatssit", "a man sits on a man"]
    values = [[text] for text in texts] if field == "captions" else texts
    [note] = check_texts.notes(rows(values, field))
    assert note.startswith(f"{field}: 2 of 3 texts are a single word")
    assert "onedogruns" in note


def test_words_that_occur_once_are_named():
    texts = [f"the w{i} w{i + 100} w{i + 200}" for i in range(10)]
    [note] = check_texts.notes(rows(texts))
    assert note.startswith("text: 30 of 40 words occur only once")


def test_usual_texts_need_no_note():
    usual = ["a dog runs", "a cat sits", "a dog sits", None, ""] * 4
    assert check_texts.notes(rows(usual)) == []
    assert check_texts.notes([]) == []
    assert check_texts.notes(rows(["cut \ud83d and more, cut and more"])) == []


def test_the_fields_that_are_split_into_characters_are_named():
    words = codecs.Text(["a"])
    mixed = codecs.Text(["狗"], split="mixed")
    turns = codecs.Dialogue(["狗"], split="mixed")
    label = codecs.Labels(["a"])
    field_codecs = {"text": words, "label": label}
    assert check_texts.describe_split(field_codecs) == []
    field_codecs |= {"question": mixed, "history": turns}
    [note] = check_texts.describe_split(field_codecs)
    assert note.startswith("question, history: ")
