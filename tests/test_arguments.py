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
    "depth": [0],
    "heads": [0, -2],
    "dropout": [1, 1.0, -0.1, float("nan"), "0.5", True],
    "image": ["resnet", 3],
    "text": ["bert"],
}
CASES = [
    (name, keyword, value)
    for name in mmkeras.list_models()
    for keyword in mmkeras.get(name).arguments
    for value in WRONG.get(keyword, ())
]


@pytest.mark.parametrize("name, keyword, value", CASES)
def test_a_wrong_argument_is_named(name, keyword, value):
    given = {**mmkeras.get(name).tiny, keyword: value}
    with pytest.raises(ValueError) as caught:
        mmkeras.build_model(name, **given)
    told = str(caught.value)
    assert told.startswith(f"{name!r} expects `{keyword}` to be ")
    assert told.endswith(f"Received: {keyword}={value!r}")


def test_lists_will_do_for_tuples():
    shape = [16, 16, 3]
    model = mmkeras.build_model(
        "caption-cnn-lstm", vocabulary_size=11, image_shape=shape, dim=8
    )
    assert model.input["image"].shape == (None, *shape)


@pytest.mark.parametrize("name", mmkeras.list_models())
def test_defaults_are_right(name):
    entry = mmkeras.get(name)
    arguments.check(name, entry.arguments, entry.arguments)
    arguments.check(name, entry.arguments, entry.tiny)
