"""Retrieval models: embeddings of each modality, zeros where absent."""

import itertools

import numpy as np
import pytest
from architectures import batch
from architectures import shared
from architectures import tiny
from checks import EAGER
from checks import numpy

import mmkeras
from mmkeras import losses

NAMES = mmkeras.list_models("retrieve")
THREE = "retrieve-image-text-audio"
REGIONS = "retrieve-image-text-regions"  # An embedding per region and word.


def test_the_zoo_has_its_models():
    assert set(NAMES) >= {
        "retrieve-image-audio",
        "retrieve-image-text",
        "retrieve-image-text-audio",
        "retrieve-image-text-regions",
        "retrieve-text-audio",
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in NAMES if n != REGIONS])
def test_there_is_an_embedding_of_each_modality_in_the_name(name):
    model, named = shared(name), name.split("-")[1:]
    fields = [field for field in model.input if field != "presence"]
    assert fields == named
    embeddings = numpy(model(batch(model)))
    columns = 2 if name == "retrieve-image-text" else 0  # Of its querybank.
    assert embeddings.shape == (2, len(named), 8 + columns)
    assert np.isfinite(embeddings).all() and embeddings.std() > 0


def test_absent_inputs_have_no_effect_and_zeros_as_embeddings():
    model = shared(THREE)
    fields = ["image", "text", "audio"]
    patterns = list(itertools.product([True, False], repeat=3))
    x = batch(model, size=len(patterns))
    x["presence"] = np.array(patterns)
    expected = numpy(model(x))
    assert (expected.any(axis=-1) == x["presence"]).all()
    other = dict(x)
    for i, field in enumerate(fields):
        value = x[field].copy()
        value[~x["presence"][:, i]] = 4 if field == "text" else np.nan
        other[field] = value
    np.testing.assert_array_equal(numpy(model(other)), expected)


@pytest.mark.slow
def test_the_mask_is_optional_in_fit_and_predict():
    model = tiny(THREE)
    x = batch(model, size=4)
    expected = model.predict(x, verbose=0)
    np.testing.assert_array_equal(
        numpy(model({**x, "presence": None})), numpy(model(x))
    )
    del x["presence"]
    np.testing.assert_array_equal(model.predict(x, verbose=0), expected)
    model.compile("adam", losses.ContrastiveLoss(), **EAGER)
    history = model.fit(x, np.arange(4), verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert np.abs(model.predict(x, verbose=0) - expected).max() > 0
