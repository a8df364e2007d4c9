"""Networks of one input, which may have a name, and their parts."""

import difflib

import keras


def single_input(net):
    """The input of a network that has one; else what its inputs are."""
    if isinstance(net.input, dict) and len(net.input) == 1:
        [tensor] = net.input.values()
        return tensor
    return net.input


def call(net, x):
    """Calls a network of one input, whether this has a name or not."""
    return net(
        dict.fromkeys(net.input, x) if isinstance(net.input, dict) else x
    )


def split(net, name):
    """Splits a network before a layer, into a frozen and a trainable part.

    Args:
        net: A functional `keras.Model`.
        name: Name of the layer.

    Returns:
        Tuple of two models.

    Raises:
        ValueError: If there is no such layer, or another path leads around it
            or into it.
    """
    names = [layer.name for layer in net.layers]
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"{net.name} has no layer {name!r}.{hint}")
    inputs = _inputs_of(net, name)
    try:
        if len(inputs) != 1:
            raise ValueError(f"{name} takes {len(inputs)} inputs.")
        [between] = inputs
        end = keras.Model(between, net.output, name=f"{net.name}_top")
    except ValueError as error:
        raise ValueError(
            f"{net.name} cannot be split before {name!r}: another path leads "
            "around it or into it. Choose the first layer of a block."
        ) from error
    stem = keras.Model(net.input, between, name=f"{net.name}_stem")
    stem.trainable = False
    return stem, end


def _inputs_of(net, name):
    """The tensors of a network that a layer takes.

    The layer may have been called elsewhere, so its own input does not tell.
    """
    layer = net.get_layer(name)
    nodes = [node for part in net._nodes_by_depth.values() for node in part]
    return next(x.input_tensors for x in nodes if x.operation is layer)
