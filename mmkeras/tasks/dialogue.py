"""Answers the last question of a dialogue, or predicts its outcome."""

from mmkeras.tasks.classify import Classify


class Dialogue(Classify):
    """Chooses, ranks or generates an answer in a dialogue; see `Classify`."""

    name = "dialogue"
    data_kind = "dialogues"
    recipe = {
        **Classify.recipe,
        "min_epochs": 10,
        "max_batch_size": 128,
        # A question means little without its image: neither is hidden often.
        "modality_dropout": 0.02,
        "examples_per_image": 0,
    }
    data_options = {"max_length": 200}
    punctuation = "keep"
