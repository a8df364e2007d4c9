"""Answers the last question of a dialogue, or predicts its outcome."""

from mmkeras import metrics
from mmkeras.tasks import answers
from mmkeras.tasks.classify import CANDIDATES
from mmkeras.tasks.classify import Classify
from mmkeras.tasks.vqa import QUESTION
from mmkeras.tasks.vqa import VQA


class Dialogue(VQA):
    """Chooses, ranks or generates an answer in a dialogue; see `Classify`."""

    name = "dialogue"
    pipeline_tag = "visual-question-answering"
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

    @property
    def unimodal_parts(self):
        """Each input; of a dialogue about an image, all except one.

        A question cannot be answered without itself, nor candidates ranked
        without them.
        """
        if "history" not in self.fields:
            return super().unimodal_parts
        return [
            "+".join(field for field in self.fields if field != absent)
            for absent in ("image", "history")
        ]

    def extra_scores(self, examples, outputs, predictions):
        """Scores of the answers; of ranked candidates, also their ranks."""
        scores = {}
        if QUESTION in self.fields:
            scores = super().extra_scores(examples, outputs, predictions)
        if CANDIDATES in self.fields:
            relevance = answers.relevance(examples.rows, outputs)
            scores |= metrics.ranking_scores(
                outputs, examples.labels, relevance
            )
        return scores

    def error_counts(self, examples, predictions):
        if QUESTION not in self.fields or CANDIDATES in self.fields:
            return {}
        return super().error_counts(examples, predictions)
