"""Answers a question about an image."""

from mmkeras.tasks.classify import Classify


class VQA(Classify):
    """Chooses the answer to a question about an image; see `Classify`."""

    name = "vqa"
    data_kind = "questions"
    recipe = {
        **Classify.recipe,
        "min_epochs": 12,
        "max_batch_size": 128,
        "learning_rate": 3e-3,
        # A question means little without its image: neither is hidden often.
        "modality_dropout": 0.02,
    }
    data_options = {"max_length": 20}
