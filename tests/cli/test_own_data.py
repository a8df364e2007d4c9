"""The verbs on data as people have it: bad rows, odd names, embeddings."""

import json
import os
import pathlib

import numpy as np
import pytest
import question_datasets
from command_line import call

pytestmark = [
    pytest.mark.slow,  # The library beneath has quick tests.
    pytest.mark.usefixtures("eager_models"),
    pytest.mark.filterwarnings("default::UserWarning"),
]
SHORT = ["train.epochs=2", "train.batch_size=8", "train.precision=float32"]
BAD = {
    "empty": b"",
    "archive": b"PK\x03\x04x",
    "promise": b"\x93NUMPY\x01\x00\x76\x00"
    + b"{'descr': '<f4', 'fortran_order': False, "
    + b"'shape': (1000000000000, 4), }".ljust(76)
    + b"\n",
}


@pytest.fixture(scope="module")
def embeddings(tmp_path_factory):
    """A table of features alone; the first nine training rows are bad."""
    folder = tmp_path_factory.mktemp("embeddings")
    rng, lines = np.random.default_rng(0), []
    for i in range(60):
        sign = 1 if i % 2 else -1
        split = "train" if i < 40 else "val" if i < 50 else "test"
        array = rng.normal(sign, 0.3, 6).astype("float32")
        np.save(folder / f"{i}.npy", array)
        name = "plus" if i % 2 else "minus"
        lines.append({"features": f"{i}.npy", "label": name, "split": split})
    for i, data in enumerate(BAD.values()):
        (folder / f"{i}.npy").write_bytes(data)
    os.mkfifo(folder / "pipe.npy")
    np.save(folder / "wide.npy", np.zeros(7, "float32"))
    lines[3]["features"] = "pipe.npy"
    lines[4]["features"] = "/dev/zero"
    lines[5]["features"] = "a\0.npy"
    lines[6]["id"] = "half \ud83d"
    lines[7]["features"] = "wide.npy"
    texts = [json.dumps(line) for line in lines]
    texts[8] = '{"features": ' + "[" * 100_000
    (folder / "table.jsonl").write_text("\n".join(texts))
    return folder


def test_check_names_every_bad_row_and_goes_on(embeddings):
    result = call("check", "--data", embeddings)
    assert result.exit_code == 1
    for line in (1, 2, 3, 4, 5, 6, 7, 9):
        assert f"table.jsonl:{line}: " in result.output
    assert "8: features has shape (7,)" in result.output
    assert "Fix these errors before training." in result.output


def test_embeddings_train_and_bad_rows_are_left_out(embeddings, tmp_path):
    run = tmp_path / "run"
    result = call(
        *["train", "classify-features-mlp", "--data", embeddings],
        *["--out", run, *SHORT],
    )
    assert result.exit_code == 0, result.output
    for line in (1, 2, 3, 4, 5, 6, 7, 9):
        assert f"table.jsonl:{line}: " in result.stderr
    assert "Skipped 8: features: " in result.stderr
    result = call("evaluate", run, "--split", "test")
    assert result.exit_code == 0, result.output
    result = call("predict", run, embeddings / "table.jsonl")
    assert result.exit_code == 1
    lines = [x.split("\t") for x in result.stdout.splitlines()]
    assert len(lines) == 60
    assert [i for i, x in enumerate(lines) if not x[1]] == [
        0,
        1,
        2,
        3,
        4,
        5,
        7,
        8,
    ]
    result = call("predict", run, embeddings / "20.npy")
    assert result.exit_code == 0, result.output
    result = call("predict", run, embeddings)
    assert result.exit_code == 1
    lines = [x.split("\t") for x in result.stdout.splitlines()]
    assert len(lines) == 62  # Each file, the bad ones without a label.
    assert [pathlib.Path(x[0]).stem for x in lines if not x[1]] == [
        *["0", "1", "2", "pipe", "wide"]
    ]
    pair = embeddings / "20.npy", embeddings / "21.npy"
    result = call("predict", run, *pair, "--jsonl")
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["id"] for row in answers] == list(map(str, pair))
    assert all(row["label"] for row in answers)


def test_an_architecture_that_does_not_fit_names_those_that_do(
    embeddings, tmp_path
):
    result = call(
        *["train", "classify-audio-cnn", "--data", embeddings],
        *["--out", tmp_path / "run", *SHORT],
    )
    assert result.exit_code == 1
    assert "takes 'audio', which no training row has" in result.output
    assert "Received rows with: features." in result.output
    assert "classify-features-mlp" in result.output


def test_half_an_emoji_is_named_and_left_out(tmp_path):
    lines = [
        {"text": f"day {i % 2}", "label": "ab"[i % 2], "split": split}
        for split in ("train", "val")
        for i in range(20)
    ]
    lines[4]["text"] = "cut \ud83d"
    path = tmp_path / "table.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    result = call("check", "--data", path)
    assert result.exit_code == 1
    assert "table.jsonl:5: `text` is not valid Unicode" in result.output
    run = tmp_path / "run"
    result = call(
        *["train", "classify-text-bow", "--data", path],
        *["--out", run, "model.dim=8", *SHORT],
    )
    assert result.exit_code == 0, result.output
    assert "table.jsonl:5: `text` is not valid Unicode" in result.stderr
    result = call("predict", run, path, "--jsonl")
    assert result.exit_code == 1
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [i for i, row in enumerate(answers) if "error" in row] == [4]
    assert "text: " in answers[4]["error"] and all(
        r["label"] for r in answers[:4]
    )


NAMES = (b"caf\xe9", b"line\nbreak", b"-tab\t", b" space", b"plain")


def test_names_of_files_need_not_be_utf8(tmp_path):
    for split, count in (("train", 10), ("val", 5)):
        for i in range(count):
            name = NAMES[i % 5] + f"{split}{i}".encode()
            colour = "red" if i % 2 else "blue"
            for kind, data in {
                b"images/%b.png": question_datasets.image(
                    colour, seed=i + 99 * count
                ),
                b"texts/%b.txt": f"a {colour} box".encode(),
            }.items():
                place = os.path.join(os.fsencode(tmp_path / split), kind % name)
                os.makedirs(os.path.dirname(place), exist_ok=True)
                with open(place, "wb") as file:
                    file.write(data)
    result = call("check", "--data", tmp_path)
    assert result.exit_code == 0, result.output
    run = tmp_path / "run"
    result = call(
        *["train", "caption-cnn-lstm", "--data", tmp_path, "data.min_count=1"],
        *["--out", run, "data.image_size=32"],
        *["model.dim=8", *SHORT],
    )
    assert result.exit_code == 0, result.output
    lines = (run / "captions-val.jsonl").read_bytes().splitlines()
    assert len({json.loads(line)["id"] for line in lines}) == 5
    result = call("predict", run, tmp_path / "val" / "images")
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 5
    assert "caf\\udce9val0.png\t" in result.stdout
    result = call("evaluate", run)
    assert result.exit_code == 0, result.output


def test_check_reads_a_table_whose_rows_are_all_bad(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("text,class\n" + "a,x\n" * 40)
    result = call("check", "--data", path)
    assert result.exit_code == 1
    assert result.output.count("Did you mean `label` for `class`?") == 1
