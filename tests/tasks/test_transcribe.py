"""Speech recognition: from the bytes of files to texts and error rates."""

import json

import keras
import numpy as np
import pytest
from architectures import tiny
from checks import numpy
from checks import only_tensorflow
from checks import randomize

import mmkeras
from mmkeras import losses
from mmkeras import serving
from mmkeras.data import batches
from mmkeras.data import check
from mmkeras.data import codecs
from mmkeras.data import datasets
from mmkeras.data import encoding
from mmkeras.data.codecs.waveforms import to_wav
from mmkeras.tasks import Transcribe
from mmkeras.tasks import fit_codecs
from mmkeras.tasks import frozen_parts
from mmkeras.tasks import options
from mmkeras.training import config_keys
from mmkeras.training import recipes
from mmkeras.training import training_model
from mmkeras.training.examples import Examples

RATE = 16000
LETTERS = "abcdef "
END = 2


def spoken(text, seed=0, pause=0.1):
    """A tone of 0.2 s per letter, of a pitch of its own, and pauses."""
    rng = np.random.default_rng(seed)
    silence = np.zeros(round(pause * RATE))
    parts = [silence]
    for letter in text:
        time = np.arange(round(0.2 * RATE)) / RATE
        pitch = 300 * (2 + LETTERS.index(letter))
        parts += [0.3 * np.sin(2 * np.pi * pitch * time), silence]
    samples = np.concatenate(parts)
    return samples + 0.01 * rng.normal(size=len(samples))


def wav(text, **options):
    return to_wav(spoken(text, **options).astype("float32"), RATE)


@pytest.fixture(scope="module")
def task():
    model = randomize(tiny("transcribe-audio-ctc"), 0.5)
    codec = codecs.Text(list(LETTERS), length=12, split="characters")
    return Transcribe(model, {"audio": codecs.Audio(RATE, 4.0), "text": codec})


ROWS = [
    {"id": text, "audio": wav(text), "text": text}
    for text in ("abcd", "ffabcdea", "a", "bb", "cab")
]


def test_answers_do_not_depend_on_the_other_clips(task):
    files = [row["audio"] for row in ROWS]
    together = task.answer({"audio": [*files, b"no audio"]})
    for i, file in enumerate(files[:2]):
        alone = task.answer({"audio": [file]})
        assert alone["text"][0] == together["text"][i]
        assert alone["score"][0] == pytest.approx(together["score"][i], 1e-3)
    assert together["text"][-1] == "" and together["error"][-1]
    assert len(set(together["text"])) > 2
    assert set("".join(together["text"])) <= set(LETTERS)


def test_a_prefix_beam_search_is_at_least_as_likely(task):
    files = [row["audio"] for row in ROWS]
    greedy = task.answer({"audio": files})
    beam = task.answer({"audio": files}, beam=8)
    count = [len(text) + 1 for text in greedy["text"]]
    better = [len(text) + 1 for text in beam["text"]]
    gain = beam["score"] * better - greedy["score"] * count
    assert (gain > -1e-3).all()


def test_examples_are_cut_and_sorted_but_in_order(task):
    examples = Examples(task, ROWS, keep=False)
    assert examples.lengths.tolist() == [
        len(spoken(row["text"])) for row in ROWS
    ]
    x = examples.inputs(np.array([2, 3]))["audio"]
    assert x.shape == (2, 11200)  # The longer one, to a multiple of 1600.
    outputs = examples.outputs(batch_size=2)
    answers = task.answer({"audio": [row["audio"] for row in ROWS]})
    assert task.target.texts(outputs) == answers["text"].tolist()
    np.testing.assert_array_equal(examples.choices(batch_size=2), outputs)
    whole = Examples(task, ROWS, keep=False).loss(batch_size=5)
    assert examples.loss(batch_size=1) == pytest.approx(whole, rel=1e-3)


def test_batches_are_as_long_as_their_longest_clip(task):
    rows = [
        {"id": str(i), "audio": wav("abcdefab"[: 1 + i % 8]), "text": "ab"}
        for i in range(32)
    ]
    examples = Examples(task, rows, keep=False)
    batching = batches.Batching(4, bucket_by_length=True)
    sizes = [
        x["audio"].shape[1]
        for x, _, _ in batches.training(examples, batching, 1)
    ]
    assert len(sizes) == 8 and len(set(sizes)) == 8
    padding = 1 - examples.lengths.sum() / (4 * np.sum(sizes))
    assert padding < 0.15


