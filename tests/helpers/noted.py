"""A reporter whose notes a test reads."""

from mmkeras.training.reporter import Reporter


class Notes(Reporter):
    """Keeps notes and warnings in `notes`."""

    verbose = 0

    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)

    warn = note
