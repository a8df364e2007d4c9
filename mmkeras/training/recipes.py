"""How an architecture is trained unless told otherwise."""

import dataclasses
import math
from typing import Literal

from mmkeras import arguments
from mmkeras import registry
from mmkeras import tasks
from mmkeras.training import value_types
from mmkeras.training.precision import POLICIES

MIN_STEPS = 600
MIN_STEPS_SMALL = 1000  # With batches smaller than a recipe's largest.
MAX_EPOCHS = 100
_MIN_BATCH_SIZE = 8
_MIN_BATCHES = 16  # Per epoch.
_RULES = ("min_epochs", "max_batch_size")
_LATER = (
    "head",
    "class_weights",
    "folds",
    "init_branches",
    "fraction",
    "loss_weights",
    "r_drop",
    "batch_tokens",
)  # Not in the `run.json` of earlier runs.
_RANGES = {
    "epochs": (1, math.inf),
    "batch_size": (1, math.inf),
    "batch_tokens": (1, math.inf),
    "learning_rate": (0, math.inf),
    "encoder_lr_scale": (0, math.inf),
    "lora": (1, math.inf),
    "label_smoothing": (0, 1),
    "r_drop": (0, math.inf),
    "ema": (0, 1),
    "modality_dropout": (0, 1),
    "patience": (1, math.inf),
    "folds": (2, math.inf),
    "fraction": (0, 1),
}


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a model is trained.

    Attributes:
        epochs: Number of epochs. By default chosen by the number of training
            examples; see `resolve`.
        batch_size: Examples per batch. By default chosen by the number of
            training examples; see `resolve`.
        batch_tokens: Maximum number of token ids per batch of a translator of
            texts, those of the sources or of the translations, whichever are
            more, padding included. Sentences of similar length then share a
            batch, instead of `batch_size` of them. Null for `batch_size`.
        min_epochs: Minimum number of epochs, if they are chosen.
        max_batch_size: Maximum batch size, if it is chosen.
        learning_rate: Peak learning rate, after the warm-up; then a cosine
            decay to 2 % of it.
        encoder_lr_scale: Learning rate of image branches and pretrained
            networks, if they are trained, as a fraction of the learning rate
            of the other layers. With `fine_tune` or `lora`, 0.2 by default,
            or 0.03 if all weights of a text network are fine-tuned.
        warmup: Duration of the warm-up, as a fraction of all steps.
        weight_decay: Weight decay of AdamW; not applied to biases, norms and
            embeddings.
        label_smoothing: Label smoothing, in [0, 1).
        clip: Maximum norm of the gradient of a weight.
        ema: Decay of the exponential moving average of the weights, 0 for
            none. It warms up with the number of steps.
        monitor: Validation metric that selects the best epoch.
        patience: Stop after this many epochs without an improvement; null to
            train all epochs.
        augment: Modalities that are augmented at random in training: audio,
            and image where the whole image branch is trained.
        examples_per_image: Number of examples with the same image in a batch,
            if the image branch is trained: it processes the image once for
            all of them. 0 for all examples of an image; null for batches
            drawn at random.
        reward: One of `self_critical.REWARDS`, for self-critical training;
            `None` to train on the captions of the data set.
        num_samples: Captions sampled per image in self-critical training; a
            batch has `batch_size / num_samples` images.
        temperature: Temperature at which they are sampled.
        views: Versions of each training image whose features a frozen branch
            computes: plain, mirror, crop-0 to crop-3.
        pool_image: Whether a pretrained image network returns only the mean
            of the regions, so that its cached features are one vector.
        modality_dropout: Probability of hiding each modality of an example,
            in [0, 1); never all of them.
        all_subsets: Whether to train on every subset of the modalities of
            each example instead, and to select the epoch by the mean over
            them.
        balance: Method that keeps training from neglecting a modality. ogm-ge
            (https://arxiv.org/abs/2203.15332) weakens the gradient of the
            modality whose features alone predict the class best;
            gradient-blend (https://arxiv.org/abs/1905.12681) also trains a
            head per modality, and weighs losses by how well each generalizes.
        bucket_by_length: Whether texts, or audio, of similar length share a
            batch, which is as long as the longest of them.
        fine_tune: Continue training pretrained networks: all of them (all),
            one of them, by the name of its branch, such as text, or the image
            network from this layer on. The layers before it stay frozen, and
            their outputs are computed once.
        lora: Rank of LoRA. Instead of their own weights, only low-rank
            changes of the attention of pretrained networks of KerasHub are
            trained: of all of them, or of those that `fine_tune` names.
        cache_at: For a pretrained image network that is not fine-tuned: also
            cache its outputs at this layer, so that a later run can fine-tune
            from there.
        head: What is trained of a model whose branches are all frozen: linear
            for one layer on the mean features, standardised, that begins as
            a ridge regression chosen by cross-validation; full for all layers
            of the architecture. By default linear for pretrained networks, at
            most 5,000 examples and no other `model` keys.
        class_weights: balanced to weigh each example by the inverse frequency
            of its class, so that rare classes count as much as frequent ones.
        folds: Number of folds of a cross-validation: a model per fold is
            trained on all other rows of training and validation, in
            sub-folders fold-0, fold-1, ... of the run. Folds are stratified by
            label; rows of one group are in one fold.
        init_branches: Branches to take from the run or preset of --init, by
            the names of their inputs, such as image,text; with their codecs,
            from any architecture. All other weights are new.
        fraction: Share of the training rows to use, in (0, 1], chosen by the
            seed; rows of one image, audio file or group stay together. A
            smaller share is part of a larger one.
        loss_weights: Weights of the losses of a model with several targets,
            by the names of its outputs; 1 by default, 0 leaves one out.
        r_drop: Weight of R-Drop (https://arxiv.org/abs/2106.14448) for models
            that generate text: each batch is predicted twice, with different
            dropout, and the two are to agree. A step takes twice as long.
        precision: Precision of training; auto chooses it by the machine.
        model: Arguments of the builder; see `mmkeras.build_model`.
    """

    epochs: int | None = None
    batch_size: int | None = None
    batch_tokens: int | None = None
    min_epochs: int = 10
    max_batch_size: int = 128
    learning_rate: float = 1e-3
    encoder_lr_scale: float = 1.0
    warmup: float = 0.05
    weight_decay: float = 0.01
    label_smoothing: float = 0.1
    clip: float = 5.0
    ema: float = 0.0
    monitor: Literal["accuracy", "cider", "f1_weighted", "loss"] = "cider"
    patience: int | None = None
    augment: tuple = ()
    examples_per_image: int | None = None
    reward: str | None = None
    num_samples: int = 5
    temperature: float = 0.5
    views: tuple = ("plain", "mirror")
    pool_image: bool = False
    modality_dropout: float = 0.0
    all_subsets: bool = False
    balance: Literal["ogm-ge", "gradient-blend"] | None = None
    bucket_by_length: bool = False
    fine_tune: str | None = None
    lora: int | None = None
    cache_at: str | None = None
    head: Literal["linear", "full"] | None = None
    class_weights: Literal["balanced"] | None = None
    folds: int | None = None
    init_branches: tuple | None = None
    fraction: float | None = None
    loss_weights: dict | None = None
    r_drop: float | None = None
    precision: Literal["auto", *POLICIES] = "auto"
    model: dict = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        for name in ("augment", "views"):  # JSON has lists only.
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                expected = f"at least {low}"
                if high < math.inf:
                    expected = f"in [{low}, {high}]"
                raise ValueError(
                    f"`{name}` must be {expected}. Received: {name}={value}"
                )

        if self.fraction == 0:
            raise ValueError("`fraction` must be above 0. Received: fraction=0")
        if self.balance and self.all_subsets:
            raise ValueError(
                "`balance` and `all_subsets` are mutually exclusive: leave out "
                f"one of them. Received: balance={self.balance}, "
                "all_subsets=True"
            )

    def to_dict(self):
        """Gives all that decides a training, for JSON, once `resolve` chose."""
        values = dataclasses.asdict(self)
        unset = [key for key in _LATER if values[key] is None]
        return {k: v for k, v in values.items() if k not in (*_RULES, *unset)}


def get(name):
    """Returns the recipe of an architecture.

    It is `Recipe()`, changed by the `recipe` of the task's class, and that by
    the `recipe` with which the architecture is registered.

    Args:
        name: Architecture, e.g. `"caption-cnn-lstm"`.

    Returns:
        A `Recipe`.

    Raises:
        ValueError: If one of the two has an unknown field or a wrong value.
    """
    architecture = registry.get(name)
    task = tasks.of(architecture)
    try:
        values = _convert(task.recipe, task.monitors)
        changes = _convert(architecture.recipe, task.monitors)
        model = {**values.get("model", {}), **changes.get("model", {})}
        _check_model(architecture, model)
        return Recipe(**{**values, **changes, "model": model})
    except (TypeError, ValueError) as error:
        raise ValueError(f"The recipe of {name!r} is wrong: {error}") from error


def _convert(stated, monitors):
    """Checks fields of a `Recipe`; returns them with values of their types."""
    types = {field.name: field.type for field in dataclasses.fields(Recipe)}
    types["monitor"] = Literal[monitors]
    unknown = sorted(set(stated) - set(types))
    if unknown:
        raise ValueError(
            f"expected some of {', '.join(types)}. Received: "
            f"{', '.join(unknown)}"
        )
    values = {}
    for name, value in stated.items():
        try:
            values[name] = value_types.convert(value, types[name])
        except TypeError as error:
            raise ValueError(
                f"`{name}`: {error}. Received: {name}={value!r}"
            ) from None
    return values


def _check_model(architecture, values):
    defaults = architecture.arguments
    unknown = sorted(set(values) - set(defaults))
    if unknown:
        raise ValueError(
            f"`model`: expected some of {', '.join(defaults)}. Received: "
            f"{', '.join(unknown)}"
        )
    arguments.check(architecture.name, defaults, values)


def resolve(recipe, num_examples):
    """Chooses the batch size and the number of epochs that a recipe leaves out.

    The batch size is the largest power of two that makes at least 16 batches
    per epoch, but at least 8 and at most `recipe.max_batch_size`. The number
    of epochs is `recipe.min_epochs`, or as many as 600 steps take, 1,000 with
    batches smaller than the largest, but at most 100. What the recipe states
    is left as it is.

    Args:
        recipe: A `Recipe`.
        num_examples: int. Examples that are in the training split.

    Returns:
        A `Recipe` with `epochs` and `batch_size`.
    """
    size = recipe.batch_size
    if size is None:
        size = max(num_examples // _MIN_BATCHES, _MIN_BATCH_SIZE)
        size = min(1 << size.bit_length() - 1, recipe.max_batch_size)
    epochs = recipe.epochs
    if epochs is None:
        is_small = size < recipe.max_batch_size
        min_steps = MIN_STEPS_SMALL if is_small else MIN_STEPS
        steps = max(num_examples // size, 1)
        epochs = max(min(-(-min_steps // steps), MAX_EPOCHS), recipe.min_epochs)
    return dataclasses.replace(recipe, batch_size=size, epochs=epochs)


def self_critical(recipe, reward):
    """Makes the recipe for self-critical training of a captioning model.

    There is no dropout: captions must be sampled from the model that is
    trained on them.

    Args:
        recipe: The `Recipe` that the model was trained with.
        reward: One of `self_critical.REWARDS`.

    Returns:
        A `Recipe`.
    """
    return dataclasses.replace(
        recipe,
        min_epochs=4,
        max_batch_size=120,
        learning_rate=1e-4,
        label_smoothing=0.0,
        ema=0.99,
        views=("plain", "mirror"),
        reward=reward,
        model={**recipe.model, "dropout": 0.0},
    )
