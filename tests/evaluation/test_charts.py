import numpy as np

from mmkeras import evaluation
from mmkeras.evaluation import charts
from mmkeras.evaluation import figures


def is_png(figure):
    return figures.png(figure).startswith(b"\x89PNG")


def test_fusion_gain_has_a_bar_per_model():
    labels = np.arange(50) % 2
    predicted = {"text": labels, "fusion": 1 - labels}

    def score(labels, predicted):
        return float(np.mean(labels == predicted))

    gain = evaluation.fusion_gain(
        labels, predicted, "fusion", ["text"], score, draws=20
    )
    figure = charts.fusion_gain(gain)
    assert [bar.get_width() for bar in figure.axes[0].patches] == [0, 100]
    assert figure.axes[0].get_title(loc="left") == gain.summary
    assert is_png(figure)


def test_subsets_are_bars_with_all_at_the_bottom():
    subsets = evaluation.all_subsets(lambda s: len(s) / 2, ["a", "b"], 0.0)
    figure = charts.subsets(subsets)
    bars = figure.axes[0].patches
    assert [bar.get_width() for bar in bars] == [100, 50, 50, 0]
    assert "a +50.0, b +50.0" in figure.axes[0].get_title(loc="left")
    assert is_png(figure)


def test_confusion_counts_and_shades_by_row():
    counts = np.array([[3, 1], [0, 8]])
    axes = charts.confusion(counts, ["no", "yes"]).axes[0]
    assert [text.get_text() for text in axes.texts] == ["3", "1", "0", "8"]
    np.testing.assert_allclose(
        axes.images[0].get_array(), [[0.75, 0.25], [0, 1]]
    )
    assert axes.get_ylabel() == "true"


def test_reliability_is_how_often_right_by_how_sure():
    confidence = np.repeat([0.65, 0.95], 100)
    probabilities = np.stack([1 - confidence, confidence], axis=1)
    labels = np.concatenate([np.arange(100) < 60, np.ones(100)]).astype(int)
    axes = charts.reliability(labels, probabilities, bins=10).axes[0]
    heights = [bar.get_height() for bar in axes.patches]
    np.testing.assert_allclose(np.flatnonzero(heights), [6, 9])
    np.testing.assert_allclose([heights[6], heights[9]], [0.6, 1])


def test_answers_are_counted_as_true_and_as_given():
    figure = charts.answers(
        [0, 0, 1, -1], [0, 2, 2, 2], ["a", "b", "c"], max_answers=2
    )
    [axes] = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "c"]
    assert [bar.get_width() for bar in axes.patches] == [2, 0, 1, 3]
    assert is_png(figure)
