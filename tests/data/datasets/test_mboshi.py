import numpy as np
import pytest

from mmkeras import tasks
from mmkeras.data import check
from mmkeras.data import datasets
from mmkeras.data.codecs.waveforms import to_wav
from mmkeras.data.datasets import mboshi


@pytest.fixture
def folder(tmp_path):
    home = tmp_path / "full_corpus_newsplit"
    for split, count in (("train", 30), ("dev", 4)):
        (home / split).mkdir(parents=True)
        for i in range(count):
            path = home / split / f"abiayi_{i}.wav"
            path.write_bytes(to_wav(np.zeros(160, "float32"), 16000))
            text = f"Wa' áyá, «{'ab'[i % 2]}{i // 2}»!\n"
            path.with_suffix(".mb").write_text(text)
            path.with_suffix(".fr").write_text("L’ami\xa0: a-t-il dit ?\n")
    return tmp_path


def test_dev_is_test_and_sentences_are_in_one_split(folder):
    rows = {split: mboshi.rows(split, folder) for split in ("train", "val")}
    assert len(rows["train"]) + len(rows["val"]) == 30
    assert len(rows["val"]) == 3
    texts = [{row["text"] for row in part} for part in rows.values()]
    assert not texts[0] & texts[1]
    test = mboshi.rows("test", folder / "full_corpus_newsplit")
    assert [row["id"] for row in test] == [f"abiayi_{i}" for i in range(4)]
    assert mboshi.rows("val", folder, seed=1) != rows["val"]


def test_texts_are_lower_case_without_punctuation(folder):
    row = mboshi.rows("test", folder)[0]
    assert row["text"] == row["source"] == "wa áyá a0"
    assert row["target"] == "l'ami a-t-il dit"
    assert row["audio"].endswith("dev/abiayi_0.wav")
    assert not {"group", "label"} & {*row}


@pytest.mark.parametrize(
    "name, text",
    [("mboshi", "wa áyá a0"), ("mboshi-translation", "l'ami a-t-il dit")],
)
def test_speech_and_text_are_pairs(folder, name, text):
    parts, *_ = datasets.read(name, ("train", "val", "test"), folder)
    assert [*map(len, parts)] == [27, 3, 4]
    pair = tasks.Retrieve.expand(parts[2])[0]
    assert pair["text"] == text and pair["audio"].endswith("abiayi_0.wav")
    assert {*pair["pair"]} == {"text", "audio"}


def test_check_has_the_limits_of_speech_and_of_pairs(folder):
    path = folder / "full_corpus_newsplit/dev/abiayi_0.wav"
    path.write_bytes(to_wav(np.zeros(48000, "float32"), 16000))
    [note] = [
        note
        for note in check.check("mboshi", folder).notes
        if note.startswith("audio: ")
    ]
    assert "1 of 34 is longer than 2 s" in note and "for pairs; set" in note
    assert "longer than 10 s" not in note


def test_a_file_without_a_translation_is_corrupt(folder):
    (folder / "full_corpus_newsplit/dev/abiayi_0.fr").unlink()
    [problem] = mboshi.scan(folder).problems
    assert problem.kind == "corrupt" and "abiayi_0" in problem.where


def test_an_empty_folder_says_where_to_get_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="mboshi-french-parallel"):
        mboshi.rows("train", tmp_path)


@pytest.mark.realdata
def test_the_corpus_has_its_published_sizes():
    rows = mboshi.scan().rows
    splits = [row["split"] for row in rows]
    assert splits.count("test") == 514
    assert splits.count("train") + splits.count("val") == 4616
