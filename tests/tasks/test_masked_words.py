import pytest

from mmkeras.tasks import masked_words


def test_words_of_kinds():
    assert "red" in masked_words.get("colours", "en")
    both = masked_words.get("colours+persons")
    assert {"blue", "women"} <= set(both)
    assert len(set(both)) == len(both)
    assert all(word == word.lower() and word.isalpha() for word in both)
    assert masked_words.get(None, "de") == ()


@pytest.mark.parametrize(
    ("name", "language", "message"),
    [
        ("shapes", "en", "colours or persons.*data.mask_words=shapes"),
        ("colours", "de", "English. Received: .*task.source=de"),
    ],
)
def test_others_are_refused(name, language, message):
    with pytest.raises(ValueError, match=message):
        masked_words.get(name, language)
