import importlib

import pytest

import mmkeras
from mmkeras import arguments

WRONG = {
    "num_classes": [0, -1, 2.5, "two", None, True],
    "vocabulary_size": [0, 4],
    "image_shape": [(64, 64), (0, 64, 3), 64, (64, 64, -3), None, "64"],
    "audio_shape": [(), (0,), (-5,), ("a",)],
    "history_shape": [(10,), (10, 0)],
    "candidates_shape": [(10,), (10, -1)],
    "features_shape": [(), (1, 2, 3), (0,)],
    "dim": [0, -8, 8.0],
    "feed_dim": [0, 2.5],
    "tied": ["yes", 1],
    "depth": [0],
    "heads": [0, -2],
    "dropout": [1, 1.0, -0.1, float("nan"), "0.5", True],
    "image": ["resnet", 3, lambda pixels: pixels],
    "text": ["bert"],
}
WITH_HEADS = [
    name
    for name in mmkeras.list_models()
    if "heads" in mmkeras.get(name).arguments
]
CASES = [
    (name, keyword, value)
    for name in mmkeras.list_models()
    for keyword in mmkeras.get(name).arguments
    for value in WRONG.get(keyword, ())
    if value is not None or mmkeras.get(name).arguments[keyword] is not None
]


@pytest.mark.parametrize("name, keyword, value", CASES)
def test_a_wrong_argument_is_named(name, keyword, value):
    options = {**mmkeras.get(name).tiny, keyword: value}
    with pytest.raises(ValueError) as caught:
        mmkeras.build_model(name, **options)
    problem, _, remedy = str(caught.value).partition(
        f". Received: {keyword}={value!r}. "
    )
    assert problem.startswith(f"{name!r} expects `{keyword}` to be ")
    assert remedy.endswith(".")


@pytest.mark.parametrize("name", mmkeras.list_models())
def test_builders_called_directly_check_their_arguments(name):
    entry = mmkeras.get(name)
    module = importlib.import_module(f"mmkeras.zoo.{name.replace('-', '_')}")
    builder = getattr(module, name.replace("-", "_"))
    first = next(iter(entry.arguments))  # Given by position.
    with pytest.raises(ValueError, match=f"{name!r} expects `{first}`"):
        builder(-1)
    with pytest.raises(ValueError, match="dropout.*Received: dropout=1"):
        builder(**{**entry.tiny, "dropout": 1})


@pytest.mark.parametrize("name", WITH_HEADS)
@pytest.mark.parametrize("heads, dim", [(3, 8), (16, 8), (2, 7)])
def test_heads_divide_dim(name, heads, dim):
    options = {**mmkeras.get(name).tiny, "heads": heads, "dim": dim}
    with pytest.raises(ValueError) as caught:
        mmkeras.build_model(name, **options)
    assert str(caught.value).startswith(
        f"`heads` must divide `dim`. Received: dim={dim}, heads={heads}. "
        f"Choose a `dim` that is a multiple of {heads}, e.g. "
    )


@pytest.mark.parametrize(
    "name, options, expected",
    [
        ("caption-vit-transformer", {"patch": 3}, "`patch`.*Received: patch=3"),
        ("emotion-text-context", {"audio_shape": (4, 3)}, "same length"),
        ("emotion-text-context", {"audio_shape": (5,)}, r"\(length, size\)"),
        ("emotion-text-context", {"text": 3}, "to be a branch"),
        ("sentiment-text-audio-transformer", {"dim": 6}, "multiple of 4"),
        ("sentiment-text-audio-concat", {"dim": 7}, "even.*dim=7.*8"),
        ("sentiment-text-audio-tensor", {"dim": 3}, "at least 4.*dim=3"),
        ("sentiment-text-audio-lowrank", {"dim": 3}, "at least 4.*dim=3"),
        ("sentiment-text-audio-video-context", {"dim": 7}, "even.*dim=7"),
        (
            "sentiment-text-audio-video-context",
            {"video_shape": (4, 6)},
            r"same length.*video_shape=\(4, 6\)",
        ),
        ("sentiment-text-context", {"dim": 7}, "even.*dim=7"),
        ("vqa-cnn-lstm", {"dim": 1}, "at least 2.*dim=1"),
        ("vqa-cnn-stacked-attention", {"dim": 1}, "at least 2.*dim=1"),
        ("vqa-cnn-transformer", {"dim": 6}, "multiple of 4, e.g. 8"),
        ("vqa-cnn-bow", {"fusion": "concta"}, "Did you mean 'concat'"),
    ],
)
def test_what_only_one_builder_needs_is_checked(name, options, expected):
    with pytest.raises(ValueError, match=expected):
        mmkeras.build_model(name, **{**mmkeras.get(name).tiny, **options})


@pytest.mark.slow  # Builds what it can.
@pytest.mark.parametrize("dim", [1, 2, 3, 5, 6])
@pytest.mark.parametrize("name", mmkeras.list_models())
def test_any_dim_works_or_is_named_in_the_error(name, dim):
    try:
        mmkeras.build_model(name, **{**mmkeras.get(name).tiny, "dim": dim})
    except ValueError as error:
        assert f"Received: dim={dim}" in str(error)
        assert "Choose" in str(error)


def test_shapes_may_be_lists():
    shape = [16, 16, 3]
    model = mmkeras.build_model(
        "caption-cnn-lstm", vocabulary_size=11, image_shape=shape, dim=8
    )
    assert model.input["image"].shape == (None, *shape)


@pytest.mark.parametrize("name", mmkeras.list_models())
def test_defaults_are_valid(name):
    entry = mmkeras.get(name)
    arguments.check(name, entry.arguments, entry.arguments)
    arguments.check(name, entry.arguments, entry.tiny)
