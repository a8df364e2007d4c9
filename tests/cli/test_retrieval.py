"""Retrieval from the command line: train, evaluate, index, search, predict."""

import json
import shutil

import command_line
import multimodal_rows
import numpy as np
import pytest
import soundfile
from command_line import call

import mmkeras
from mmkeras.data.synthetic import shapes
from mmkeras.files import atomic
from mmkeras.tasks import transcripts

pytestmark = pytest.mark.usefixtures("eager_models")
TRAIN = [
    *["train.epochs=2", "train.batch_size=8", "data.min_count=1"],
    *["data.image_size=32", "model.dim=16", "data.max_length=12"],
    *["train.precision=float32"],
]


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    return shapes.write(tmp_path_factory.mktemp("scenes"), 8, 4, 4)


@pytest.fixture(scope="module")
def run(scenes, tmp_path_factory):
    home = tmp_path_factory.mktemp("runs")
    data = ["--data", scenes]
    return command_line.train(home, "retrieve-image-text", *TRAIN, *data)


@pytest.fixture(scope="module")
def photos(scenes):
    return sorted(scenes.parent.rglob("*.jpg"))


@pytest.fixture(scope="module")
def index(run, photos, tmp_path_factory):
    out = tmp_path_factory.mktemp("index") / "photos"
    result = call("index", run, photos[0].parent, "--out", out)
    assert result.exit_code == 0, result.output
    assert f"{len(photos)} items (image)" in result.output
    return out


def test_is_evaluated_both_ways(run):
    result = call("evaluate", run, "--split", "test")
    assert result.exit_code == 0, result.output
    scores = atomic.read_json(run / "results.json")["test"]["metrics"]
    for way in ("image_to_text", "text_to_image"):
        for metric in ("recall_1", "recall_5", "recall_10", "median_rank"):
            assert f"{way}_{metric}" in scores
    low, high = (scores[f"recall_mean_{end}"] for end in ("low", "high"))
    assert low <= scores["recall_mean"] <= high
    assert "recall at 1, image to text" in result.output


def test_a_text_finds_images(run, index, photos, tmp_path):
    figure = tmp_path / "hits.png"
    arguments = ["search", index, "a red circle", "--top", "3"]
    result = call(*arguments, "--figure", figure)
    assert result.exit_code == 0, result.output
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    similarities = [float(similarity) for similarity, _ in lines]
    assert similarities == sorted(similarities, reverse=True)
    task = mmkeras.load(run)
    images, _ = task.embed("image", [p.read_bytes() for p in photos])
    [text], _ = task.embed("text", ["a red circle"])
    penalties = task.penalties("image", "text", images)
    best = photos[(images @ text - penalties).argmax()]
    assert lines[0][1].endswith(best.name) and len(lines) == 3
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_an_image_finds_itself(index, photos):
    result = call("search", index, "--image", photos[2], "--top", 1, "--jsonl")
    assert result.exit_code == 0, result.output
    hit = json.loads(result.stdout)
    assert hit["id"] == str(photos[2])
    assert hit["similarity"] == pytest.approx(1, abs=1e-3)


def test_the_query_is_one_thing(index, photos):
    result = call("search", index, "a dog", "--image", photos[0])
    assert result.exit_code and "Give one thing" in result.output


def test_an_image_is_classified_by_texts(run, photos):
    result = call(
        *["predict", run, photos[0], photos[1], "--jsonl"],
        *["--labels", "a circle, a square,a triangle"],
    )
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["id"] for row in rows] == [str(p) for p in photos[:2]]
    for row in rows:
        shares = row["probability"]
        assert list(shares) == ["a circle", "a square", "a triangle"]
        assert sum(shares.values()) == pytest.approx(1, abs=1e-3)
        assert max(shares, key=shares.get) == row["label"]


def test_a_table_of_texts_is_indexed(run, photos, tmp_path):
    table = tmp_path / "texts.csv"
    table.write_text("id,text\none,a red circle\ntwo,a blue square\n")
    out = tmp_path / "index"
    result = call("index", run, table, "--out", out, "--field", "text")
    assert result.exit_code == 0, result.output
    result = call("search", out, "a blue square", "--top", 1)
    assert result.stdout.split("\t")[1:] == ["two", "a blue square\n"]
    result = call("search", out, "--image", photos[0], "--top", 2)
    assert len(result.stdout.splitlines()) == 2


def test_an_approximate_index_says_what_it_misses(run, photos, tmp_path):
    out = tmp_path / "index"
    folder = photos[0].parent
    result = call("index", run, folder, "--out", out, "--approximate")
    assert result.exit_code == 0, result.output
    assert "it finds 100.0% of the ten nearest" in result.output
    found = [
        call("search", out, "a red circle", *options).stdout
        for options in ([], ["--exact"])
    ]
    assert found[0] == found[1] != ""


