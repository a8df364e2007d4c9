"""A small task around every architecture, with codecs that fit its inputs."""

import mmkeras
from mmkeras import tasks
from mmkeras.data import codecs

SOUND = 16000  # Samples per second.


def build(name, kind="single", vocabulary=None, image=codecs.Image, **changes):
    """Makes an untrained task.

    Args:
        name: Name of the architecture.
        kind: Of the labels: "single", "multi" or "number".
        vocabulary: List of words that its text codecs know.
        image: Class of the image codec.
        **changes: Arguments of the builder to change.

    Returns:
        A task of the architecture's class.
    """
    found = mmkeras.get(name)
    arguments = {**found.tiny, **changes}
    kind = tasks.of(found).label_type or kind
    if kind == "number":
        arguments["num_classes"] = 1
    count = arguments.get("vocabulary_size", 11) - 4
    words = vocabulary or [f"word{i}" for i in range(count)]
    if "vocabulary_size" in arguments:
        arguments["vocabulary_size"] = 4 + len(words)
    model = mmkeras.build_model(name, **arguments)
    if tasks.of(found).target_field == "text":
        fitting = _codecs(model, words, image, length=9)
        fitting.setdefault("text", codecs.Text(words, length=9))
        return tasks.of(found)(model, fitting)
    fitting = _codecs(model, words, image, skip=("presence", "tokens"))
    target = tasks.of(found).target_field
    if target == "pair":
        fitting["pair"] = codecs.Groups()
    else:
        fitting[target] = _label(model, kind, words)
    return tasks.of(found)(model, fitting)


def _codecs(model, words, image, length=6, skip=()):
    """A codec for each input, by its shape and type."""
    fitting = {}
    for field, x in model.input.items():
        if field in skip:
            continue
        shape = tuple(x.shape[1:])
        if field == "image":
            fitting[field] = image(shape[:2])
        elif len(shape) == 4:
            fitting[field] = codecs.Video(shape[0], shape[1:3])
        elif field == "audio" and len(shape) == 1:
            fitting[field] = codecs.Audio(SOUND, (shape[0] or 2000) / SOUND)
        elif "float" in x.dtype:
            fitting[field] = codecs.Features(shape)
        elif len(shape) == 2:
            fitting[field] = codecs.Dialogue(words, *shape)
        else:
            name = "text" if field == "tokens" else field
            fitting[name] = codecs.Text(words, length=shape[0] or length)
    return fitting


def _label(model, kind, words):
    if "tokens" in model.input:
        return codecs.Text(words, length=5)
    if kind == "number":
        return codecs.Labels(kind="number")
    count = model.output_shape[-1]
    return codecs.Labels([str(i) for i in range(count)], kind)
