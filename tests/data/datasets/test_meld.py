import collections

import pytest

from mmkeras.data import check
from mmkeras.data import datasets
from mmkeras.data.datasets import meld

HEAD = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID"
LINES = {
    "train": [
        '1,"Well, no.",Ann,sadness,negative,1,1',
        "2,Hi!,Bob,joy,positive,1,0",
        "3,Café?,Ann,surprise,positive,0,0",
    ],
    "dev": ["1,So,Bob,neutral,neutral,0,0", "2,What?,Ann,anger,negative,0,1"],
    "test": ["1,Oh,Ann,fear,negative,0,0"],
}


def write(folder, name, lines):
    text = "\n".join([HEAD, *lines])
    (folder / f"{name}_sent_emo.csv").write_text(text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    for name, lines in LINES.items():
        write(tmp_path, name, lines)
    return tmp_path


def test_utterances_are_in_the_order_of_their_dialogues(folder):
    rows = meld.rows("train", folder)
    assert [row["text"] for row in rows] == ["Café?", "Hi!", "Well, no."]
    assert [row["label"] for row in rows] == ["surprise", "joy", "sadness"]
    assert [row["group"] for row in rows] == [
        f"train-dia{i}" for i in (0, 1, 1)
    ]
    assert rows[2]["id"] == "train-dia1_utt1"
    assert [len(meld.rows(s, folder)) for s in ("val", "test")] == [2, 1]
    texts = [raw["text"].numpy().decode() for raw in meld.load("val", folder)]
    assert texts == ["So", "What?"]


def test_sentiment_is_a_data_set_of_its_own(folder):
    rows = datasets.get("meld-sentiment").rows("train", folder)
    assert [row["label"] for row in rows] == [
        "positive",
        "positive",
        "negative",
    ]
    others = meld.rows("train", folder)
    assert [row["text"] for row in rows] == [row["text"] for row in others]


def test_a_check_finds_no_leak_though_numbers_start_anew(folder):
    for name in ("meld", "meld-sentiment"):
        report = check.check(name, folder)
        assert report.ok, report.problems
        assert report.counts["splits"] == {"train": 3, "val": 2, "test": 1}
    assert report.counts["labels"]["negative"] == 3


@pytest.mark.parametrize(
    "line, reason",
    [
        ("4,Oh,Ann,joy,positive,x,0", "Dialogue_ID"),
        ("4,  ,Ann,joy,positive,0,0", "texts in Utterance"),
        ("4,Oh,Ann,,positive,0,0", "Emotion"),
        ("4,Oh,Ann,joy", "7 cells"),
    ],
)
def test_a_malformed_line_is_named(folder, line, reason):
    write(folder, "dev", [*LINES["dev"], line])
    with pytest.raises(ValueError, match="dev_sent_emo.csv:4") as caught:
        meld.rows("val", folder)
    assert reason in str(caught.value)


def test_wrong_names_and_missing_tables_are_refused(folder):
    with pytest.raises(ValueError, match="split='dev'"):
        meld.rows("dev", folder)
    with pytest.raises(
        ValueError, match="'Emotion', 'Sentiment'.*label='mood'"
    ):
        meld.rows("val", folder, label="mood")
    (folder / "test_sent_emo.csv").unlink()
    with pytest.raises(FileNotFoundError, match="test_sent_emo.csv.*MELD"):
        meld.rows("val", folder)


@pytest.mark.realdata
def test_the_real_dialogues(data_folder):
    folder = data_folder / "meld"
    rows = {s: meld.rows(s, folder) for s in ("train", "val", "test")}
    # The counts of the paper's tables.
    assert [len(part) for part in rows.values()] == [9989, 1109, 2610]
    emotions = collections.Counter(row["label"] for row in rows["test"])
    assert emotions == {
        "neutral": 1256,
        "joy": 402,
        "anger": 345,
        "surprise": 281,
        "sadness": 208,
        "disgust": 68,
        "fear": 50,
    }
    sentiments = collections.Counter(
        row["label"] for row in meld.rows("test", folder, "Sentiment")
    )
    assert sentiments == {"neutral": 1256, "negative": 833, "positive": 521}
    dialogues = [len({row["group"] for row in r}) for r in rows.values()]
    assert dialogues == [1038, 114, 280]
