"""Moves attention on a grid of regions to neighbouring regions."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mmkeras")
class Relocate(keras.layers.Layer):
    """Moves marks by at most one region in each direction.

        y_ij = sum over u, v in {-1, 0, 1} of w_uv m_(i + u, j + v)

    where marks beyond the edge are 0: with all weight on u = 1, v = 0 each
    mark moves up by a row.

    Args:
        rows: int. Rows of the grid; divides the number of regions.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of marks, shape `(batch, regions)`, read row by row, and
            weights w, shape `(batch, 9)`, row by row.

    Returns:
        Marks of shape `(batch, regions)`.

    Raises:
        ValueError: If `rows` does not divide the number of regions, or there
            are not 9 weights.

    Reference:
        The module "relocate" of [Hu et al.,
        2017](https://arxiv.org/abs/1704.05526), with positions alone
    """

    def __init__(self, rows, **kwargs):
        super().__init__(**kwargs)
        self.rows = rows

    def build(self, inputs_shape):
        marks, weights = map(tuple, inputs_shape)
        grid = len(marks) == 2 and marks[1] and marks[1] % self.rows == 0
        if not grid or weights[-1] != 9:
            raise ValueError(
                "`Relocate` takes marks (batch, regions) and weights (batch, "
                "9); the number of regions must be divisible by `rows`. "
                f"Received: rows={self.rows}, shapes={[marks, weights]}"
            )

    def call(self, inputs):
        marks, weights = inputs
        rows, columns = self.rows, marks.shape[1] // self.rows
        grid = ops.reshape(marks, (-1, rows, columns))
        grid = ops.pad(grid, ((0, 0), (1, 1), (1, 1)))
        moved = [
            ops.reshape(
                grid[:, u : u + rows, v : v + columns], (-1, *marks.shape[1:])
            )
            for u in range(3)
            for v in range(3)
        ]
        moved = ops.stack(moved, axis=-1)  # (batch, regions, 9)
        return ops.sum(moved * weights[:, None], axis=-1)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0]

    def get_config(self):
        return {**super().get_config(), "rows": self.rows}
