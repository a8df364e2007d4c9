"""How the inputs of each task are encoded unless told otherwise."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Options:
    """Defaults of a task's codecs.

    Attributes:
        length: Maximum length of a text, or of a turn, in token ids.
        min_count: Minimum count of a word in training.
        punctuation: `"keep"` or `"drop"`.
        image_size: Height and width of images for branches that are trained
            from scratch; `None` for those of the architecture.
    """

    length: int = 60
    min_count: int = 2
    punctuation: str = "drop"
    image_size: int | None = None


_OF_TASK = {
    "caption": Options(length=20, min_count=5, image_size=64),
    "dialogue": Options(length=200, punctuation="keep"),
    # A question mark tells something about what is felt.
    "emotion": Options(length=32, punctuation="keep"),
    "vqa": Options(length=20),
}


def defaults(architecture):
    """Returns the `Options` of an architecture's task.

    Args:
        architecture: A `registry.Architecture`.
    """
    options = _OF_TASK.get(architecture.task, Options())
    if "history_shape" in architecture.arguments:
        return dataclasses.replace(options, length=24)
    return options
