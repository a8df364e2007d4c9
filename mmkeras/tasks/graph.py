"""Parts of the graph of a functional model."""

import keras


def replay(model, given, outputs):
    """Calls the layers of a functional model on other tensors.

    The layers, and therefore the weights, are shared with the model.

    Args:
        model: A functional `keras.Model`.
        given: List of pairs: a tensor of the model's graph, and the tensor
            that replaces it.
        outputs: Tensor of the model's graph, or a structure of them.

    Returns:
        The new outputs, in the same structure.

    Raises:
        ValueError: If an output depends on an input that is not given.
    """
    tensors = {id(old): new for old, new in given}
    for node in _nodes(model):
        ready = all(id(x) in tensors for x in node.input_tensors)
        if ready and any(id(x) not in tensors for x in node.outputs):
            args, kwargs = node.arguments.fill_in(tensors)
            values = keras.tree.flatten(node.operation(*args, **kwargs))
            for old, new in zip(node.outputs, values):
                tensors.setdefault(id(old), new)

    def replacement(tensor):
        if id(tensor) not in tensors:
            raise ValueError(
                f"A part of {model.name} depends on inputs that are not "
                f"given: {tensor}"
            )
        return tensors[id(tensor)]

    return keras.tree.map_structure(replacement, outputs)


def call_of(model, layer):
    """Finds the first call of a layer in a model's graph.

    Args:
        model: A functional `keras.Model`.
        layer: One of its layers.

    Returns:
        Tuple of the list of input tensors and the list of output tensors.
    """
    node = next(n for n in _nodes(model) if n.operation is layer)
    return list(node.input_tensors), list(node.outputs)


def branches(model):
    """Finds the branches of a model by structure.

    A branch is a layer that is itself a `keras.Model` and is called once, on
    one input of the model.

    Args:
        model: A functional `keras.Model` with a dict of inputs.

    Returns:
        Dict from the names of inputs to pairs: the branch, a `keras.Model`,
        and the tensor of the model's graph that it returns.
    """
    names = {id(tensor): name for name, tensor in model.input.items()}
    candidates, calls = {}, {}
    for node in _nodes(model):
        if not isinstance(node.operation, keras.Model):
            continue
        calls[node.operation] = calls.get(node.operation, 0) + 1
        inputs, outputs = node.input_tensors, node.outputs
        if len(inputs) == len(outputs) == 1 and id(inputs[0]) in names:
            name = names[id(inputs[0])]
            candidates[name] = node.operation, outputs[0]
    return {k: pair for k, pair in candidates.items() if calls[pair[0]] == 1}


def input_like(tensor, name, shape=None):
    """Makes an input of the type and, by default, the shape of another."""
    layer = tensor._keras_history.operation
    return keras.Input(
        tensor.shape[1:] if shape is None else shape,
        dtype=tensor.dtype,
        name=name,
        optional=getattr(layer, "optional", False),
    )


def _nodes(model):
    """Yields the calls of a model's layers in topological order."""
    by_depth = model._nodes_by_depth
    for depth in sorted(by_depth, reverse=True):
        for node in by_depth[depth]:
            if node.operation and not node.is_input:
                yield node