def test_texts_are_scored_in_the_form_of_the_codec(task):
    rows = [{**ROWS[0], "text": "A, B"}, {**ROWS[1], "text": "abc"}]
    tokens = task.target.ids(["a c", "ab"])
    statistics = task.statistics(rows, None, tokens)
    assert statistics.tolist() == [[1, 2, 1, 3], [1, 1, 1, 3]]
    assert list(task.headline_scores(statistics)) == [
        "word_error_rate",
        "character_error_rate",
    ]
    assert task.monitor(None) == "character_error_rate"


def test_clips_too_short_for_their_text_are_named(task, tmp_path):
    short = {"id": "short", "audio": wav(""), "text": "abcdefab"}
    examples = Examples(task, [*ROWS, short], keep=False)
    [(name, error)] = examples.errors
    assert name == "short"
    assert "needs 8 steps" in error and "the audio has 3" in error
    files = {f"{row['id']}.wav": row for row in [*ROWS, short]}
    for file, row in files.items():
        (tmp_path / file).write_bytes(row["audio"])
    table = tmp_path / "table.jsonl"
    lines = [
        json.dumps({"audio": file, "text": row["text"], "split": split})
        for (file, row), split in zip(files.items(), ["train", "val"] * 3)
    ]
    table.write_text("\n".join(lines))
    report = check.check(table, kind="transcripts")
    [problem] = [p for p in report.problems if p.kind == "short"]
    assert problem.where == str(tmp_path / "short.wav")
    assert "3 steps of 40 ms" in problem.detail and "needs 8" in problem.detail


def test_a_table_needs_audio_and_text():
    rows = [{"audio": "a.wav", "text": "a"}, {"audio": "b.wav", "text": None}]
    data = datasets.scan(rows, kind="transcripts")
    assert [row["text"] for row in data.rows] == ["a"]
    [problem] = data.problems
    assert "nothing in `text`" in problem.detail


@pytest.fixture(scope="module")
def joint():
    model = randomize(tiny("transcribe-audio-transformer"), 0.5)
    codec = codecs.Text(list(LETTERS), length=12, split="characters")
    return Transcribe(model, {"audio": codecs.Audio(RATE, 4.0), "text": codec})


def test_a_decoder_is_trained_with_ctc(joint):
    examples = Examples(joint, ROWS, keep=False)
    recipe = recipes.get("transcribe-audio-transformer")
    model = training_model.build(joint, recipe)
    x, y, weight = examples.batch(np.arange(len(ROWS)))
    outputs = model({k: keras.ops.array(v) for k, v in x.items()})
    ids = keras.ops.convert_to_numpy(outputs["ctc"]["ids"])
    assert joint.target.texts(ids) == [row["text"] for row in ROWS]
    loss = model.compute_loss(x, y, outputs, weight)
    losses = {m.name: float(m.result()) for m in model.loss_means}
    assert list(losses) == ["text_loss", "ctc_loss"]
    assert min(losses.values()) > 0
    weighted = 0.7 * losses["text_loss"] + 0.3 * losses["ctc_loss"]
    assert float(loss) == pytest.approx(weighted, rel=1e-5)


@pytest.mark.slow
def test_a_decoder_answers_whatever_the_other_clips(joint):
    examples = Examples(joint, ROWS, keep=False)
    alone = joint.answer({"audio": [ROWS[2]["audio"]]}, beam=2)
    texts = joint.target.texts(examples.outputs(batch_size=2, beam=2))
    assert texts[2] == alone["text"][0]
    loss = examples.loss(batch_size=5)
    assert examples.loss(batch_size=2) == pytest.approx(loss, rel=1e-3)


