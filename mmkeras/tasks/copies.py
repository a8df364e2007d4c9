"""Copies of models, whose frozen layers stay frozen."""


def copy(model, config=None):
    """Copies a model with its weights; the copy is in no other graph.

    Args:
        model: A functional `keras.Model`.
        config: Its configuration, with changes that its weights do not depend
            on; by default unchanged.

    Returns:
        A model of the same class.
    """
    config = model.get_config() if config is None else config
    other = type(model).from_config(config)
    other.set_weights(model.get_weights())
    return freeze(other)


def freeze(model):
    """Freezes all layers within the frozen layers of a model.

    A backbone of KerasHub does not store which of its layers are frozen. Made
    again from its configuration, some report that they are, while their
    weights are trained.

    Args:
        model: A model that was made from a configuration.

    Returns:
        The model.
    """
    for layer in model._flatten_layers():
        if not layer.trainable:
            layer.trainable = True  # TensorFlow ignores a value that is set.
            layer.trainable = False
    return model
