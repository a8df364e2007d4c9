"""Low-rank adaptation (LoRA) of pretrained networks.

The kernel `W` of a layer is frozen, and `W + A B` takes its place: only the
factors `A` and `B`, of a small rank, are trained.

Reference:
    [Hu et al., 2021](https://arxiv.org/abs/2106.09685)
"""

import keras

from mmkeras.tasks import copies

# Projections of queries and values in attention layers, as in the paper.
_PROJECTIONS = ("query", "value", "query_dense", "value_dense")
_KEYS = ("lora_rank", "lora_alpha")


def enable(branch, rank):
    """Freezes a branch, and adds trainable factors to some of its kernels.

    These are the projections of queries and values of attention layers; in a
    network without such layers, all dense layers.

    Args:
        branch: A built `keras.Model`.
        rank: int. Rank of the factors.

    Returns:
        The number of layers with factors; 0 if the branch has no dense layer,
        and is left as it is.
    """
    targets = _targets(branch)
    if not targets:
        return 0
    parents, others = [], []
    for layer in _layers(branch):
        has_target = any(part in targets for part in _layers(layer))
        (parents if has_target else others).append(layer)
    for layer in parents:  # Each: a value that is equal is not passed on.
        layer.trainable = True
    for layer in others:  # Normalization keeps its statistics.
        layer.trainable = False
    for weight in branch.weights:
        weight.trainable = False
    for layer in targets:
        layer.enable_lora(rank)
    return len(targets)


def merged(model):
    """Returns the model without factors, which are added to the kernels.

    It computes the same. Layers that contain other layers do not store the
    factors of these in their configuration.

    Args:
        model: A functional `keras.Model`.

    Returns:
        The model itself if it has no factors, else a copy.
    """
    adapted = [
        layer
        for layer in _layers(model)
        if getattr(layer, "lora_enabled", False)
    ]
    if not adapted:
        return model
    copy = type(model).from_config(_without_rank(model.get_config()))
    kernels = {id(layer._kernel): _kernel(layer) for layer in adapted}
    factors = {
        id(factor)
        for layer in adapted
        for factor in (layer.lora_kernel_a, layer.lora_kernel_b)
    }
    copy.set_weights(
        [
            kernels.get(id(weight), weight)
            for weight in model.weights
            if id(weight) not in factors
        ]
    )
    return copies.freeze(copy)


def _targets(branch):
    dense = [layer for layer in _layers(branch) if _is_dense(layer)]
    return [layer for layer in dense if layer.name in _PROJECTIONS] or dense


def _is_dense(layer):
    return isinstance(layer, (keras.layers.Dense, keras.layers.EinsumDense))


def _layers(layer):
    return list(layer._flatten_layers())


def _kernel(layer):
    """The kernel with its factors, in the precision of the weights."""
    product = keras.ops.matmul(layer.lora_kernel_a, layer.lora_kernel_b)
    return layer._kernel + layer.lora_alpha / layer.lora_rank * product


def _without_rank(config):
    if isinstance(config, dict):
        return {
            key: _without_rank(value)
            for key, value in config.items()
            if key not in _KEYS
        }
    if isinstance(config, (list, tuple)):
        return type(config)(map(_without_rank, config))
    return config
