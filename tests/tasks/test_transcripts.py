"""Transcripts of recordings take the place of texts."""

import image_files
import numpy as np
import pytest
import tiny_presets
import tiny_tasks
from checks import only_tensorflow

import mmkeras
from mmkeras.data.codecs.waveforms import to_wav
from mmkeras.tasks import transcripts
from mmkeras.tasks import whisper_fallback

pytestmark = [only_tensorflow, pytest.mark.usefixtures("eager_models")]
RATE = 16000


@pytest.fixture(scope="module")
def whisper(tmp_path_factory):
    folder = tmp_path_factory.mktemp("network") / "whisper"
    return f"whisper:{tiny_presets.speaking_whisper(folder)}"


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Two recordings, one of silence, and a file that is none."""
    folder = tmp_path_factory.mktemp("clips")
    noise = np.random.default_rng(0).normal(0, 0.2, (2, 6000))
    contents = [to_wav(x.clip(-1, 1).astype("float32"), RATE) for x in noise]
    contents += [to_wav(np.zeros(6000, "float32"), RATE), b"no audio"]
    paths = [folder / f"{i}.wav" for i in range(len(contents))]
    for path, content in zip(paths, contents):
        path.write_bytes(content)
    return [str(path) for path in paths]


@pytest.fixture
def recognised(clips, monkeypatch):
    """Transcripts as a trained network would write them."""
    by_clip = {
        clips[0]: ("a red dog", ""),
        clips[1]: ("the green dog", ""),
        clips[2]: ("", "no words were recognised in it"),
        clips[3]: ("", "not an audio file"),
    }

    def transcribe(transcriber, recordings, progress=None):
        assert transcriber == "whisper:tiny"
        return tuple(map(list, zip(*map(by_clip.get, recordings))))

    monkeypatch.setattr(transcripts, "transcribe", transcribe)


def test_texts_are_those_of_the_transcriber(whisper, clips, monkeypatch):
    # The texts of random weights are bad: sampling takes long.
    monkeypatch.setattr(whisper_fallback, "TEMPERATURES", ())
    counts = []
    texts, errors = transcripts.transcribe(
        whisper, clips, lambda *pair: counts.append(pair)
    )
    task = mmkeras.load(whisper)
    options = task.generation_options()
    expected = task.answer({"audio": clips[:2]}, **options)["text"]
    assert texts[:2] == [text.strip() for text in expected] and all(texts[:2])
    assert errors[:2] == ["", ""] and texts[2:] == ["", ""]
    assert "no words" in errors[2] and errors[3] and counts == [(4, 4)]


@pytest.mark.usefixtures("recognised")
def test_rows_without_words_are_left_out(clips):
    task = tiny_tasks.build("retrieve-image-text")
    rows = [
        {"id": str(i), "image": f"{i}.png", "captions": ["a dog"], "audio": x}
        for i, x in enumerate([*clips, None])
    ]
    replaced, skipped = transcripts.replace_texts(task, rows, "whisper:tiny")
    assert [e["text"] for e in task.examples(replaced)] == [
        "a red dog",
        "the green dog",
    ]
    assert [row["image"] for row in replaced] == ["0.png", "1.png"]
    assert [name for name, _ in skipped] == ["2", "3"]
    with pytest.raises(ValueError, match="3 rows, 2 with a recording, none"):
        transcripts.replace_texts(task, rows[2:], "whisper:tiny")


def test_models_that_do_not_fit_are_refused(clips, tmp_path):
    task = tiny_tasks.build("retrieve-image-audio")
    with pytest.raises(ValueError, match="input `text`"):
        transcripts.replace_texts(task, [], "whisper:tiny")
    other = task.save(tmp_path / "other")
    with pytest.raises(ValueError, match="takes recordings alone"):
        transcripts.transcribe(other, clips)


@pytest.mark.slow
@pytest.mark.usefixtures("recognised")
def test_a_recording_searches_images_by_its_words(clips, tmp_path):
    words = ["a", "dog", "red", "green"]
    task = tiny_tasks.build("retrieve-image-text", vocabulary=words)
    run, photos = task.save(tmp_path / "run"), tmp_path / "photos"
    photos.mkdir()
    image_files.rows(photos, count=3)
    mmkeras.index(run, [photos], tmp_path / "index")

    def search(text=None, **options):
        hits = mmkeras.search(tmp_path / "index", text, top=3, **options)
        return [(hit.name, hit.similarity) for hit in hits]

    hits = search(audio=clips[0], transcriber="whisper:tiny")
    assert hits == search("a red dog") and len(hits) == 3
    with pytest.raises(ValueError, match="--transcriber whisper:PRESET"):
        search(audio=clips[0])
    with pytest.raises(ValueError, match="no words were recognised"):
        search(audio=clips[2], transcriber="whisper:tiny")
    with pytest.raises(ValueError, match="needs a recording"):
        search("a dog", transcriber="whisper:tiny")
