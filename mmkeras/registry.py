"""Finds zoo architectures by name.

An architecture called `"caption-cnn-lstm"` is one function, decorated with
`register` in the file `zoo/caption_cnn_lstm.py`. The file follows from the
name, so no other file is imported to find it.
"""

import dataclasses
import difflib
import functools
import importlib
import importlib.util
import inspect
import pathlib
import pkgutil
import random
from collections.abc import Callable

from mmkeras import arguments

ZOO = "mmkeras.zoo"


@dataclasses.dataclass(frozen=True)
class Architecture:
    """One entry of the zoo: a builder and its description."""

    name: str
    builder: Callable
    task: str
    paper: str
    tiny: dict
    recipe: dict

    @property
    def arguments(self) -> dict:
        """The builder's keywords with their defaults."""
        parameters = inspect.signature(self.builder).parameters
        return {name: p.default for name, p in parameters.items()}

    @functools.cached_property
    def smallest_model(self):
        """The model that `tiny` makes, for its inputs; built once.

        Random numbers drawn afterwards are the same as without it: Keras
        draws the seeds of layers from `random`.
        """
        state = random.getstate()
        model = build_model(self.name, **self.tiny)
        random.setstate(state)
        return model


_REGISTRY: dict[str, Architecture] = {}


def register(
    name: str,
    *,
    task: str,
    paper: str,
    tiny: dict,
    recipe: dict | None = None,
):
    """Registers a builder under a name.

    Args:
        name: The public name, in kebab case, e.g. `"caption-cnn-lstm"`.
        task: The model's task, e.g. `"caption"`.
        paper: Link to the paper that introduced the architecture.
        tiny: Keyword arguments that make the smallest model worth testing.
        recipe: Fields of `training.recipes.Recipe` where the architecture is
            trained otherwise than others of its task, e.g.
            `{"learning_rate": 2e-3, "model": {"dropout": 0.4}}`.

    Returns:
        A decorator that records the builder and returns it; when called, it
        first checks its arguments, see `arguments.check`.

    Raises:
        ValueError: If the name belongs to another builder.
    """

    def decorate(builder):
        other = _REGISTRY.get(name)
        if other and _address(other.builder) != _address(builder):
            raise ValueError(
                f"The name {name!r} is already registered by "
                f"`{_address(other.builder)}`. Received: "
                f"`{_address(builder)}`. Choose another name."
            )
        build = _with_checks(name, builder)
        _REGISTRY[name] = Architecture(
            name, build, task, paper, tiny, recipe or {}
        )
        return build

    return decorate


def zoo_folder() -> pathlib.Path | None:
    """Returns the folder of the zoo, which is not imported, if it exists."""
    spec = importlib.util.find_spec(ZOO)
    return pathlib.Path(spec.submodule_search_locations[0]) if spec else None


def list_models(task: str | None = None) -> list[str]:
    """Lists the names of all architectures, or of those for one task."""
    names = {_to_name(module) for module in _zoo_modules()} | set(_REGISTRY)
    return sorted(
        name for name in names if task is None or get(name).task == task
    )


def get(name: str) -> Architecture:
    """Returns the architecture with this name, importing its file if needed.

    Raises:
        ValueError: If no architecture has the name; the error suggests one.
    """
    if name not in _REGISTRY and _to_module(name) in _zoo_modules():
        importlib.import_module(f"{ZOO}.{_to_module(name)}")
    if name not in _REGISTRY:
        raise ValueError(
            f"Unknown architecture {name!r}. "
            + _hint(name, list_models(), "See `mmkeras.list_models()`.")
        )
    return _REGISTRY[name]


def build_model(name: str, **kwargs):
    """Builds a named architecture with random weights.

    Args:
        name: One of `list_models()`.
        **kwargs: Passed to the builder; see its docstring.

    Returns:
        An uncompiled functional `keras.Model` from a dict of tensors to
        logits; `mmkeras.losses` lists suitable losses.

    Raises:
        ValueError: If the name or a keyword is unknown, or a keyword's value
            is invalid. The error describes valid values.

    Example:

    >>> model = mmkeras.build_model("caption-cnn-lstm", vocabulary_size=5000)
    >>> model.compile("adam", mmkeras.losses.TokenCrossentropy())
    """
    architecture = get(name)
    keywords = architecture.arguments
    for keyword in kwargs:
        if keyword not in keywords:
            raise ValueError(
                f"{name!r} has no argument `{keyword}`. "
                + _hint(keyword, keywords, "See its docstring.")
                + f" Arguments: {', '.join(keywords)}."
            )
    return architecture.builder(**kwargs)


def _with_checks(name, builder):
    """Wraps a builder to check its arguments before Keras does."""
    signature = inspect.signature(builder)
    defaults = {k: p.default for k, p in signature.parameters.items()}

    @functools.wraps(builder)
    def build(*args, **kwargs):
        values = signature.bind(*args, **kwargs).arguments
        arguments.check(name, defaults, values)
        return builder(*args, **kwargs)

    return build


def _address(builder):
    return f"{builder.__module__}.{builder.__qualname__}"


def _hint(word, choices, otherwise=""):
    close = difflib.get_close_matches(word, choices, n=1)
    return f"Did you mean {close[0]!r}?" if close else otherwise


def _zoo_modules() -> set[str]:
    try:
        zoo = importlib.import_module(ZOO)
    except ModuleNotFoundError as error:
        if error.name != ZOO:
            raise
        raise ModuleNotFoundError(
            "The zoo is not installed: run `pip install -e .` in the root of "
            "the repository."
        ) from None
    return {module.name for module in pkgutil.iter_modules(zoo.__path__)}


def _to_module(name: str) -> str:
    return name.replace("-", "_")


def _to_name(module: str) -> str:
    return module.replace("_", "-")
