import keras
import numpy as np
from checks import check_config
from checks import check_saves
from checks import numpy

from mmkeras import layers

STEPS = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
MASK = np.array([[1, 1, 0], [1, 0, 0]], "int32")


def model():
    steps = keras.Input((None, 4), name="steps")
    mask = keras.Input((None,), dtype="int32", name="mask")
    x = layers.AttachMask(name="masked")([steps, mask])
    return keras.Model([steps, mask], layers.MaskedPool()(x))


def test_following_layers_use_the_mask():
    expected = [STEPS[0, :2].mean(axis=0), STEPS[1, 0]]
    means = numpy(model()([STEPS, MASK]))
    np.testing.assert_allclose(means, expected, rtol=1e-5, atol=1e-6)


def test_the_steps_keep_their_own_mask_elsewhere():
    steps = keras.ops.convert_to_tensor(STEPS)
    masked = layers.AttachMask()([steps, MASK])
    np.testing.assert_array_equal(numpy(masked), STEPS)
    np.testing.assert_allclose(
        numpy(layers.MaskedPool()(steps)),
        STEPS.mean(axis=1),
        rtol=1e-5,
        atol=1e-6,
    )


def test_config_and_file():
    check_config(layers.AttachMask(name="masked"))
    check_saves(model(), [STEPS, MASK])
