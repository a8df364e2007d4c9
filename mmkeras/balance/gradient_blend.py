"""Gradient-Blend: weighs each modality's loss by how well it generalizes."""

import keras
from keras import ops

from mmkeras import fusion as fusions


def blended(inputs, features, num_classes, fusion="concat", dim=128):
    """Builds a model with a head for each modality and one for all.

    Args:
        inputs: Inputs of a functional model.
        features: Dict from modalities to tensors of shape `(batch, dim_u)`.
        num_classes: int.
        fusion: Layer that fuses vectors, or the name of one.
        dim: int. Size of the fused vector, if the fusion has one.

    Returns:
        A `keras.Model` from the inputs to a dict of logits of shape `(batch,
        num_classes)`, by modality and as `"fusion"`; compile it with one loss,
        and with `estimate`'s weights as `loss_weights`.
    """
    fuse = fusions.get(fusion, dim=dim, name="fusion")
    joined = {**features, "fusion": fuse(list(features.values()))}
    logits = {
        name: keras.layers.Dense(
            num_classes, dtype="float32", name=f"logits_{name}"
        )(x)
        for name, x in joined.items()
    }
    return keras.Model(inputs, logits)


def blend_weights(before, after):
    """Weighs heads by how much they generalize and how little they overfit.

        G = L*(before) - L*(after)
        O = (L*(after) - L(after)) - (L*(before) - L(before))
        w = (G / O^2) / sum of it over heads

    with L the training loss and L* the validation loss. A head that has not
    improved gets weight 0; O is at least 1 % of the gain.

    Args:
        before: Dict from heads to `(training loss, validation loss)`.
        after: The same, some epochs later.

    Returns:
        Dict from heads to weights that sum to 1.

    Raises:
        ValueError: If no head has improved.

    Reference:
        [Wang et al., 2020](https://arxiv.org/abs/1905.12681)
    """
    raw = {}
    for name, (train, val) in before.items():
        train_after, val_after = after[name]
        gain = max(val - val_after, 0.0)
        overfitting = (val_after - train_after) - (val - train)
        raw[name] = gain / max(overfitting, 0.01 * gain, 1e-9) ** 2
    total = sum(raw.values())
    if not total:
        raise ValueError(
            "No head improved on validation, so blend weights are undefined. "
            "Train for more epochs, or without Gradient-Blend. Received: "
            f"before={before}, after={after}"
        )
    return {name: value / total for name, value in raw.items()}


def compare(models, train, measure):
    """Trains models of one head each, separately, and weighs the heads.

    All variables of a model are restored after it was trained.

    Args:
        models: Dict from heads to models, which may share weights.
        train: Function of a model that trains it for some epochs.
        measure: Function of a head and its model that returns `(training
            loss, validation loss)`.

    Returns:
        Dict from heads to weights; see `blend_weights`.
    """
    before, after = {}, {}
    for head, model in models.items():
        start = [(v, ops.convert_to_numpy(v)) for v in model.variables]
        before[head] = measure(head, model)
        train(model)
        after[head] = measure(head, model)
        for variable, value in start:
            variable.assign(value)
    return blend_weights(before, after)


def estimate(model, train, val, loss, epochs=3, optimizer="adam", **options):
    """Trains each head separately for some epochs, and weighs it (offline).

    The model's weights are restored.

    Args:
        model: As of `blended`.
        train: Tuple of inputs and labels, arrays.
        val: The same, of validation.
        loss: Loss of one head, as of `keras.Model.compile`.
        epochs: int. Epochs for which each head is trained.
        optimizer: As of `keras.Model.compile`; by name or config, so that
            each head has its own.
        **options: Of `keras.Model.fit`.

    Returns:
        Dict for `compile(loss_weights=...)`.
    """

    def unimodal(head):
        single = keras.Model(model.input, model.output[head])
        single.compile(keras.optimizers.get(optimizer), loss)
        # Left to the first step, it would be traced twice.
        single.optimizer.build(single.trainable_variables)
        return single

    def fit(single):
        single.fit(*train, epochs=epochs, **{"verbose": 0, **options})

    def losses(head, single):
        return tuple(single.evaluate(*x, verbose=0) for x in (train, val))

    return compare({u: unimodal(u) for u in model.output}, fit, losses)
