"""Gradient-Blend: each modality's loss weighs what it generalises."""

import keras

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
    """Weighs heads by what they generalise and how they overfit.

        G = L*(before) - L*(after)
        O = (L*(after) - L(after)) - (L*(before) - L(before))
        w = (G / O^2) / sum of it over heads

    with L the training loss and L* that of validation. A head that has not
    got better weighs nothing; overfitting is not taken below 1 % of the gain.

    Args:
        before: Dict from heads to `(training loss, validation loss)`.
        after: The same, some epochs later.

    Returns:
        Dict from heads to weights that sum to 1.

    Raises:
        ValueError: If no head has got better.

    Reference:
        [Wang et al., 2020](https://arxiv.org/abs/1905.12681)
    """
    raw = {}
    for name, (train, val) in before.items():
        train_after, val_after = after[name]
        gain = max(val - val_after, 0.0)
        over = (val_after - train_after) - (val - train)
        raw[name] = gain / max(over, 0.01 * gain, 1e-9) ** 2
    total = sum(raw.values())
    if not total:
        raise ValueError(
            "No head improved on validation, so blend weights are undefined. "
            f"Train for more epochs. Received: before={before}, after={after}"
        )
    return {name: value / total for name, value in raw.items()}


def estimate(model, train, val, loss, epochs=3, optimizer="adam", **options):
    """Trains each head by itself for a while, and weighs it (offline).

    The model's weights are put back each time, and at the end.

    Args:
        model: As of `blended`.
        train: Tuple of inputs and labels, arrays.
        val: The same, of validation.
        loss: Loss of one head, as of `keras.Model.compile`.
        epochs: int. How long.
        optimizer: As of `keras.Model.compile`; by name or config, so that
            each head has its own.
        **options: Of `keras.Model.fit`.

    Returns:
        Dict for `compile(loss_weights=...)`.
    """
    start = model.get_weights()
    heads = list(model.output)
    before, after = {}, {}
    for head in heads:
        alone = keras.Model(model.input, model.output[head])
        alone.compile(keras.optimizers.get(optimizer), loss)
        # Left to the first step, it would be traced twice.
        alone.optimizer.build(alone.trainable_variables)
        before[head] = _losses(alone, train, val)
        alone.fit(*train, epochs=epochs, **{"verbose": 0, **options})
        after[head] = _losses(alone, train, val)
        model.set_weights(start)
    return blend_weights(before, after)


def _losses(model, *parts):
    return tuple(model.evaluate(*part, verbose=0) for part in parts)
