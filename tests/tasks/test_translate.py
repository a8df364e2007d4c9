"""Translation: raw strings in, raw strings out."""

import json
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import numpy
from checks import only_tensorflow

import mmkeras
from mmkeras import metrics
from mmkeras import serving
from mmkeras import tasks
from mmkeras.data import check
from mmkeras.data import codecs
from mmkeras.tasks import fit_codecs
from mmkeras.tasks import frozen_parts
from mmkeras.tasks import options

WORDS = {"dog": "Hund", "cat": "Katze", "red": "roter", "big": "großer"}
PAIRS = [
    (f"A {a} {b} sees\na {c}!", f"Ein {WORDS[a]} {WORDS[b]} sieht {WORDS[c]}.")
    for a in ("red", "big")
    for b in ("dog", "cat")
    for c in ("dog", "cat")
]
ROWS = [
    {"id": str(i), "source": a, "target": b, "languages": ["en", "de"]}
    for i, (a, b) in enumerate(PAIRS)
]


def make(name="translate-text-transformer", data=(), **arguments):
    """An untrained task with subwords of the pairs."""
    fitted = {"image": codecs.Image((16, 16))} if "image" in name else {}
    data = {"max_length": 40, "subwords": "unigram", **dict(data)}
    fitted |= tasks.Translate.fit_texts(ROWS, options.DataOptions(**data))
    target = tasks.Translate.fit_target(fitted, ROWS, [], None, True)
    architecture = mmkeras.get(name)
    fitted |= {"target": target}
    sizes = fit_codecs.builder_arguments(
        fitted, "target", architecture.arguments
    )
    model = mmkeras.build_model(
        name, **{**architecture.tiny, **sizes, **arguments}
    )
    return tasks.Translate(model, fitted)


@pytest.fixture(scope="module")
def task():
    return make()


def test_both_languages_share_the_subwords_and_each_has_its_name(task):
    source, target = task.codecs["source"], task.codecs["target"]
    assert source.vocabulary == target.vocabulary
    assert (source.language, target.language) == ("en", "de")
    assert source.length == 40


SEPARATE = {"vocabularies": "separate", "subwords": "bpe"}


@pytest.fixture(scope="module")
def separate():
    return make("translate-text-lstm", SEPARATE)


def test_each_language_has_its_own_subwords(separate, tmp_path):
    source, target = (separate.codecs[x] for x in ("source", "target"))
    assert "▁dog" in source.vocabulary and "▁Hund" in target.vocabulary
    assert "Hund" not in "".join(source.vocabulary)
    assert "dog" not in "".join(target.vocabulary)
    assert len(source) != len(target) == separate.model.output_shape[-1]
    separate.save(tmp_path)
    again = mmkeras.load(tmp_path)
    assert again.codecs["source"].algorithm == "bpe"
    texts = [a for a, _ in PAIRS] + ["ein Straßenhund \t 中"]
    for task in (separate, again):
        back = task.codecs["source"].decode(task.codecs["source"](texts))
        assert [text.decode() for text in back.numpy()] == texts
    answers = [
        x.answer({"source": texts}, length=8, beam=2)["text"].tolist()
        for x in (separate, again)
    ]
    assert answers[0] == answers[1]


def test_a_joint_vocabulary_is_one_of_both_sizes(task):
    size = len(task.codecs["target"])
    arguments = fit_codecs.builder_arguments(
        task.codecs, "target", mmkeras.get("translate-text-lstm").arguments
    )
    assert arguments == {"vocabulary_size": (size, size)}


@only_tensorflow
@pytest.mark.slow
def test_separate_byte_pairs_are_exported(separate, tmp_path):
    folder = serving.export(separate, tmp_path / "export", beam=2, length=8)
    batch = {"source": [a for a, _ in PAIRS]}
    expected = separate.answer(batch, beam=2, length=8)
    exported = serving.load(folder).predict(batch)
    assert list(exported["text"]) == expected["text"].tolist()


def test_encode_maps_raw_examples(task):
    data = tf.data.Dataset.from_tensor_slices(
        {"source": [a for a, _ in PAIRS], "target": [b for _, b in PAIRS]}
    )
    x, y = next(iter(data.map(task.encode).batch(3)))
    np.testing.assert_array_equal(x["tokens"][:, 1:], y[:, :-1])
    texts = [text.decode() for text in task.codecs["target"].decode(y).numpy()]
    assert texts == [b for _, b in PAIRS[:3]]
    texts = task.codecs["source"].decode(x["source"]).numpy()
    assert texts[0].decode() == PAIRS[0][0]


def test_answers_are_strings_and_a_blank_source_is_an_error(task):
    answers = task.answer({"source": [PAIRS[0][0], " ", None]}, length=5)
    assert answers["error"].tolist()[0] == ""
    assert all("source is missing" in x for x in answers["error"][1:])
    assert isinstance(answers["text"][0], str) and answers["text"][1] == ""
    row = task.table_row("1", {k: v[0] for k, v in answers.items()})
    assert set(row) == {"id", "text", "score"}
    assert task.row_texts(row) == [row["text"]]


