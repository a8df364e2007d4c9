"""A talk with a judge, turn by turn."""


class Talk:
    """Asks one question after another, and keeps what was said.

    Args:
        task: A `mmkeras.tasks.Classify` that takes `"question"` and
            `"history"`.
        image: Bytes of an image, or `None`.
        candidates: List of answers to choose among, for a task that ranks
            them; or `None`.

    Raises:
        ValueError: If the task does not answer questions in a talk, or lacks
            candidates.
    """

    def __init__(self, task, image=None, candidates=None):
        missing = {"question", "history"} - set(task.fields)
        if missing:
            raise ValueError(
                "Expected a model that takes a question and a history, such "
                "as dialogue-text-image-modules. Received one that takes: "
                f"{', '.join(task.fields)}"
            )
        if ("candidates" in task.fields) != bool(candidates):
            wanted = "ranks" if "candidates" in task.fields else "does not rank"
            raise ValueError(
                f"{task.model.name} {wanted} candidates. Received: "
                f"candidates={candidates and candidates[:5]}. Give a file of "
                "them (--candidates) to a model that ranks, and to no other."
            )
        self.task, self.image = task, image
        self.candidates = candidates
        self.turns = []

    def ask(self, question):
        """Answers one question.

        Of a longer talk than the model was taught, the last turns are told.

        Args:
            question: str.

        Returns:
            Tuple of the answer, its probability, and an error, empty if there
            is an answer; only then is the turn remembered.
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
