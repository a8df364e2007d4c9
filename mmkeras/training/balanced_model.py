"""The training model of balanced training: a head for each modality."""

import warnings

import keras
from keras import ops

from mmkeras import balance
from mmkeras import layers
from mmkeras.tasks import graph
from mmkeras.training.training_model import TrainingModel

OGM_GE = "ogm-ge"
GRADIENT_BLEND = "gradient-blend"
MULTIMODAL = "fusion"  # The head of the model that is saved.


class BalancedLoss:
    """The weighted sum of the losses of all heads.

    An example does not count for the heads of modalities that it lacks.

    Args:
        fields: Names of the modalities, in the order of the presence mask.
        modulations: Dict from modalities to `balance.GradientModulation`
            layers, which are updated in every step.

    Attributes:
        weights: Dict from heads to the weights of their losses.
    """

    def __init__(self, fields, modulations):
        self.fields = fields
        self.modulations = modulations
        self.weights = dict.fromkeys([MULTIMODAL, *fields], 1.0)

    def __call__(self, loss, x, y, outputs, weight):
        """Computes the loss of a batch.

        Args:
            loss: Function of targets, logits and weights.
            x: Dict of inputs, with `"presence"`.
            y: Targets.
            outputs: Dict from heads to logits.
            weight: Tensor of shape `(batch,)`, weights of the examples.

        Returns:
            A scalar.
        """
        present = ops.cast(x["presence"], "float32")
        weights = {u: weight * present[:, i] for i, u in enumerate(self.fields)}
        if self.modulations:
            logits = {u: outputs[u] for u in self.fields}
            balance.update_shares(self.modulations, y, logits, weights)
        weights[MULTIMODAL] = weight
        return sum(
            self.weights[head] * loss(y, logits, weights[head])
            for head, logits in outputs.items()
        )


def check(task, recipe):
    """Checks that a task can be trained with `recipe.balance`.

    Args:
        task: A `tasks.Task`.
        recipe: A `recipes.Recipe`.

    Raises:
        ValueError: If the model has no learned token for each modality,
            predicts sequences, text or candidates, or if OGM-GE is to train
            a model that does not predict one class.
    """
    if recipe.balance is None:
        return
    ranks = set(task.always_given) & set(task.fields)
    is_plain = len(task.model.output_shape) == 2 and not ranks
    if not is_plain or len(_tokens(task.model)) != len(task.fields):
        raise ValueError(_refusal(task.model, recipe.balance))
    if recipe.balance == OGM_GE and not task.target.has_probabilities:
        raise ValueError(
            "OGM-GE compares the probabilities that modalities give to the "
            f"true class, but {task.model.name} does not predict one class. "
            f"Use train.balance={GRADIENT_BLEND}. Received: "
            f"train.balance={recipe.balance}"
        )


def build(model, fields, method):
    """Adds a head for each modality to a training model.

    A head is a dense layer on what the modality's learned token replaces, of
    sequences the mean. For OGM-GE its gradient stops there: it only measures
    the modality; the gradient of the fused logits is modulated there. For
    Gradient-Blend it trains the branch as well.

    Args:
        model: A `TrainingModel` whose task passed `check`.
        fields: Names of its M modalities.
        method: `OGM_GE` or `GRADIENT_BLEND`.

    Returns:
        A `TrainingModel` of the same inputs, to a dict of logits: `"fusion"`,
        those of the model, and those of each modality.
    """
    tensors = [graph.call_of(model, token)[0][0] for token in _tokens(model)]
    features = dict(zip(fields, tensors))
    modulations, fused = {}, model.output
    if method == OGM_GE:
        modulations = _modulations(model, features)
        fused = _modulated(model, features, modulations)
    size = model.output_shape[-1]
    heads = {
        field: _head(field, x, size, is_probe=method == OGM_GE)
        for field, x in features.items()
    }
    return TrainingModel(
        model.input,
        {MULTIMODAL: fused, **heads},
        model.target,
        model.label_smoothing,
        name=model.name,
        balance=BalancedLoss(list(fields), modulations),
    )


def multimodal(model):
    """The part of a training model that the saved model has, or all of it."""
    if model.balance is None:
        return model
    return keras.Model(model.input, model.output[MULTIMODAL])


def _tokens(model):
    return [x for x in model.layers if isinstance(x, layers.MissingToken)]


def _modulations(model, features):
    """A layer for each modality that has trainable weights."""
    modulations = {
        field: balance.GradientModulation(name=f"modulate_{field}")
        for field, x in features.items()
        if keras.Model(model.input, x).trainable_weights
    }
    frozen = ", ".join(field for field in features if field not in modulations)
    if not modulations:
        raise ValueError(
            f"All branches ({frozen}) are frozen: OGM-GE has no gradient to "
            "modulate. Train without train.balance, or fine-tune a branch, "
            "e.g. with train.fine_tune=all."
        )
    if frozen:
        warnings.warn(
            f"Frozen as a whole: {frozen}. OGM-GE modulates only the gradient "
            f"of {', '.join(modulations)}.",
            stacklevel=2,
        )
    return modulations


def _modulated(model, features, modulations):
    """The logits, computed from features whose gradient is modulated."""
    _, [presence] = graph.call_of(model, model.get_layer("presence_mask"))
    given = [(presence, presence)]
    for field, x in features.items():
        given.append((x, modulations[field](x) if field in modulations else x))
    try:
        return graph.replay(model, given, model.output)
    except ValueError as error:
        raise ValueError(_refusal(model, OGM_GE)) from error


def _head(field, x, size, is_probe):
    if len(x.shape) == 3:
        x = layers.MaskedPool(name=f"mean_{field}")(x)
    x = ops.stop_gradient(x) if is_probe else x
    return keras.layers.Dense(size, dtype="float32", name=f"logits_{field}")(x)


def _refusal(model, method):
    return (
        f"{model.name} cannot be trained with train.balance={method}: this "
        "requires a learned token for each missing modality, through which "
        "the modality reaches the output, and one class, number or set of "
        "labels per example. Train without it; train.modality_dropout "
        "also keeps modalities from being neglected."
    )
