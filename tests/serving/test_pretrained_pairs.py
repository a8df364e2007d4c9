"""Exports of a CLIP and a SigLIP: raw texts and files, without Keras."""

import image_files
import numpy as np
import pytest
import tiny_presets
from checks import only_tensorflow

import mmkeras
from mmkeras import serving

pytestmark = [pytest.mark.slow, only_tensorflow]
TEXTS = ["a red", "The green, dog!", "blue 24 😀", "e\u0301 isn't"]


@pytest.mark.parametrize("name", ["clip", "siglip"])
def test_a_process_without_keras_embeds_alike(name, tmp_path):
    preset = getattr(tiny_presets, name)(tmp_path / "preset")
    task = mmkeras.load(preset)
    images = [image_files.ramp(*size) for size in ((32, 32), (50, 70), (9, 80))]
    files = [image_files.save(x, "PNG") for x in images]
    batch = {"image": [*files, b"no image"], "text": TEXTS}
    # Replays all in a fresh process, in which importing Keras is an error.
    exported = serving.export(task, tmp_path / "export", examples=batch)
    for field, values in batch.items():
        served = serving.load(exported, f"embed_{field}")
        answers = served.predict({field: values})
        vectors, errors = task.embed(field, values)
        np.testing.assert_allclose(answers["embedding"], vectors, atol=1e-5)
        assert [bool(e) for e in answers["error"]] == [bool(e) for e in errors]
