"""Keras' recurrent layers, in a precision that cuDNN does not know too."""

import keras

# cuDNN's recurrent networks, by what each backend hands to them.
_CUDNN = {
    "jax": {"float32"},
    "tensorflow": {"float32", "float16"},
    "torch": {"float32", "float16"},
}


@keras.saving.register_keras_serializable("mmkeras")
class LSTM(keras.layers.LSTM):
    """`keras.layers.LSTM` that trains in bfloat16 on a GPU.

    Keras calls cuDNN wherever the layer's other options allow it, which then
    fails: it has no recurrent networks in bfloat16, nor has JAX's way to it in
    float16. There, this layer takes Keras' own loop.

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
    known = _CUDNN.get(keras.backend.backend(), {"float32"})
    compute = keras.dtype_policies.get(dtype).compute_dtype
    return "auto" if compute in known else False
