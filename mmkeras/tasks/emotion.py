"""Recognizes the emotion of each utterance of a conversation."""

from mmkeras.tasks.classify import Classify


class Emotion(Classify):
    """Recognizes the emotion of each utterance; see `Classify`."""

    name = "emotion"
    recipe = {**Classify.recipe, "monitor": "f1_weighted"}
    data_options = {"max_length": 32}
    punctuation = "keep"  # It says something about emotions.
