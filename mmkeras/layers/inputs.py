"""The inputs of models made of branches."""

import keras


def input_like(branch, name):
    """Makes the input of a model that begins with a branch.

    Args:
        branch: Model of one input.
        name: str.

    Returns:
        Symbolic tensor of the shape and type that the branch takes.
    """
    taken = branch.input
    return keras.Input(taken.shape[1:], dtype=taken.dtype, name=name)


def presence_input(modalities):
    """Makes the optional input that says which modalities are present.

    Args:
        modalities: int.

    Returns:
        Symbolic boolean tensor of shape `(batch, modalities)`. It may be left
        out of the inputs of a `MultimodalModel`; all modalities are then
        present.
    """
    return keras.Input(
        (modalities,), dtype="bool", name="presence", optional=True
    )
