"""Crops of images, and one of them at random."""

import keras
from keras import ops

_SIDE = 0.8  # Of a corner, as a fraction of the image's.
_COUNTS = (1, 2, 6, 10)


@keras.saving.register_keras_serializable(package="mmkeras")
class ImageCrops(keras.layers.Layer):
    """Crops images, resized to the size of the images.

    The whole image; the mirrored one; the four corners, each 80 % as high and
    wide, the second and the third of them mirrored; the corners again, the
    other way round.

    Args:
        count: int. Number of crops: 1, 2, 6 or 10.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, height, width, channels)`.

    Returns:
        Tensor of shape `(batch, count, height, width, channels)`.

    Raises:
        ValueError: If there is no such number of crops.

    Reference:
        [Krizhevsky et al., 2012](
        https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks)
    """

    def __init__(self, count=6, **kwargs):
        super().__init__(**kwargs)
        if count not in _COUNTS:
            raise ValueError(
                f"`count`, the number of crops, must be one of "
                f"{', '.join(map(str, _COUNTS))}. Received: count={count}"
            )
        self.count = count

    def call(self, inputs):
        height, width = inputs.shape[1:3]
        high, wide = (max(round(_SIDE * side), 1) for side in (height, width))
        crops = [inputs, ops.flip(inputs, axis=2)]
        for number in range(self.count - 2):
            i = number % 4  # The corner, from the upper left.
            top = (height - high) * (i // 2)
            left = (width - wide) * (i % 2)
            x = inputs[:, top : top + high, left : left + wide]
            x = ops.image.resize(
                x, (height, width), data_format="channels_last"
            )
            x = ops.cast(x, inputs.dtype)
            is_mirrored = (i in (1, 2)) != (number >= 4)
            crops.append(ops.flip(x, axis=2) if is_mirrored else x)
        return ops.stack(crops[: self.count], axis=1)

    def compute_output_shape(self, input_shape):
        return input_shape[0], self.count, *input_shape[1:]

    def get_config(self):
        return {**super().get_config(), "count": self.count}


@keras.saving.register_keras_serializable(package="mmkeras")
class RandomStep(keras.layers.Layer):
    """Replaces all steps by one of them, at random, in training only.

    What pools the steps then sees one crop of an image in training, another
    one in every epoch, and the mean of all crops otherwise.

    Args:
        seed: int, or `None` for a random one.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, steps, dim)`.
        training: bool. Whether to replace anything.

    Returns:
        Tensor of the same shape.
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=None):
        if not training:
            return inputs
        batch, steps = ops.shape(inputs)[:2]
        chosen = keras.random.randint(
            (batch,), 0, steps, dtype="int32", seed=self.generator
        )
        weights = ops.one_hot(chosen, steps, dtype=inputs.dtype)
        x = ops.einsum("bs,bsd->bd", weights, inputs)
        return ops.broadcast_to(x[:, None], ops.shape(inputs))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}
