"""Every architecture, found by the registry, built by its `tiny`."""

import ast
import inspect
import io
import pathlib
import re
import tokenize

import keras
import numpy as np
import pytest
from architectures import batch
from architectures import names
from architectures import shared
from architectures import tiny
from checks import POLICIES
from checks import check_saves
from checks import fast
from checks import numpy

import mmkeras

NAMES = mmkeras.list_models()


def source(name):
    builder = inspect.unwrap(mmkeras.get(name).builder)
    return pathlib.Path(inspect.getsourcefile(builder))


def code_lines(path):
    """Counts the lines that hold code: no docstring, comment or blank."""
    text = path.read_text()
    kinds = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE)
    kinds += (tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)
    lines = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in kinds and token.type != tokenize.ENDMARKER
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= set(range(node.lineno, node.end_lineno + 1))
    return len(lines)


@pytest.fixture(scope="module", params=names())
def model(request):
    return shared(request.param)


@pytest.fixture(scope="module")
def inputs(model):
    return batch(model)


@pytest.mark.parametrize("name", NAMES)
def test_name_is_the_address(name):
    entry = mmkeras.get(name)
    file = name.replace("-", "_")
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", name)  # No sizes, no years.
    assert entry.builder.__module__ == f"mmkeras.zoo.{file}"
    assert entry.builder.__name__ == file
    assert source(name).name == f"{file}.py"
    assert name.startswith(f"{entry.task}-")


def test_model_bears_the_name(model):
    assert model.name.replace("_", "-") in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_builder_is_plain(name):
    parameters = inspect.signature(mmkeras.get(name).builder).parameters
    third = len(set(name.split("-")) & {"image", "text", "audio"}) == 3
    limit = 10 if third else 8  # Its shape and branch.
    limit = 14 if name.endswith("-any") else limit  # Six modalities.
    assert len(parameters) <= limit
    for parameter in parameters.values():
        assert parameter.default is not inspect.Parameter.empty
        assert parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert set(mmkeras.get(name).tiny) <= set(parameters)


@pytest.mark.parametrize("name", NAMES)
def test_docstring_names_every_argument_and_the_paper(name):
    entry = mmkeras.get(name)
    text = inspect.getdoc(entry.builder)
    assert entry.paper.startswith("https://")
    assert entry.paper in text
    for argument in entry.arguments:
        assert re.search(rf"^    {argument}: ", text, re.MULTILINE), argument
    for section in ("Args:", "Returns:", "Reference:"):
        assert section in text


@pytest.mark.parametrize("name", NAMES)
def test_file_is_one_builder_under_80_lines(name):
    tree = ast.parse(source(name).read_text())
    builders = [
        x for x in tree.body if isinstance(x, (ast.FunctionDef, ast.ClassDef))
    ]
    assert [x.name for x in builders] == [name.replace("-", "_")]
    assert code_lines(source(name)) < 80


def test_code_lines_are_counted_right(tmp_path):
    file = tmp_path / "some.py"
    file.write_text(
        '"""A\n\nB."""\n\nx = (\n    1,  # one\n)\n# no\n\n\n'
        'def f():\n    """Doc."""\n    return x\n'
    )
    assert code_lines(file) == 5


def layers_of(layer):
    """Yields layers under a layer, as far as mmkeras itself names them."""
    ours = type(layer).__module__.startswith("mmkeras.")
    if ours or type(layer).__name__ == "Functional":
        for inner in layer._layers:
            yield inner
            yield from layers_of(inner)


def test_no_layer_has_a_default_name(model):
    """A default name is counted up when a model is built second."""
    second = tiny(model.name.replace("_", "-"))
    names = [layer.name for layer in layers_of(model)]
    assert {"logits", "logits_0", "embeddings", "words"} & set(names)
    assert [layer.name for layer in layers_of(second)] == names


def test_save_and_load(model, inputs):
    check_saves(model, inputs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", names())
def test_mixed_precision(name, policy):
    half = keras.backend.backend() == "jax" and policy == "mixed_float16"
    if half and name == "caption-vit-transformer":
        pytest.skip("JAX has no attention in float16 on a processor")
    keras.config.set_dtype_policy(policy)
    model = tiny(name)
    keras.config.set_dtype_policy("float32")
    dtypes = {layer.compute_dtype for layer in model.layers}
    assert policy.removeprefix("mixed_") in dtypes
    for logits in keras.tree.flatten(numpy(fast(model)(batch(model)))):
        assert logits.dtype == "float32"
        assert np.isfinite(logits).all()
