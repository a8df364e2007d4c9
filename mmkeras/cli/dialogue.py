"""A dialogue with a model, one question at a time."""


class Dialogue:
    """Answers questions, given the previous ones.

    Args:
        task: A `mmkeras.tasks.Classify` that takes `"question"` and
            `"history"`.
        image: Bytes of an image, or `None`.
        candidates: List of answers to choose among, for a task that ranks
            them; or `None`.

    Raises:
        ValueError: If the task does not take a question and a history, or if
            it ranks candidates and none are given.
    """

    def __init__(self, task, image=None, candidates=None):
        missing = {"question", "history"} - set(task.fields)
        if missing:
            raise ValueError(
                "Expected a model that takes a question and a history, such "
                "as dialogue-text-image-modules. Received: a model that takes "
                f"{', '.join(task.fields)}"
            )
        if ("candidates" in task.fields) != bool(candidates):
            verb = (
                "requires" if "candidates" in task.fields else "does not take"
            )
            raise ValueError(
                f"{task.model.name} {verb} candidates. Received: "
                f"candidates={candidates and candidates[:5]}. Pass "
                "--candidates to ranking models only; they require it."
            )
        self.task, self.image = task, image
        self.candidates = candidates
        self.turns = []

    def ask(self, question):
        """Answers one question.

        If the dialogue is longer than the model's history, only the last
        turns are passed to it.

        Args:
            question: str.

        Returns:
            Tuple of the answer, its probability, and an error, empty if there
            is an answer; only then is the turn added to the history.
        """
        max_turns = self.task.codecs["history"].turns
        batch = {
            "question": [question],
            "history": [self.turns[-max_turns:] or None],
        }
        if self.image is not None:
            batch["image"] = [self.image]
        if self.candidates:
            batch["candidates"] = [self.candidates]
        answers = self.task.answer(batch)
        answer, error = str(answers["label"][0]), str(answers["error"][0])
        if not error:
            self.turns.append(f"{question} {answer}")
        return answer, float(answers["probability"][0].max()), error
