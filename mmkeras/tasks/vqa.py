"""Answers a question about an image."""

from mmkeras.tasks import answers
from mmkeras.tasks.classify import Classify

QUESTION = "question"


class VQA(Classify):
    """Chooses the answer to a question about an image; see `Classify`."""

    name = "vqa"
    pipeline_tag = "visual-question-answering"
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

    def extra_scores(self, examples, outputs, predictions):
        """Scores of the answers by type and group; see `answer_scores`."""
        if not self.target.has_accuracy:
            return {}
        return answers.answer_scores(examples, predictions)

    def error_counts(self, examples, predictions):
        return answers.answer_errors(examples, predictions)

    def answer_texts(self, batch, labels):
        """Each question with its answer."""
        questions = batch.get(QUESTION) or [None] * len(labels)
        return [
            f"{question} {label}" if question else str(label)
            for question, label in zip(questions, labels)
        ]
