"""Recurrent layers of Keras, also in precisions that cuDNN lacks."""

import keras

# Data types of cuDNN's recurrent networks, by backend.
_CUDNN = {
    "jax": {"float32"},
    "tensorflow": {"float32", "float16"},
    "torch": {"float32", "float16"},
}


@keras.saving.register_keras_serializable("mmkeras")
class LSTM(keras.layers.LSTM):
    """`keras.layers.LSTM` that trains in bfloat16 on a GPU.

    Keras calls cuDNN wherever the layer's other options allow it. cuDNN has
    no recurrent networks in bfloat16, and on JAX none in float16, so the call
    fails; this layer then uses the loop of Keras.

    Args:
        units: int. Size of the output and of the state.
        **options: Further arguments of `keras.layers.LSTM`.

    Reference:
        [Hochreiter and Schmidhuber,
        1997](https://doi.org/10.1162/neco.1997.9.8.1735)
    """

    def __init__(self, units, **options):
        options.setdefault("use_cudnn", _cudnn(options.get("dtype")))
        super().__init__(units, **options)


@keras.saving.register_keras_serializable("mmkeras")
class GRU(keras.layers.GRU):
    """`keras.layers.GRU` that trains in bfloat16 on a GPU; see `LSTM`.

    Args:
        units: int. Size of the output and of the state.
        **options: Further arguments of `keras.layers.GRU`.

    Reference:
        [Cho et al., 2014](https://arxiv.org/abs/1406.1078)
    """

    def __init__(self, units, **options):
        options.setdefault("use_cudnn", _cudnn(options.get("dtype")))
        super().__init__(units, **options)


def _cudnn(dtype):
    dtypes = _CUDNN.get(keras.backend.backend(), {"float32"})
    compute = keras.dtype_policies.get(dtype).compute_dtype
    return "auto" if compute in dtypes else False
