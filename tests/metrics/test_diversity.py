import pytest

from mmkeras.metrics import diversity

CAPTIONS = [["a", "dog", "a", "dog"], ["a", "cat"], ["a", "cat"]]


def test_distinct():
    assert diversity.distinct(CAPTIONS) == pytest.approx(3 / 8)
    # a-dog, dog-a, a-dog, a-cat, a-cat.
    assert diversity.distinct(CAPTIONS, 2) == pytest.approx(3 / 5)
    assert diversity.distinct(CAPTIONS, 4) == 1
    assert diversity.distinct(CAPTIONS, 5) == 0


def test_vocabulary():
    assert diversity.vocabulary(CAPTIONS) == 3
    assert diversity.vocabulary([[]]) == 0


def test_unique_share():
    assert diversity.unique_share(CAPTIONS) == pytest.approx(2 / 3)
    assert diversity.unique_share([["a"], ["b"]]) == 1


@pytest.mark.parametrize(
    "measure",
    [diversity.distinct, diversity.vocabulary, diversity.unique_share],
)
@pytest.mark.parametrize("candidates", [[], "a dog", ["a dog"]])
def test_refuses(measure, candidates):
    with pytest.raises(ValueError, match="Received"):
        measure(candidates)