def test_ctc_scores_what_the_decoder_generates(joint):
    files = [ROWS[2]["audio"], wav("")]  # Of so few steps that all texts end.
    raw, _ = encoding.pack_batch(joint.codecs, {"audio": files})
    audio = keras.ops.convert_to_tensor(joint.encode_batch(raw)[0]["audio"])
    options = {"beam": 3, "ctc_weight": 1.0, "length_penalty": 0.0}
    outputs = joint.inference(**options)({"audio": audio})
    ids = numpy(outputs["tokens"])
    assert (ids == END).any(axis=1).all() and (ids > END).any()
    ids = np.where(ids == END, 0, ids)
    start = keras.ops.ones((2, 1), "int32")
    logits = joint.model({"audio": audio, "tokens": start})["ctc"]
    expected = -numpy(losses.ctc_loss(ids, logits))
    np.testing.assert_allclose(numpy(outputs["score"]), expected, rtol=1e-3)
    options["ctc_weight"] = 0.0
    plain = joint.inference(**options)({"audio": audio})
    assert (numpy(plain["tokens"]) != numpy(outputs["tokens"])).any()


def test_only_models_with_ctc_have_its_weight():
    keys = config_keys.keys("transcribe-audio-transformer")
    assert keys["generate.ctc_weight"].default == 0
    for name in ("transcribe-audio-ctc", "translate-audio-transformer"):
        assert "generate.ctc_weight" not in config_keys.keys(name)


@only_tensorflow
@pytest.mark.slow
def test_a_joint_search_is_exported(joint, tmp_path):
    options = {"beam": 3, "ctc_weight": 0.4}
    folder = serving.export(joint, tmp_path / "export", **options)
    files = [row["audio"] for row in ROWS]
    expected = joint.answer({"audio": files}, **options)
    exported = serving.load(folder).predict({"audio": files})
    assert list(exported["text"]) == expected["text"].tolist()


@pytest.mark.parametrize("subwords", ["unigram", "bpe"])
def test_subwords_keep_case_and_punctuation(subwords):
    rows = [{**row, "text": f"{row['text'].title()}!"} for row in ROWS]
    texts = [row["text"] for row in rows]
    chosen = options.DataOptions(vocabulary_size=20, subwords=subwords)
    words = fit_codecs.fit_text(texts, chosen, Transcribe.text_options)
    model = tiny("transcribe-audio-transformer", vocabulary_size=len(words))
    audio = codecs.Audio(RATE, 4.0)
    task = Transcribe(model, {"audio": audio, "text": words})
    ids = np.array(words(texts))
    assert task.target.texts(ids) == texts
    outputs = task.training_outputs(*frozen_parts.training_inputs(model))
    assert outputs["ctc"]["logits"].shape[-1] == len(words)
    statistics = task.statistics(rows, None, ids)
    assert statistics[:, [0, 2]].sum() == 0
    wrong = np.array(words([text.lower() for text in texts]))
    assert task.headline_scores(task.statistics(rows, None, wrong)) == {
        "word_error_rate": 1.0,
        "character_error_rate": pytest.approx(len(texts) / len("".join(texts))),
    }


def test_a_model_with_other_outputs_is_refused():
    codec = codecs.Text(list(LETTERS[:3]), split="characters")
    fitting = {"audio": codecs.Audio(RATE, 4.0), "text": codec}
    with pytest.raises(ValueError, match="logits of 7 tokens.*sizes .11."):
        Transcribe(tiny("transcribe-audio-ctc"), fitting)


@only_tensorflow
@pytest.mark.slow
def test_learns_tones_and_exports(tmp_path):
    rng = np.random.default_rng(0)
    rows = []
    for i in range(96):
        text = "".join(rng.choice(list("abc"), rng.integers(1, 5)))
        split = "train" if i < 80 else "val"
        audio = wav(text, seed=i)
        rows.append({"audio": audio, "text": text, "split": split})
    keras.utils.set_random_seed(0)
    task = mmkeras.train(
        "transcribe-audio-ctc",
        rows,
        tmp_path / "run",
        epochs=30,
        batch_size=8,
        learning_rate=5e-3,
        config={"model.dim": 32, "model.depth": 1, "data.audio_seconds": 2.0},
    )
    scores = mmkeras.evaluate(tmp_path / "run", data=rows)
    assert scores["character_error_rate"] < 0.2
    assert 0 <= scores["word_error_rate_low"] <= scores["word_error_rate"]
    folder = serving.export(task, tmp_path / "export", beam=4)
    files = [row["audio"] for row in rows[80:83]]
    expected = task.answer({"audio": files}, beam=4)
    exported = serving.load(folder).predict({"audio": files})
    assert list(exported["text"]) == list(expected["text"])
