"""One path evaluates every task, captions as well as classes."""

import collections

import image_files
import numpy as np
import pytest
import tiny_captioners
import tiny_tasks

from mmkeras import evaluation
from mmkeras import metrics
from mmkeras.evaluation import bootstrap
from mmkeras.evaluation import tables
from mmkeras.training.examples import Examples

pytestmark = pytest.mark.usefixtures("eager_models", "module_cache")
WORDS = ["a red dog", "a blue cat sees", "a cat", "red cat sees a dog"]
COUNT = 8


@pytest.fixture(scope="module")
def captioned():
    """Examples of images with several captions, one of them for all."""
    task = tiny_captioners.tiny("caption-cnn-lstm")
    rows = []
    for i in range(COUNT):
        pixels = np.roll(image_files.ramp(), 17 * i, axis=i % 3)
        captions = [WORDS[i % 4], "a dog", WORDS[(i + i // 4) % 4]]
        image = image_files.save(pixels, "PNG")
        rows.append({"id": f"{i}", "image": image, "captions": captions})
    return Examples(task, rows, keep=False)


@pytest.fixture(scope="module")
def captions(captioned):
    outputs = captioned.outputs(beam=2)
    scores, subsets = evaluation.evaluate(captioned, 50, 3, outputs)
    return outputs, scores, subsets


def texts_and_references(examples, outputs):
    rows, texts = examples.task.texts(examples, outputs)
    return texts, [row["captions"] for row in rows]


def test_captions_have_the_metrics_of_captions(captioned, captions):
    outputs, scores, subsets = captions
    expected = metrics.caption_scores(*texts_and_references(captioned, outputs))
    assert {name: scores[name] for name in expected} == expected
    assert scores["shuffle_gap"] == evaluation.shuffle_gap(captioned)
    assert subsets.scores["image",] == pytest.approx(scores["cider"])


def test_the_baseline_is_the_most_frequent_caption(captioned, captions):
    texts, references = texts_and_references(captioned, captions[0])
    all_captions = [text for captions in references for text in captions]
    [(text, _)] = collections.Counter(all_captions).most_common(1)
    expected = metrics.caption_scores([text] * len(texts), references)
    assert text == "a dog"
    for name in ("cider", "bleu_4"):
        baseline = captions[1][f"{name}_majority"]
        assert baseline == pytest.approx(expected[name], rel=1e-9)


def test_intervals_of_captions_are_over_images(captioned, captions):
    texts, references = texts_and_references(captioned, captions[0])
    samples = []
    for rows in bootstrap.resampled(COUNT, draws=50, seed=3):
        candidates = [metrics.tokenize(texts[i]) for i in rows]
        others = [[metrics.tokenize(x) for x in references[i]] for i in rows]
        samples.append(metrics.corpus_bleu(candidates, others)[-1])
    expected = bootstrap.interval(samples)
    bounds = tuple(captions[1][f"bleu_4_{end}"] for end in ("low", "high"))
    assert bounds == pytest.approx(expected)
    low, high = (captions[1][f"cider_{end}"] for end in ("low", "high"))
    assert low < captions[1]["cider"] < high


def test_mismatched_captions_are_those_of_other_images(captioned, captions):
    """Three cycles through all images, as those of any other mismatch."""
    texts, references = texts_and_references(captioned, captions[0])

    def score(replaced):
        order = replaced.get("image", np.arange(COUNT))
        permuted = [texts[i] for i in order]
        return metrics.caption_scores(permuted, references)["cider"]

    drops = evaluation.mismatched(score, ["image"], COUNT, None, 3, seed=3)
    drop = captions[1]["cider_mismatch_image"]
    assert drop == pytest.approx(drops["mismatch_image"])
    assert "cider_mismatch_within_image" not in captions[1]


def test_a_captioning_model_predicts_once(captioned, captions, monkeypatch):
    monkeypatch.setattr(captioned, "outputs", None)  # Not to be called.
    monkeypatch.setattr(captioned, "choices", None)
    _, scores, _ = captions
    again, _ = evaluation.evaluate(captioned, 50, 3, captions[0])
    assert again == scores


def test_one_image_has_no_mismatch(captioned):
    examples = Examples(captioned.task, captioned.rows[:1], keep=False)
    scores, _ = evaluation.evaluate(examples, draws=2)
    assert not any("mismatch" in name for name in scores)
    assert "shuffle_gap" not in scores and scores["cider_majority"] == 0


def test_every_subset_of_a_classifier_is_predicted_once(monkeypatch):
    task = tiny_tasks.build("classify-image-text-bow")
    rows = [
        {
            "id": str(i),
            "text": f"word{i % 3}",
            "image": image_files.save(image_files.ramp(), "PNG"),
            "label": str(i % 2),
        }
        for i in range(6)
    ]
    examples = Examples(task, rows, keep=False)
    calls = []
    for name in ("outputs", "choices"):
        original = getattr(examples, name)

        def predict(
            fields=None, permutations=None, original=original, **options
        ):
            calls.append(None if permutations else fields)
            return original(fields, permutations, **options)

        monkeypatch.setattr(examples, name, predict)
    scores, subsets = evaluation.evaluate(examples, draws=20)
    mismatched = 2 * 2 * 3  # Fields, among all or within labels, repeats.
    fields = task.fields
    assert collections.Counter(calls) == {
        None: 1 + mismatched,
        **{(field,): 1 for field in fields},
    }
    assert scores["accuracy_low"] <= scores["accuracy"]
    assert scores["accuracy"] <= scores["accuracy_high"]
    assert scores["accuracy"] == subsets.scores[tuple(fields)]
    assert set(subsets.choices) == set(subsets.scores)


def test_tables_show_intervals_beside_scores():
    scores = {"cider": 0.5, "cider_low": 0.4, "cider_high": 0.61}
    scores |= {"cider_majority": 0.1, "accuracy": 0.75, "majority": 0.5}
    table = tables.scores("", {"": scores})
    rows = list(zip(*(column.cells for column in table.columns)))
    assert rows == [
        ("CIDEr", "0.500 (0.400 to 0.610)"),
        ("accuracy", "75.0 %"),
        ("majority baseline", "50.0 %"),
        ("CIDEr: majority baseline", "0.100"),
    ]
