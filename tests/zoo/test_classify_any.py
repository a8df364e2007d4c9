import itertools

import numpy as np
import pytest
from checks import numpy

import mmkeras

SIZES = {
    "text": {"vocabulary_size": 11},
    "image": {"image_shape": (16, 16, 3)},
    "audio": {"audio_shape": (2000,)},
    "video": {"video_shape": (3, 16, 16, 3)},
    "features": {"features_shape": (4, 6)},
    "tabular": {"tabular_shape": (5,)},
}
VALUES = {
    "text": np.array([[4, 5, 0]]),
    "image": np.full((1, 16, 16, 3), 0.5, "float32"),
    "audio": np.full((1, 2000), 0.1, "float32"),
    "video": np.full((1, 3, 16, 16, 3), 0.5, "float32"),
    "features": np.ones((1, 4, 6), "float32"),
    "tabular": np.ones((1, 5), "float32"),
}


@pytest.mark.parametrize(
    "fields",
    [
        *((field,) for field in SIZES),
        *itertools.islice(itertools.combinations(SIZES, 2), 0, None, 2),
    ],
)
def test_any_set_of_modalities_is_classified(fields):
    sizes = {k: v for field in fields for k, v in SIZES[field].items()}
    model = mmkeras.build_model("classify-any", num_classes=3, dim=8, **sizes)
    assert set(model.input) - {"presence"} == set(fields)
    assert ("presence" in model.input) == (len(fields) > 1)
    logits = numpy(model({field: VALUES[field] for field in fields}))
    assert logits.shape == (1, 3) and np.isfinite(logits).all()


def test_no_modality_is_refused():
    with pytest.raises(ValueError, match="needs at least one of"):
        mmkeras.build_model("classify-any")