def test_other_models_are_refused(run, index, tmp_path):
    other = shutil.copytree(run, tmp_path / "other")
    card = atomic.read_json(other / "task.json")
    card["sha256"] = "0" * 64
    atomic.write_json(other / "task.json", card)
    result = call("search", index, "a dog", "--run", other)
    assert result.exit_code and "another model" in result.output


def test_pairs_have_a_similarity(run, photos, tmp_path):
    table = tmp_path / "pairs.jsonl"
    rows = [
        {"image": str(photos[0]), "text": "a red circle"},
        {"image": "missing.png", "text": "a red circle"},
    ]
    table.write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = call("predict", run, table, "--jsonl")
    assert result.exit_code == 1
    good, bad = map(json.loads, result.stdout.splitlines())
    assert -1 <= good["similarity"] <= 1 and "error" not in good
    assert "missing.png" in bad["error"]


@pytest.mark.slow
def test_texts_and_recordings_are_a_table_of_pairs(tmp_path):
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (12, 2000))
    rows = []
    for i, wave in enumerate(samples):
        soundfile.write(tmp_path / f"{i}.wav", wave, 16000)
        split = ("test", "val", "train", "train")[i % 4]
        row = {"text": f"sound {i % 5}", "audio": f"{i}.wav", "split": split}
        rows.append(row | {"group": f"{i % 3}"})
    table = tmp_path / "pairs.jsonl"
    table.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = command_line.train(
        *[tmp_path, "retrieve-text-audio", "--data", table],
        *["train.epochs=1", "train.batch_size=4", "data.min_count=1"],
        *["data.audio_seconds=0.125", "model.dim=8", "train.precision=float32"],
    )
    scores = atomic.read_json(run / "results.json")["val"]["metrics"]
    assert 0 <= scores["text_to_audio_recall_5"] <= 1
    result = call(
        *["index", run, tmp_path / "3.wav", tmp_path / "5.wav"],
        *["--out", tmp_path / "sounds", "--field", "audio"],
    )
    assert result.exit_code == 0, result.output
    result = call("search", tmp_path / "sounds", "sound 3", "--top", 1)
    assert result.exit_code == 0 and ".wav" in result.stdout


def test_transcripts_replace_the_texts_of_a_split(
    run, photos, tmp_path, monkeypatch
):
    def transcribe(transcriber, recordings, progress=None):
        texts = ["a red circle", "", "a blue square"]
        return texts, ["", "no words were recognised in it", ""]

    monkeypatch.setattr(transcripts, "transcribe", transcribe)
    table = tmp_path / "spoken.jsonl"
    rows = [
        {"image": str(photo), "text": "as written", "split": "test"}
        for photo in photos[:4]
    ]
    for i, row in enumerate(rows[:3]):
        row["audio"] = f"{i}.wav"
    table.write_text("".join(json.dumps(row) + "\n" for row in rows))
    before = atomic.read_json(run / "results.json")
    arguments = ["evaluate", run, "--data", table, "--split", "test"]
    arguments += ["--transcriber", "whisper:tiny"]
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    assert "(2 transcripts by whisper:tiny)" in result.output
    assert "no words were recognised" in result.output
    results = atomic.read_json(run / "results.json")
    scores = results.pop("test-transcripts")["metrics"]
    assert scores["text_to_image_recall_5"] == 1 and results == before
    result = call(*arguments, "--results", tmp_path)
    assert result.exit_code and "leave out" in result.output


@pytest.mark.slow
def test_of_three_modalities_any_may_be_absent(tmp_path):
    table = tmp_path / "clips.jsonl"
    splits = [
        multimodal_rows.rows(split, count)
        for split, count in (("train", 24), ("val", 12), ("test", 12))
    ]
    rows = multimodal_rows.lines(tmp_path, *splits)
    rows[3]["text"] = None
    table.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = command_line.train(
        *[tmp_path, "retrieve-image-text-audio", "--data", table],
        *["train.epochs=1", "train.batch_size=8", "data.min_count=1"],
        *["data.audio_seconds=0.125", "data.image_size=16", "model.dim=8"],
        *["train.precision=float32"],
    )
    for verb in ("evaluate", "report"):
        result = call(verb, run, "--split", "test")
        assert result.exit_code == 0, result.output
        assert "recall at 1, audio to image" in result.output
    image, sound = (
        next(str(tmp_path / row[field]) for row in rows if row.get(field))
        for field in ("image", "audio")
    )
    for query in ([image, "--text", "the sun"], [image, sound]):
        result = call("predict", run, *query, "--jsonl")
        assert result.exit_code == 0, result.output
        assert -1 <= json.loads(result.stdout)["similarity"] <= 1
    result = call("predict", run, sound, "--labels", "sun,moon", "--jsonl")
    assert json.loads(result.stdout)["label"] in ("sun", "moon")
    out = tmp_path / "sounds"
    result = call("index", run, sound, "--out", out, "--field", "audio")
    assert result.exit_code == 0, result.output
    for query in (["the sun"], ["--image", image], ["--audio", sound]):
        result = call("search", out, *query)
        assert result.exit_code == 0 and sound in result.stdout
