import pytest

from mmkeras.metrics.bleu import corpus_bleu
from mmkeras.metrics.cider import cider
from mmkeras.metrics.meteor import meteor
from mmkeras.metrics.rouge import rouge_l

DOG = ["a", "dog"]


@pytest.mark.parametrize("score", [corpus_bleu, rouge_l, meteor, cider])
@pytest.mark.parametrize(
    ("candidates", "references", "message"),
    [
        ([DOG, DOG], [[DOG]], "2 candidates and 1 lists of references"),
        ([DOG], [[DOG], [DOG]], "1 candidates and 2 lists of references"),
        ([], [], "`candidates` must be a list .* not empty"),
        ("a dog", [[DOG]], "`candidates` must be a list"),
        ([DOG], "a dog", "`references` must be a list"),
        ([DOG, DOG], [[DOG], []], r"at least one .*references\[1\]=\[\]"),
        (["a dog"], [[DOG]], r"`candidates\[0\]` must be a list of tokens"),
        ([DOG], ["a dog"], r"`references\[0\]` must be a list of sentences"),
        ([DOG], [[DOG, "a dog"]], r"`references\[0\]\[1\]`.*'a dog'.*tokenize"),
        ([DOG], [DOG], r"`references\[0\]\[0\]` must be a list of tokens"),
        ([None], [[DOG]], r"`candidates\[0\]`.*Received: None"),
    ],
)
def test_refuses(score, candidates, references, message):
    with pytest.raises(ValueError, match=message):
        score(candidates, references)


def test_long_values_are_cut_in_messages():
    with pytest.raises(ValueError, match="dog.*") as error:
        rouge_l(["dog " * 1000], [[DOG]])
    assert len(str(error.value)) < 300