def test_padding_of_sources_has_no_effect(task):
    model = task.inference(length=6)
    ids = np.array(task.codecs["source"]([PAIRS[0][0]]))
    short = ids[:, : np.count_nonzero(ids)]
    outputs = [model.predict_on_batch({"source": x}) for x in (ids, short)]
    np.testing.assert_array_equal(*(x["tokens"] for x in outputs))
    scores = [x["score"] for x in outputs]
    np.testing.assert_allclose(*scores, rtol=1e-4, atol=1e-5)


def test_scores_are_those_of_texts(task):
    tokens = np.array(task.target.codec([row["target"] for row in ROWS]))
    tokens[0, 3:] = 0
    tokens[0, 3] = 2
    statistics = task.statistics(ROWS, None, tokens[:, 1:])
    texts = task.target.texts(tokens)
    assert texts[1:] == [row["target"] for row in ROWS[1:]] != texts[:1]
    references = [row["target"] for row in ROWS]
    expected = metrics.translation_scores(texts, references)["bleu"]
    assert task.headline_scores(statistics) == {"bleu": pytest.approx(expected)}
    assert task.metric == "bleu"
    assert any("tok:13a" in note for note in task.score_notes())


def test_a_missing_package_is_named_before_training(tmp_path, monkeypatch):
    rows = [
        {**{k: row[k] for k in ("source", "target")}, "split": split}
        for row, split in zip(ROWS, ["train"] * 6 + ["val"] * 2)
    ]
    assert not any("pip" in note for note in check.check(rows).notes)
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    remedy = r"sacrebleu: pip install 'mmkeras\[translate\]'"
    with pytest.raises(ModuleNotFoundError, match=remedy):
        mmkeras.train("translate-text-lstm", data=rows, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    assert any("sacrebleu" in note for note in check.check(rows).notes)


def test_texts_in_lower_case_have_references_in_lower_case():
    config = {**make().target.codec.get_config(), "lowercase": True}
    words = codecs.Subwords(**config)
    task = make()
    task.target.codec = words
    tokens = np.array(words([row["target"] for row in ROWS]))[:, 1:]
    scores = task.headline_scores(task.statistics(ROWS, None, tokens))
    assert scores["bleu"] == pytest.approx(1)


def test_save_and_load(task, tmp_path):
    task.save(tmp_path)
    again = mmkeras.load(tmp_path)
    batch = {"source": [a for a, _ in PAIRS]}
    for key, values in task.answer(batch, length=8, beam=2).items():
        other = again.answer(batch, length=8, beam=2)[key]
        if key == "score":
            np.testing.assert_allclose(other, values, rtol=1e-4)
        else:
            assert other.tolist() == values.tolist()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["translate-text-transformer", "translate-text-lstm"]
)
def test_learns_the_pairs_by_heart(name):
    keras.utils.set_random_seed(0)
    task = make(name, dim=32, dropout=0.0)
    raw = {key: [row[key] for row in ROWS] for key in ("source", "target")}
    data = tf.data.Dataset.from_tensor_slices(raw).map(task.encode)
    data = data.batch(8).cache().repeat(150)
    loss = mmkeras.losses.TokenCrossentropy()
    task.model.compile(keras.optimizers.Adam(0.01), loss)
    task.model.optimizer.build(task.model.trainable_variables)
    task.model.fit(data, verbose=0)
    for beam in (1, 3):
        texts = task.answer({"source": raw["source"]}, beam=beam)["text"]
        assert texts.tolist() == raw["target"]


@pytest.mark.slow
def test_trains_on_batches_of_tokens(tmp_path, caplog):
    caplog.set_level("INFO")
    rows = [
        {**row, "split": "train" if i < 6 else "val"}
        for i, row in enumerate(ROWS)
    ]
    settings = {"model.dim": 8, "data.max_length": 40}
    mmkeras.train(
        "translate-text-lstm",
        rows,
        tmp_path / "run",
        epochs=2,
        batch_tokens=70,
        config=settings,
    )
    assert "Kept epoch" in caplog.text
    assert "Chosen for" not in caplog.text
    card = json.loads((tmp_path / "run" / "run.json").read_text())
    assert card["arguments"]["train"]["batch_tokens"] == 70
    training = json.loads((tmp_path / "run" / "training.json").read_text())
    assert training["epochs"] == 2


@pytest.mark.parametrize(
    "name", ["translate-text-image-transformer", "translate-text-image-lstm"]
)
def test_the_model_that_is_trained_equals_the_task(name):
    """With images that are shared, absent or cached."""
    task = make(name)
    inputs, given = frozen_parts.training_inputs(task.model)
    outputs = task.training_outputs(inputs, given)
    model = keras.Model(inputs, outputs)
    rng = np.random.default_rng(0)
    tokens = np.array(task.target.codec([b for _, b in PAIRS[:2]]))
    x = {
        "source": np.array(task.codecs["source"]([a for a, _ in PAIRS[:2]])),
        "image": rng.uniform(size=(2, 16, 16, 3)).astype("float32"),
        "presence": np.array([[True, True], [True, False]]),
        "tokens": tokens[:, :-1],
    }
    logits = numpy(task.model(x)).reshape(2 * 39, -1)
    x["positions"] = np.array([0, 3, 39, 45], "int32")
    np.testing.assert_allclose(
        numpy(model(x)), logits[x["positions"]], rtol=1e-4, atol=1e-5
    )


def test_searches_over_sentences_of_any_length_are_not_compiled(task):
    model = task.inference(xla=True, beam=2)
    assert model.get_layer("generator").xla is None
