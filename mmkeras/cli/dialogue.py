"""A dialogue with a model, turn by turn."""


class Talk:
    """Asks one question after another, and keeps the history.

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
            wanted = (
                "requires" if "candidates" in task.fields else "does not take"
            )
            raise ValueError(
                f"{task.model.name} {wanted} candidates. Received: "
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
        most = self.task.codecs["history"].turns
        asked = {
            "question": [question],
            "history": [self.turns[-most:] or None],
        }
        if self.image is not None:
            asked["image"] = [self.image]
        if self.candidates:
            asked["candidates"] = [self.candidates]
        said = self.task.answer(asked)
        answer, error = str(said["label"][0]), str(said["error"][0])
        if not error:
            self.turns.append(f"{question} {answer}")
        return answer, float(said["probability"][0].max()), error
