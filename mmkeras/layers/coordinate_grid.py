"""Image regions on a grid, with their coordinates."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mmkeras")
class CoordinateGrid(keras.layers.Layer):
    """Arranges regions in rows and columns and appends their coordinates.

    Two features are added to each region: its row and its column, evenly
    spaced from -1 to 1.

    Args:
        rows: int. Rows of the grid; divides the number of regions.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, regions, dim)`, read row by row.

    Returns:
        Tensor of shape `(batch, rows, regions / rows, dim + 2)`.

    Raises:
        ValueError: If `rows` does not divide the number of regions.

    Reference:
        [Perez et al., 2018](https://arxiv.org/abs/1709.07871)
    """

    def __init__(self, rows, **kwargs):
        super().__init__(**kwargs)
        self.rows = rows
        self.supports_masking = True

    def build(self, shape):
        if len(shape) != 3 or not shape[1] or shape[1] % self.rows:
            raise ValueError(
                "`CoordinateGrid` takes regions (batch, regions, dim); the "
                "number of regions must be divisible by `rows`. Received: "
                f"rows={self.rows}, shape={tuple(shape)}"
            )

    def call(self, inputs):
        _, rows, columns, size = self.compute_output_shape(inputs.shape)
        x = ops.reshape(inputs, (-1, rows, columns, size - 2))
        down = ops.linspace(-1.0, 1.0, rows)[:, None, None]
        across = ops.linspace(-1.0, 1.0, columns)[None, :, None]
        ones = ops.ones_like(x[..., :1])
        coordinates = [ones * ops.cast(y, x.dtype) for y in (down, across)]
        return ops.concatenate([x, *coordinates], axis=-1)

    def compute_mask(self, inputs, mask=None):
        return None  # An image has no padding.

    def compute_output_shape(self, shape):
        batch, regions, size = shape
        return batch, self.rows, regions // self.rows, size + 2

    def get_config(self):
        return {**super().get_config(), "rows": self.rows}
