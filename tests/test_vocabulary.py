"""Names are the standard terms of the field; what was renamed stays away."""

import io
import pathlib
import re
import tokenize

import pytest

ROOT = pathlib.Path(__file__).parents[1]
FOLDERS = ("mmkeras", "zoo", "benchmarks")
# Parts of names in snake case or camel case, and the term in their place.
RETIRED = {
    "asked": "question",
    "dice": "uniforms",
    "ear": "audio_encoder, spectrogram",
    "eye": "image_encoder",
    "held": "dialogue, run, count",
    "judge": "classifier, predictor",
    "judged": "predictions",
    "judgement": "prediction",
    "lane": "beam",
    "lanes": "beams",
    "payoff": "fusion_gain",
    "perceive": "encode",
    "picture": "image",
    "pictures": "images",
    "rivals": "unimodal",
    "said": "text_features, answer, caption",
    "told": "options, report",
    "trade": "task",
    "world": "synthetic data set",
    "worlds": "synthetic data sets",
}
# Whole names that say what happened to a value, not what it is.
VAGUE = {
    "apart",
    "beside",
    "drawn",
    "found",
    "gone",
    "heard",
    "instead",
    "kept",
    "known",
    "least",
    "made",
    "most",
    "now",
    "seen",
    "shown",
    "taken",
    "there",
    "was",
    "whose",
}
# Words of their own in texts; an ear, a world or a trade may be meant.
RETIRED_IN_TEXTS = ("lanes", "payoff", "picture", "pictures")
# Data and addresses: captions, columns of tables, quoted sources.
QUOTED = {
    "mmkeras/data/datasets/columns.py",
    "mmkeras/data/datasets/flickr8k.py",
    "mmkeras/data/synthetic/shapes_captions.py",
    "mmkeras/training/published.py",
}


def sources():
    return [
        path
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]


def parts(name):
    """Splits a name in snake case or camel case into lower-case parts."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return [part.lower() for part in split.split("_") if part]


def tokens(text):
    return tokenize.generate_tokens(io.StringIO(text).readline)


def names(text):
    for name, other in ((".eye(", ".identity("), (".now(", ".today(")):
        text = text.replace(name, other)  # Names of NumPy and Python.
    return {x.string for x in tokens(text) if x.type == tokenize.NAME}


def retired_names(text):
    return sorted(
        name
        for name in names(text)
        if not RETIRED.keys().isdisjoint(parts(name))
    )


def retired_words(text):
    words = re.findall(r"[a-z]+", text.lower())
    return sorted(set(words) & set(RETIRED_IN_TEXTS))


@pytest.mark.parametrize(
    "path", sources(), ids=lambda p: str(p.relative_to(ROOT))
)
def test_no_retired_or_vague_name_returns(path):
    text = path.read_text("utf-8")
    assert retired_names(text) == []
    assert sorted(names(text) & VAGUE) == []
    assert RETIRED.keys().isdisjoint(parts(path.stem))
    if str(path.relative_to(ROOT)) not in QUOTED:
        assert retired_words(text) == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_no_retired_word_is_in_the_documentation(name):
    assert retired_words((ROOT / name).read_text("utf-8")) == []


def test_retired_names_are_found():
    text = "def drawPicture(dice):\n    return pictures_of[dice]\n"
    assert retired_names(text) == ["dice", "drawPicture", "pictures_of"]
    text = "judge_of = x.saidAll\nfound = {made: 'seen'}  # told\n"
    assert retired_names(text) == ["judge_of", "saidAll"]
    assert names(text) & VAGUE == {"found", "made"}
    assert retired_words("One picture; PICTURES, pictured") == [
        "picture",
        "pictures",
    ]
