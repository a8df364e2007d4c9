"""Properties of all translation models."""

import numpy as np
import pytest
from architectures import batch
from architectures import shared
from architectures import tiny
from checks import check_saves
from checks import fast
from checks import numpy

import mmkeras

NAMES = [x for x in mmkeras.list_models("translate") if "-text-" in x]
WITH_IMAGE = [name for name in NAMES if "image" in name]
LSTM = "translate-text-image-lstm"
INJECTIONS = (
    *("encoder-start", "source-first", "source-last", "source-words"),
    *("source-sum", "source-concat", "context", "regions", "decoder-start"),
    "target-words",
)


@pytest.fixture(scope="module", params=NAMES)
def model(request):
    return shared(request.param)


def changes(model, x, field, values):
    """The largest change of the logits if a field has other values."""
    forward = fast(model)
    other = {**x, field: values}
    return np.abs(numpy(forward(other)) - numpy(forward(x))).max()


def test_the_zoo_has_its_models():
    assert set(NAMES) >= {
        "translate-text-image-lstm",
        "translate-text-image-transformer",
        "translate-text-lstm",
        "translate-text-transformer",
    }


def test_source_and_tokens_both_matter(model):
    x = batch(model)
    logits = numpy(fast(model)(x))
    assert logits.shape == (2, 6, 11) and logits.dtype == "float32"
    assert np.isfinite(logits).all() and logits.std() > 0
    for field in ("source", "tokens"):
        assert changes(model, x, field, x[field] % 4 + 1) > 1e-5


def test_padding_of_the_source_has_no_effect(model):
    x = batch(model)
    longer = np.pad(x["source"], [(0, 0), (0, 3)])
    assert changes(model, x, "source", longer) < 1e-5


@pytest.mark.parametrize("name", WITH_IMAGE)
def test_an_absent_image_has_no_effect_and_another_one_has(name):
    model = shared(name)
    x = batch(model)
    assert changes(model, x, "image", 1 - x["image"]) > 1e-6
    x["presence"] = np.array([[True, False]] * 2)
    blank = np.full_like(x["image"], np.nan)
    assert changes(model, x, "image", blank) == 0
    x["presence"] = np.array([[False, True]] * 2)
    assert changes(model, x, "source", x["source"] % 4 + 1) == 0


@pytest.mark.parametrize(
    "inject",
    ["+".join(INJECTIONS), INJECTIONS[0]]
    + [pytest.param(x, marks=pytest.mark.slow) for x in INJECTIONS[1:]],
)
def test_each_injection_of_an_image_has_an_effect(inject):
    model = tiny(LSTM, inject=inject)
    x = batch(model)
    assert changes(model, x, "image", 1 - x["image"]) > 1e-6
    x["presence"] = np.array([[True, False]] * 2)
    blank = np.full_like(x["image"], np.nan)
    assert changes(model, x, "image", blank) == 0
    longer = np.pad(x["source"], [(0, 0), (0, 2)])
    assert changes(model, x, "source", longer) < 1e-5


@pytest.mark.slow
def test_all_injections_are_saved():
    model = tiny(LSTM, inject="+".join(INJECTIONS))
    check_saves(model, batch(model), rtol=1e-4, atol=1e-5)


def test_other_injections_are_refused():
    with pytest.raises(ValueError, match="encoder-start, .*inject='eye'"):
        tiny(LSTM, inject="eye")
