import numpy as np
import pytest
from corpora import captions
from corpora import to_coco
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge

from mmkeras import metrics

NAMES = [
    *("bleu_1", "bleu_2", "bleu_3", "bleu_4", "rouge_l", "meteor", "cider"),
    *("distinct_1", "distinct_2", "vocabulary", "unique", "length"),
]


def joined(sentences):
    return [" ".join(words) for words in sentences]


def assert_equals_coco(scores, references, candidates):
    bleus = Bleu(4).compute_score(references, candidates, verbose=0)[0]
    names = [f"bleu_{n}" for n in range(1, 5)]
    expected = dict(zip(names, bleus)) | {
        "rouge_l": Rouge().compute_score(references, candidates)[0],
        "cider": Cider().compute_score(references, candidates)[0],
    }
    for name, value in expected.items():
        assert scores[name] == pytest.approx(value, abs=1e-6), name


def test_scores_are_those_of_the_metrics():
    candidates, references = captions(50)
    scores = metrics.caption_scores(
        joined(candidates), list(map(joined, references))
    )
    assert list(scores) == NAMES
    assert_equals_coco(scores, *to_coco(candidates, references))
    assert scores["meteor"] == metrics.meteor.meteor(candidates, references)
    assert scores["distinct_1"] == metrics.distinct(candidates, 1)
    assert scores["distinct_2"] == metrics.distinct(candidates, 2)
    assert scores["vocabulary"] == metrics.vocabulary(candidates)
    assert scores["unique"] == metrics.unique_share(candidates)
    assert scores["length"] == pytest.approx(np.mean([*map(len, candidates)]))


def test_captions_are_tokenized():
    candidates = ["A dog's ball.", "The man isn't here!"]
    references = [["a dog 's ball"], ["the man is n't here"]]
    scores = metrics.caption_scores(candidates, references)
    assert scores["cider"] == pytest.approx(10)
    assert scores["bleu_4"] == pytest.approx(1)
    assert scores["length"] == 4.5


def test_captions_that_differ_in_case_are_not_unique():
    scores = metrics.caption_scores(["A dog.", "a dog"], [["x"], ["y"]])
    assert scores["unique"] == 0.5


def test_tokenize_may_be_replaced():
    scores = metrics.caption_scores(
        ["两只狗在跑", "一个人"], [["两只狗在跑"], ["一个男人"]], tokenize=list
    )
    assert scores["vocabulary"] == 8
    assert scores["bleu_1"] == pytest.approx(np.exp(1 - 9 / 8))


def test_arrays_of_strings_are_accepted():
    scores = metrics.caption_scores(np.array(["a dog"]), [np.array(["a dog"])])
    assert scores["rouge_l"] == pytest.approx(1)


def test_empty_captions_score_zero():
    scores = metrics.caption_scores(["", "..."], [["a dog"], ["a cat"]])
    assert scores.pop("unique") == 0.5
    assert set(scores.values()) == {0}


@pytest.mark.parametrize(
    ("candidates", "references", "message"),
    [
        (["a"], [["a"], ["b"]], "1 candidates and 2"),
        ([], [], "not empty"),
        (["a"], ["a"], r"`references\[0\]` must be a list"),
        (["a"], [[]], "at least one reference"),
        ([["a"]], [["a"]], r"`candidates\[0\]` must be a string"),
        (["a"], [["a", ["b"]]], r"`references\[0\]\[1\]` must be a string"),
    ],
)
def test_refuses(candidates, references, message):
    with pytest.raises(ValueError, match=message):
        metrics.caption_scores(candidates, references)


@pytest.mark.realdata
def test_equals_pycocoevalcap_on_flickr8k(data_folder):
    rows = {}
    texts = data_folder / "flickr8k" / "Flickr8k_text"
    lines = (texts / "Flickr8k.token.txt").read_text("utf-8").splitlines()
    for line in lines[:5000]:
        name, caption = line.split("\t")
        rows.setdefault(name.split("#")[0], []).append(caption)
    candidates = [sentences[0] for sentences in rows.values()]
    references = [sentences[1:] for sentences in rows.values()]
    scores = metrics.caption_scores(candidates, references)
    words = [
        [metrics.tokenize(sentence) for sentence in sentences]
        for sentences in (candidates, *references)
    ]
    assert_equals_coco(scores, *to_coco(words[0], words[1:]))
    # The score of one annotator's caption against those of the others.
    assert 0.6 < scores["cider"] < 1.2


def test_statistics_give_the_metrics_of_any_selection_of_items():
    candidates, references = captions(40)
    texts = joined(candidates), list(map(joined, references))
    statistics = metrics.caption_statistics(*texts)
    scores = metrics.caption_scores(*texts)
    expected = {name: scores[name] for name in ("cider", "bleu_4")}
    found = metrics.scores_of_statistics(statistics)
    assert found == pytest.approx(expected, rel=1e-12)
    rows = np.random.default_rng(0).integers(0, 40, 40)
    found = metrics.scores_of_statistics(statistics[rows])
    some = [candidates[i] for i in rows], [references[i] for i in rows]
    assert found["bleu_4"] == metrics.corpus_bleu(*some)[-1]
    assert found["cider"] == pytest.approx(statistics[rows, 0].mean())
