import collections
import json

import numpy as np
import pytest

from mmkeras.data.datasets import mosi


@pytest.fixture
def folder(tmp_path):
    lines, count = [], 0
    for video in range(14):
        for utt in range(2 + video % 3):
            split = "train" if video < 12 else "test"
            lines.append(
                {
                    "row": count,
                    "id": f"{video}_{utt}",
                    "video": f"v{video}",
                    "utt": utt,
                    "split": split,
                    "text": "WORDS",
                    "label": utt % 2,
                }
            )
            count += 1
    text = "\n".join(json.dumps(line) for line in lines)
    (tmp_path / "utterances.jsonl").write_text(text)
    features = {n: np.arange(count)[:, None] + np.zeros(4) for n in mosi.FIELDS}
    np.savez(tmp_path / "features.npz", **features)
    return tmp_path


def test_no_video_is_in_two_splits_and_rows_keep_their_features(folder):
    splits = collections.defaultdict(set)
    for split in ("train", "val", "test"):
        for row in mosi.rows(split, folder):
            splits[row["group"]].add(split)
            assert row["text"].dtype == "float32"
            assert (
                row["label"] == ("negative", "positive")[int(row["id"][-1]) % 2]
            )
    assert all(len(names) == 1 for names in splits.values())
    counts = collections.Counter(next(iter(s)) for s in splits.values())
    assert counts == {"train": 10, "val": 2, "test": 2}
    rows = mosi.scan(folder).rows
    assert [row["video"][0] for row in rows] == list(range(len(rows)))


def test_an_unknown_split_is_refused(folder):
    with pytest.raises(ValueError, match="split='dev'"):
        mosi.rows("dev", folder)


@pytest.mark.realdata
def test_the_real_utterances(data_folder):
    counts = [len(mosi.rows(s, data_folder / "mosi")) for s in ("train", "val")]
    assert sum(counts) == 1447
    test = mosi.rows("test", data_folder / "mosi")
    assert len(test) == 752
    assert [test[0][f].shape for f in mosi.FIELDS] == [(100,), (73,), (100,)]
    groups = [row["group"] for row in test]
    assert len(set(groups)) == 31
    changes = sum(a != b for a, b in zip(groups, groups[1:]))
    assert changes == 30  # In the order of their videos.
