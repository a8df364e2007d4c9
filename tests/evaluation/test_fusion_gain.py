import json

import numpy as np
import pytest

from mmkeras import evaluation


def accuracy(labels, predictions):
    return float(np.mean(labels == predictions))


def noisy(labels, share, seed):
    """Predictions right about that often, independently."""
    wrong = np.random.default_rng(seed).random(len(labels)) >= share
    return np.where(wrong, 1 - labels, labels)


@pytest.fixture(scope="module")
def labels():
    return np.random.default_rng(0).integers(0, 2, 2000)


def compare(labels, text, image, fusion, **options):
    predicted = {
        "majority": np.ones_like(labels),
        "text": text,
        "image": image,
        "fusion": fusion,
    }
    options = {"draws": 300, **options}
    return evaluation.fusion_gain(
        labels, predicted, "fusion", ("text", "image"), accuracy, **options
    )


def test_fusion_that_pays(labels):
    predicted = [
        noisy(labels, share, i) for i, share in enumerate((0.7, 0.8, 0.9))
    ]
    comparison = compare(labels, *predicted)
    assert comparison.best == "image" and comparison.is_significant
    gain, low, high = comparison.gains["image"]
    assert gain == pytest.approx(
        accuracy(labels, predicted[2]) - comparison.scores["image"][0]
    )
    assert low < 0.1 < high and low < gain < high
    assert comparison.summary.startswith("Fusion helps: +")
    assert "over image alone (95 % interval +" in comparison.summary


def test_fusion_that_is_text_again_does_not_pay(labels):
    text = noisy(labels, 0.8, 1)
    almost = text.copy()
    almost[:3] = labels[:3]
    comparison = compare(labels, text, noisy(labels, 0.6, 2), almost)
    assert not comparison.is_significant
    assert comparison.summary.startswith(
        "Fusion does not help significantly: +"
    )
    assert "over text alone" in comparison.summary


def test_fusion_that_harms(labels):
    predicted = [
        noisy(labels, share, i) for i, share in enumerate((0.9, 0.6, 0.7))
    ]
    assert compare(labels, *predicted).summary.startswith("Fusion hurts: -")


def test_intervals_are_those_of_a_binomial(labels):
    text = noisy(labels, 0.8, 1)
    comparison = compare(labels, text, text, text, draws=2000)
    score, low, high = comparison.scores["text"]
    deviation = np.sqrt(score * (1 - score) / len(labels))
    assert low == pytest.approx(score - 1.96 * deviation, abs=0.003)
    assert high == pytest.approx(score + 1.96 * deviation, abs=0.003)
    assert comparison.gains["text"] == (0, 0, 0)


def test_what_belongs_together_is_drawn_together(labels):
    """Copies of an example tell nothing new: the interval is no narrower."""
    some = labels[:200]
    predicted = [
        noisy(some, share, i) for i, share in enumerate((0.7, 0.8, 0.9))
    ]
    groups = np.repeat(np.arange(200), 10)
    many = [np.repeat(x, 10) for x in (some, *predicted)]
    plain, grouped = compare(*many), compare(*many, groups=groups)
    alone = compare(some, *predicted)

    def width(comparison):
        _, low, high = comparison.scores["text"]
        return high - low

    assert width(grouped) == pytest.approx(width(alone), rel=0.2)
    assert width(plain) < 0.5 * width(grouped)


def test_the_seed_decides_and_json_holds_it(labels):
    text = noisy(labels, 0.8, 1)
    first, again = (compare(labels, text, text, text) for _ in range(2))
    assert first == again != compare(labels, text, text, text, seed=1)
    report = json.loads(json.dumps(first.to_json()))
    assert report["summary"] == first.summary


def test_predictions_of_other_examples_are_refused(labels):
    with pytest.raises(
        ValueError, match="2000 predictions of 'image'.*Received: 5"
    ):
        compare(labels, labels, labels[:5], labels)
    with pytest.raises(ValueError, match=r"missing: \['audio'\]"):
        evaluation.fusion_gain(
            labels, {"fusion": labels}, "fusion", ("audio",), accuracy
        )
