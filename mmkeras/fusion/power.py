"""Power normalisation, the last step of bilinear pooling."""

from keras import ops

_SMALL = 1e-6  # Below, the root is linear, with a finite slope.


def power_normalized(x):
    """Takes the signed square root of vectors and scales them to length 1.

        z = sign(x) sqrt(|x|),   y = z / |z|

    Args:
        x: Tensor of shape `(batch, dim)`, float32.

    Returns:
        Tensor of the same shape; zeros stay zeros.

    Reference:
        [Perronnin et al., 2010](https://doi.org/10.1007/978-3-642-15561-1_11)
    """
    size = ops.abs(x)
    large = ops.greater(size, _SMALL)
    root = ops.sign(x) * ops.sqrt(ops.where(large, size, 1.0))
    z = ops.where(large, root, x * _SMALL**-0.5)
    square = ops.sum(ops.square(z), axis=-1, keepdims=True)
    return z * ops.rsqrt(ops.maximum(square, 1e-12))
