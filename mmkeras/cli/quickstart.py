"""`mmkeras quickstart`."""


def run():
    """Train, score, export and use a captioner, offline, in minutes."""
    raise ValueError("not yet")
