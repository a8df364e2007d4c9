"""How each architecture is trained unless told otherwise."""

import dataclasses

MIN_STEPS = 600
MIN_STEPS_SMALL = 1000  # With batches smaller than a recipe's largest.
MAX_EPOCHS = 100
_MIN_BATCH_SIZE = 8
_MIN_BATCHES = 16  # Per epoch.
_RULES = ("min_epochs", "max_batch_size")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Settings of a training.

    Attributes:
        epochs: Number of epochs, or `None` to choose it by the number of
            examples; see `resolve`.
        batch_size: Examples per batch (captions, of a captioner), or `None`
            to choose it by the number of examples; see `resolve`.
        min_epochs: Smallest number of epochs that is chosen.
        max_batch_size: Largest batch size that is chosen.
        learning_rate: Peak, after the warm-up; then a cosine to 2 % of it.
        branch_rate: Learning rate of the image branch, where it is trained,
            in parts of the others'.
        warmup: Share of all steps.
        weight_decay: Of AdamW; not on biases, norms and embeddings.
        label_smoothing: In [0, 1).
        clip: Largest norm of a weight's gradient.
        ema: Decay of moving averages of the weights, 0 for none. It warms up
            with the number of steps; see `optimizers.MultiRateAdamW`.
        monitor: What chooses the best epoch, of validation: `"cider"` or
            `"loss"` of a captioner, `"accuracy"`, `"f1_weighted"` or
            `"loss"` of a judge.
        patience: Epochs without a better one before training stops; `None`
            to go on.
        augment: Names of the modalities that are changed at random in
            training: `"audio"`, and `"image"` where the whole image branch is
            trained; see `mmkeras.data.augment`.
        together: Number of examples with the same image (or other file) in
            one batch, where its branch is trained: it processes the image
            once for all of them. 0 for as many as an image has; `None` for
            batches drawn at random.
        reward: One of `self_critical.REWARDS`, to teach a captioner by what
            its own sentences are worth; `None` to teach people's, word by
            word.
        draws: Sentences drawn of each image for that; a batch has
            `batch_size / draws` images.
        temperature: At which they are drawn.
        views: What a frozen branch is shown of each training image; see
            `mmkeras.data.views`.
        pooled: Whether the decoder sees only the mean of the regions, so
            that a frozen branch can be cached as one vector.
        modality_dropout: How often each modality is hidden from a judge, in
            [0, 1); never all of an example.
        every_subset: Whether a judge is taught with every subset of the
            modalities of each example instead, and chosen by the mean over
            them; see `training.subsets`.
        by_length: Whether texts of similar length share a batch, which is as
            long as the longest of them.
        settings: Arguments of the builder.
    """

    epochs: int | None = None
    batch_size: int | None = None
    min_epochs: int = 10
    max_batch_size: int = 128
    learning_rate: float = 1e-3
    branch_rate: float = 1.0
    warmup: float = 0.05
    weight_decay: float = 0.01
    label_smoothing: float = 0.1
    clip: float = 5.0
    ema: float = 0.0
    monitor: str = "cider"
    patience: int | None = None
    augment: tuple = ()
    together: int | None = None
    reward: str | None = None
    draws: int = 5
    temperature: float = 0.5
    views: tuple = ("plain", "mirror")
    pooled: bool = False
    modality_dropout: float = 0.0
    every_subset: bool = False
    by_length: bool = False
    settings: dict = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        for name in ("augment", "views"):  # JSON has lists only.
            object.__setattr__(self, name, tuple(getattr(self, name)))

    def to_dict(self):
        """Gives all that decides a training, for JSON, once `resolve` chose."""
        values = dataclasses.asdict(self)
        return {k: v for k, v in values.items() if k not in _RULES}


_JUDGE = Recipe(
    min_epochs=20,
    max_batch_size=64,
    label_smoothing=0.0,
    clip=1.0,
    ema=0.99,
    monitor="accuracy",
    augment=("audio",),
    views=("plain",),  # Labels and answers may tell left from right.
    modality_dropout=0.2,
)
# What is asked comes with its image: neither is hidden often.
_ANSWERER = dataclasses.replace(
    _JUDGE,
    min_epochs=12,
    max_batch_size=128,
    learning_rate=3e-3,
    modality_dropout=0.02,
)
# Of a talk: what hides the image or the question teaches nothing.
_TALKER = dataclasses.replace(
    _JUDGE,
    min_epochs=10,
    max_batch_size=128,
    learning_rate=1e-3,
    modality_dropout=0.02,
    together=0,
)
# As VisDial's authors: 512 units, 64 rounds a batch.
_RANKER = dataclasses.replace(
    _JUDGE,
    min_epochs=10,
    learning_rate=1e-3,
    label_smoothing=0.1,
    modality_dropout=0.05,
)
_CAPTIONER = Recipe(together=5, by_length=True)
_PLAIN = {"caption": _CAPTIONER, "vqa": _ANSWERER}

_MANY_VIEWS = ("plain", "mirror", "crop-0", "crop-1", "crop-2", "crop-3")
_RECIPES = {
    "caption-cnn-lstm": dataclasses.replace(
        _CAPTIONER,
        min_epochs=10,
        learning_rate=2e-3,
        ema=0.998,
        views=_MANY_VIEWS,
        pooled=True,
        settings={"dim": 512, "dropout": 0.4},
    ),
    "caption-cnn-attention-lstm": dataclasses.replace(
        _CAPTIONER,
        min_epochs=8,
        max_batch_size=96,
        weight_decay=0.02,
        ema=0.998,
        views=_MANY_VIEWS,
        settings={"dim": 384, "dropout": 0.5},
    ),
    "caption-cnn-transformer": dataclasses.replace(
        _CAPTIONER,
        min_epochs=8,
        learning_rate=5e-4,
        settings={"dim": 256, "depth": 2, "heads": 8, "dropout": 0.3},
    ),
    "caption-vit-transformer": dataclasses.replace(
        _CAPTIONER, min_epochs=20, learning_rate=5e-4, weight_decay=0.05
    ),
    "dialogue-text-image-modules": _TALKER,
    "dialogue-text-image-late": _RANKER,
    "dialogue-text-image-memory": _RANKER,
    "dialogue-text-image-transformer": dataclasses.replace(
        _TALKER, settings={"dim": 64, "depth": 1}
    ),
    "dialogue-text-scene-gru": dataclasses.replace(
        _JUDGE,
        min_epochs=8,
        learning_rate=2e-3,
        modality_dropout=0.1,
        by_length=True,
    ),
    "emotion-text-context": dataclasses.replace(
        _JUDGE,
        min_epochs=14,
        max_batch_size=16,
        learning_rate=3e-3,
        label_smoothing=0.1,
        monitor="f1_weighted",
    ),
    "vqa-cnn-bow": dataclasses.replace(
        _ANSWERER, min_epochs=8, settings={"fusion": "product", "dropout": 0.0}
    ),
}


def get(name):
    """Returns the recipe of an architecture; a plain one if it has none."""
    plain = _PLAIN.get(name.split("-")[0], _JUDGE)
    return _RECIPES.get(name, plain)


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
        least = MIN_STEPS_SMALL if is_small else MIN_STEPS
        steps = max(num_examples // size, 1)
        epochs = max(min(-(-least // steps), MAX_EPOCHS), recipe.min_epochs)
    return dataclasses.replace(recipe, batch_size=size, epochs=epochs)


def rewarded(recipe, reward):
    """Makes the recipe by which a captioner goes on with its own sentences.

    Without dropout, for what is drawn and what is taught must be of one mind.

    Args:
        recipe: The `Recipe` it was taught by.
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
        settings={**recipe.settings, "dropout": 0.0},
    )
