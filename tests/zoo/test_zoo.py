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
from checks import POLICIES
from checks import check_saves
from checks import fast
from checks import numpy
from checks import only_tensorflow

import mmkeras
from mmkeras import losses

NAMES = mmkeras.list_models()


def batch(model, size=2, length=6):
    """A batch that fits a model's inputs."""
    rng = np.random.default_rng(0)

    def draw(x):
        shape = [size, *(side or length for side in x.shape[1:])]
        if "int" in x.dtype:
            return rng.integers(1, 5, shape).astype("int32")
        return rng.uniform(size=shape).astype("float32")

    return keras.tree.map_structure(draw, model.input)


def tiny(name, **changes):
    return mmkeras.build_model(name, **{**mmkeras.find(name).tiny, **changes})


def source(name):
    return pathlib.Path(inspect.getsourcefile(mmkeras.find(name).builder))


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


@pytest.fixture(scope="module", params=NAMES)
def model(request):
    return tiny(request.param)


@pytest.fixture(scope="module")
def inputs(model):
    return batch(model)


def test_the_zoo_has_its_captioners():
    assert set(NAMES) >= {
        "caption-cnn-lstm",
        "caption-cnn-attention-lstm",
        "caption-cnn-transformer",
        "caption-vit-transformer",
    }


@pytest.mark.parametrize("name", NAMES)
def test_name_is_the_address(name):
    entry = mmkeras.find(name)
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
    parameters = inspect.signature(mmkeras.find(name).builder).parameters
    assert len(parameters) <= 8
    for parameter in parameters.values():
        assert parameter.default is not inspect.Parameter.empty
        assert parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert set(mmkeras.find(name).tiny) <= set(parameters)


@pytest.mark.parametrize("name", NAMES)
def test_docstring_names_every_argument_and_the_paper(name):
    entry = mmkeras.find(name)
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
    made = [
        x for x in tree.body if isinstance(x, (ast.FunctionDef, ast.ClassDef))
    ]
    assert [x.name for x in made] == [name.replace("-", "_")]
    assert code_lines(source(name)) < 80


def test_code_lines_are_counted_right(tmp_path):
    file = tmp_path / "some.py"
    file.write_text(
        '"""A\n\nB."""\n\nx = (\n    1,  # one\n)\n# no\n\n\n'
        'def f():\n    """Doc."""\n    return x\n'
    )
    assert code_lines(file) == 5


@pytest.mark.parametrize("name", NAMES)
def test_builds_with_no_further_word(name):
    model = mmkeras.build_model(name)
    assert model.input["image"].shape == (None, 224, 224, 3)
    assert model.output_shape == (None, None, 5000)
    assert not model.compiled
    assert type(model).__name__ == "Functional"


@pytest.mark.parametrize("name", NAMES)
def test_a_branch_can_be_passed_in(name):
    pixels = keras.Input((8, 12, 3), name="pixels")
    x = keras.layers.Reshape((6, 48), name="regions")(pixels)
    branch = keras.Model(pixels, x, name="encoder")
    model = tiny(name, image=branch)
    assert model.get_layer("encoder") is branch
    assert model.input["image"].shape == (None, 8, 12, 3)
    assert np.isfinite(numpy(model(batch(model)))).all()


def test_forward_is_finite_and_shaped(model, inputs):
    logits = numpy(fast(model)(inputs))
    assert logits.shape == (2, 6, 11)
    assert logits.dtype == "float32"
    assert np.isfinite(logits).all()
    assert logits.std() > 0


def test_picture_and_words_both_matter(model, inputs):
    forward = fast(model)
    logits = numpy(forward(inputs))
    other = {**inputs, "image": 1 - inputs["image"]}
    assert np.abs(numpy(forward(other)) - logits).max() > 1e-5
    other = {**inputs, "tokens": inputs["tokens"] % 4 + 1}
    assert np.abs(numpy(forward(other)) - logits).max() > 1e-5


def test_padding_after_the_end_changes_nothing_before_it(model, inputs):
    tokens = inputs["tokens"].copy()
    tokens[:, 4:] = 0
    forward = fast(model)
    padded = numpy(forward({**inputs, "tokens": tokens}))
    short = numpy(forward({**inputs, "tokens": tokens[:, :4]}))
    np.testing.assert_allclose(padded[:, :4], short, rtol=1e-4, atol=1e-5)


def layers_of(layer):
    """Yields layers under a layer, as far as mmkeras itself names them."""
    ours = type(layer).__module__.startswith("mmkeras.")
    if ours or type(layer).__name__ == "Functional":
        for inner in layer._layers:
            yield inner
            yield from layers_of(inner)


def test_no_layer_has_a_default_name(model):
    """A default name is counted up when a model is built again."""
    again = tiny(model.name.replace("_", "-"))
    names = [layer.name for layer in layers_of(model)]
    assert "logits" in names  # The walk enters the decoder.
    assert [layer.name for layer in layers_of(again)] == names


def test_has_an_encoder_and_a_decoder(model):
    if not model.name.startswith("caption_"):
        pytest.skip("not a captioner")
    encoder, decoder = model.get_layer("encoder"), model.get_layer("decoder")
    assert isinstance(encoder, keras.Model)
    assert len(encoder.output_shape) == 3
    for part in ("start", "step"):
        assert callable(getattr(decoder, part))


def test_save_and_load(model, inputs):
    check_saves(model, inputs, rtol=1e-4, atol=1e-5)


@only_tensorflow
def test_saved_model_of_the_plain_model(model, inputs, tmp_path):
    import tensorflow as tf

    model.export(str(tmp_path), verbose=False)
    served = tf.saved_model.load(str(tmp_path))
    for size, length in ((2, 6), (1, 3)):  # Batch and length are free.
        part = {"image": inputs["image"][:size]}
        part["tokens"] = inputs["tokens"][:size, :length]
        actual = served.serve(keras.tree.map_structure(tf.constant, part))
        np.testing.assert_allclose(
            actual, numpy(model(part)), rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", NAMES)
def test_mixed_precision(name, policy):
    half = keras.backend.backend() == "jax" and policy == "mixed_float16"
    if half and name == "caption-vit-transformer":
        pytest.skip("JAX has no attention in float16 on a processor")
    keras.config.set_dtype_policy(policy)
    model = tiny(name)
    keras.config.set_dtype_policy("float32")
    assert model.get_layer("encoder").compute_dtype != "float32"
    logits = numpy(fast(model)(batch(model)))
    assert logits.dtype == "float32"
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("name", NAMES)
def test_learns_one_batch(name):
    """A model that can say anything learns to say what it is told."""
    model = tiny(name, dropout=0.0)
    x = batch(model)
    y = np.random.default_rng(1).integers(1, 11, (2, 6)).astype("int32")
    x, y = keras.tree.map_structure(lambda x: np.concatenate([x] * 15), (x, y))
    model.compile(keras.optimizers.Adam(0.03), losses.TokenCrossentropy())
    history = model.fit(x, y, batch_size=2, epochs=4, verbose=0, shuffle=False)
    first, *_, last = history.history["loss"]
    assert last < 0.7 < 1.2 < first
