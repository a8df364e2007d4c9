"""Scores of translations, beside sacreBLEU and by hand."""

import numpy as np
import pytest
import sacrebleu

from mmkeras import metrics

REFERENCES = [
    "Ein Mann fährt auf einem roten Fahrrad.",
    "Zwei Hunde spielen im Schnee.",
    "Eine Frau singt, und ein Kind tanzt.",
    "Die Leute warten z.B. auf den Bus.",
]
CANDIDATES = [
    "Ein Mann fährt mit einem roten Fahrrad.",
    "zwei Hunde spielen im Schnee .",
    "Eine Frau singt und ein Kind tanzt.",
    "Die Leute warten z.B. auf einen Zug.",
]


ONE = pytest.approx(1)


def test_are_those_of_sacrebleu():
    scores = metrics.translation_scores(CANDIDATES, REFERENCES, "de")
    pair = CANDIDATES, [REFERENCES]
    expected = {
        "bleu": sacrebleu.corpus_bleu(*pair),
        "bleu_lowercase": sacrebleu.corpus_bleu(*pair, lowercase=True),
        "chrf": sacrebleu.corpus_chrf(*pair),
        "ter": sacrebleu.corpus_ter(*pair),
    }
    for name, score in expected.items():
        assert scores[name] == pytest.approx(score.score / 100)
    assert scores["bleu"] < scores["bleu_lowercase"] < 1


def test_bleu_of_tokens_by_hand():
    """2 of 3 words, 1 of 2 pairs; nothing longer, so 0 without smoothing."""
    scores = metrics.translation_scores(["a b c"], ["a b d"], "en")
    assert scores["bleu_tokenized"] == 0
    # "z.B." stays one word of German; commas and points are words.
    pair = ["Die Leute, z.B. HIER, warten."], ["die leute, z.B. hier, warten ."]
    assert metrics.translation_scores(*pair, "de")["bleu_tokenized"] == ONE
    words = "die leute warten heute auf den".split()
    other = [*words[:5], "einen"]
    score = metrics.translation_scores(
        [" ".join(words)], [" ".join(other)], "de"
    )
    expected = (5 / 6 * 4 / 5 * 3 / 4 * 2 / 3) ** 0.25
    assert score["bleu_tokenized"] == pytest.approx(expected)


def test_no_language_no_tokenizer():
    scores = metrics.translation_scores(CANDIDATES, REFERENCES)
    assert set(scores) == {"bleu", "bleu_lowercase", "chrf", "exact", "ter"}


def test_exact_translations():
    texts = ["Ein Hund.", "ein Hund.", "Ein Hund ."]
    assert metrics.translation_scores(texts, texts[:1] * 3)["exact"] == 1 / 3


def test_bleu_of_any_selection_follows_from_statistics():
    statistics = metrics.translation_statistics(CANDIDATES, REFERENCES)
    assert statistics.shape == (4, 10)
    rng = np.random.default_rng(0)
    for order in ([0, 1, 2, 3], *rng.integers(0, 4, (5, 6))):
        texts = [[part[i] for i in order] for part in (CANDIDATES, REFERENCES)]
        expected = sacrebleu.corpus_bleu(texts[0], [texts[1]]).score / 100
        actual = metrics.bleu_of_statistics(statistics[np.array(order)])
        assert actual == pytest.approx(expected)


def test_signatures_tell_how_scores_are_computed():
    signatures = metrics.translation_signatures()
    version = sacrebleu.__version__
    expected = f"nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:{version}"
    assert signatures["bleu"] == expected
    assert "case:lc" in signatures["bleu_lowercase"]
    assert set(signatures) == {"bleu", "bleu_lowercase", "chrf", "ter"}


@pytest.mark.parametrize(
    "function", [metrics.translation_scores, metrics.translation_statistics]
)
def test_lists_of_other_lengths_are_refused(function):
    with pytest.raises(ValueError, match="same length"):
        function(["a"], ["a", "b"])
