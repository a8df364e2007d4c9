"""A multimodal model zoo for Keras 3.

Subpackages are imported at first use, so that `import mmkeras` is fast.
"""

import importlib

from mmkeras.version import __version__

_HOME = {
    "build_model": "mmkeras.registry",
    "evaluate": "mmkeras.api",
    "export": "mmkeras.api",
    "get": "mmkeras.registry",
    "index": "mmkeras.serving.search",
    "list_models": "mmkeras.registry",
    "load": "mmkeras.tasks",
    "predict": "mmkeras.api",
    "register": "mmkeras.registry",
    "search": "mmkeras.serving.search",
    "train": "mmkeras.api",
}
_PACKAGES = {
    "balance",
    "branches",
    "data",
    "decoders",
    "evaluation",
    "files",
    "fusion",
    "generation",
    "hub",
    "layers",
    "losses",
    "metrics",
    "registry",
    "serving",
    "tasks",
    "training",
    "word_vectors",
}


def __getattr__(name):
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    if name in _PACKAGES:
        return importlib.import_module(f"mmkeras.{name}")
    raise AttributeError(f"module 'mmkeras' has no attribute {name!r}")


def __dir__():
    return sorted({"__version__", *_HOME, *_PACKAGES})
