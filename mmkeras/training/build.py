"""Builds a task for a data set: codecs that fit its rows, and a model."""

from mmkeras import branches
from mmkeras import registry
from mmkeras import tasks
from mmkeras.data import codecs
from mmkeras.data import label_kinds
from mmkeras.data import training_problems
from mmkeras.tasks import fit_codecs
from mmkeras.tasks import options
from mmkeras.training import initialize
from mmkeras.training import precision

_PRETRAINED_SIZE = 224  # Of images, for networks trained elsewhere.


def build(
    name,
    data,
    recipe,
    weights=None,
    network="MobileNetV2",
    image_size=None,
    fine_tune=False,
    stem=None,
    init=None,
    seconds=None,
    length=None,
    minimum=None,
    policy="auto",
    answers=3000,
    vectors=None,
    target=None,
):
    """Builds a task for a data set.

    Args:
        name: Architecture, e.g. `"caption-cnn-lstm"`.
        data: A `training.examples.Data`; vocabulary and classes are those of
            its training rows.
        recipe: A `recipes.Recipe`.
        weights: File of weights for the image network, or `"imagenet"`;
            `None` trains the architecture's own image branch from scratch.
        network: Image network of `keras.applications`, with `weights`.
        image_size: Height and width of the images in pixels. By default 224
            with `weights`, else that of the task or the architecture.
        fine_tune: Whether to train the image network on, too: a bool, or the
            name of the first layer to train; see
            `branches.image.application`.
        stem: Layer of a frozen image network at which its outputs are cached
            for a run that fine-tunes from there.
        init: Folder of a run of the same architecture, whose weights and
            vocabulary to start with.
        seconds: Maximum length of audio, 2.0 by default.
        length: int. Maximum length of a text in token ids; by default that
            of the task.
        minimum: int. Minimum count of a word in training; by default that of
            the task.
        policy: Precision; see `precision.use`.
        answers: int. Number of answers to questions to choose among, the most
            frequent in training. An architecture that takes candidates ranks
            these; one that takes tokens generates any words it knows.
        vectors: File of word vectors to start with, or `None`; see
            `initialize.initialize_embeddings`.
        target: `"class"`, `"labels"` or `"number"`: the type of the labels;
            `None` to infer it from all rows, see `data.label_kinds`.

    Returns:
        A `tasks.Task`.

    Raises:
        ValueError: If the rows lack an input of the architecture or cannot be
            trained on, see `data.training_problems`, or if the architecture
            has no image branch for `weights`, or `init` does not fit.
    """
    architecture = registry.get(name)
    taken = architecture.arguments
    _check_network(name, taken, weights, stem, fine_tune)
    splits = {"train": data.train, "val": data.val}
    training_problems.require(training_problems.find(splits))
    start = tasks.load(init) if init else None
    precision.use(policy)
    defaults = options.defaults(architecture)
    kind = tasks.of(architecture)
    side = image_size or (
        _PRETRAINED_SIZE
        if weights
        else defaults.image_size or taken.get("image_shape", (64,))[0]
    )
    texts = {
        "length": length or defaults.length,
        "minimum": minimum or defaults.min_count,
    }
    if kind.target_field == "text":  # No smallest model: it draws weights.
        found = fit_codecs.fit_codecs(["image"], data.train, side, seconds, {})
        captions = [text for row in data.train for text in row["captions"]]
        found["text"] = codecs.Text.from_texts(captions, **texts)
    else:
        tiny = registry.build_model(name, **architecture.tiny)
        rows = kind.joined(tiny, data.train)
        fields = fit_codecs.input_fields(tiny, rows, taken)
        if defaults.punctuation != "drop":
            texts["punctuation"] = defaults.punctuation
        found = fit_codecs.fit_codecs(fields, rows, side, seconds, texts)
        labels = [row["label"] for row in [*data.train, *data.val]]
        found["label"] = fit_codecs.fit_label(
            found,
            data.train,
            answers,
            tasks.task.TOKENS in tiny.input,
            target or label_kinds.infer(labels),
        )
    if start:
        found = initialize.codecs_of(start, found)
    arguments = fit_codecs.builder_arguments(found, kind.target_field, taken)
    arguments |= recipe.settings
    if weights:
        arguments["image"] = branches.image.application(
            network, (side, side, 3), weights, fine_tune, recipe.pooled, stem
        )
    task = kind(registry.build_model(name, **arguments), found)
    if start:
        initialize.copy_weights(start, task, init)
    if vectors:
        initialize.initialize_embeddings(task, vectors)
    return task


def num_examples(name, data):
    """Counts the training examples of an architecture.

    Args:
        name: Architecture.
        data: A `training.examples.Data`.

    Returns:
        int: captions; groups of rows, for models of sequences; else rows.
    """
    architecture = registry.get(name)
    tiny = registry.build_model(name, **architecture.tiny)
    return tasks.of(architecture).count_examples(tiny, data.train)


def _check_network(name, taken, weights, stem, fine_tune):
    if stem and not weights:
        raise ValueError(
            "An image network that is trained from scratch has no stem to "
            f"cache. Omit `stem`, or pass `weights`. Received: stem={stem!r}"
        )
    if fine_tune and not weights:
        raise ValueError(
            "`fine_tune` continues the training of a pretrained image "
            "network. Omit it, or pass `weights`. Received: "
            f"fine_tune={fine_tune!r}"
        )
    if weights and "image" not in taken:
        raise ValueError(
            f"{name} has no image branch that can be replaced by a pretrained "
            f"network. Omit `weights`. Received: weights={weights!r}"
        )
