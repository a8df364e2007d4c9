"""Tiny captioners that have much to say, for tests."""

import numpy as np

import mmkeras
from mmkeras import tasks
from mmkeras.data.codecs import Image
from mmkeras.data.codecs import Text

WORDS = ["a", "red", "blue", "dog", "cat", "sees", "crème"]


def tiny(name, image=Image):
    """Makes a captioner whose random weights tell images apart.

    Args:
        name: Name of the architecture.
        image: Class of the image codec.

    Returns:
        A `Caption` that knows `WORDS`, the same every time.
    """
    arguments = {**mmkeras.get(name).tiny, "vocabulary_size": 4 + len(WORDS)}
    model = mmkeras.build_model(name, **arguments)
    seeing = {id(weight) for weight in model.get_layer("encoder").weights}
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if weight.name in ("kernel", "recurrent_kernel", "embeddings"):
            strong = "words" in weight.path or "logits" in weight.path
            spread = 0.3 if id(weight) in seeing else 3 if strong else 1.5
            weight.assign(rng.normal(0, spread, weight.shape))
    size = model.get_layer("encoder").input_shape[1:3]
    codecs = {"image": image(size), "text": Text(WORDS, length=9)}
    return tasks.Caption(model, codecs)
