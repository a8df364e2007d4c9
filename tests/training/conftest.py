from curves import draw  # noqa: F401
