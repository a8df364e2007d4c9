import keras
import numpy as np
import pytest

from mmkeras import losses
from mmkeras.data import datasets
from mmkeras.data.synthetic import shapes
from mmkeras.training import captions
from mmkeras.training import recipes
from mmkeras.training.images import Images


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    source = shapes.write(tmp_path_factory.mktemp("world"), 8, 2, 0)
    return datasets.get(source).rows("train")


@pytest.fixture(scope="module")
def task(rows):
    keras.utils.set_random_seed(0)
    return captions.build(
        "caption-cnn-lstm",
        captions.Data(rows, rows),
        recipes.Recipe(settings={"dim": 8}),
        image_size=32,
        minimum=1,
        length=40,
        policy="float32",
    )


@pytest.mark.parametrize("shift, at_once", [(0, 1024), (3, 1024), (3, 3)])
def test_the_loss_is_that_of_all_captions_at_once(
    task, rows, shift, at_once, monkeypatch
):
    monkeypatch.setattr("mmkeras.training.images._AT_ONCE", at_once)
    images = Images(task, rows)
    owners, tokens = images.captions(task)
    seen = images.array[0, (owners + shift) % len(rows)] / np.float32(255)
    said = task.model({"image": seen, "tokens": tokens[:, :-1]})
    each = losses.token_crossentropy(tokens[:, 1:], said)
    mean = keras.ops.sum(each) / np.count_nonzero(tokens[:, 1:])
    assert np.ptp(np.count_nonzero(tokens, axis=1)) > 4  # Cut differently.
    found = images.loss(task, shift, batch_size=7)
    np.testing.assert_allclose(found, float(mean), rtol=1e-5, atol=1e-6)


def test_images_that_cannot_be_read_are_not_scored(task, rows, tmp_path):
    broken = {**rows[0], "id": "broken", "image": str(tmp_path / "gone.png")}
    found = Images.readable(task, [rows[1], broken, rows[2]])
    assert found.bad == [("broken", "no such file")]
    assert [row["id"] for row in found.rows] == [r["id"] for r in rows[1:3]]
    expected = Images(task, rows[1:3])
    np.testing.assert_array_equal(found.array, expected.array)
    assert len(found.captions(task)[0]) == len(expected.captions(task)[0])
    with pytest.raises(
        ValueError, match="None of the 1 images.*broken: no such"
    ):
        Images.readable(task, [broken])
    with pytest.raises(ValueError, match="None of the 1 images"):
        Images(task, [broken]).captions(task)
