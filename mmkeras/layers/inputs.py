"""Inputs of models that are built from branches."""

import keras


def input_like(branch, name):
    """Creates a model input with the shape and type of a branch's input.

    Args:
        branch: Model of one input.
        name: str.

    Returns:
        Symbolic tensor of the shape and type of the branch's input.
    """
    spec = branch.input
    return keras.Input(spec.shape[1:], dtype=spec.dtype, name=name)


def presence_input(modalities):
    """Creates the optional input that marks which modalities are present.

    Args:
        modalities: int.

    Returns:
        Symbolic boolean tensor of shape `(batch, modalities)`. It may be
        omitted from the inputs of a `MultimodalModel`; all modalities are
        then present.
    """
    return keras.Input(
        (modalities,), dtype="bool", name="presence", optional=True
    )
