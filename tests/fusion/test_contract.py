"""Properties of every fusion: see `mmkeras.fusion`."""

import keras
import numpy as np
import pytest
from checks import EAGER
from checks import POLICIES
from checks import check_config
from checks import check_trains
from checks import fast
from checks import numpy
from checks import randomize
from checks import reloaded
from fusion_cases import CASES
from keras import ops

from mmkeras import fusion


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def case(request):
    return request.param


@pytest.fixture(scope="module")
def layer(case):
    """A built layer with random weights; none of them is 0 or 1."""
    layer = case.layer()
    layer.build([x.shape for x in case.inputs()])
    return randomize(layer)


@pytest.fixture
def learner(layer):
    """The layer, for a test after which its weights are as before."""
    weights = layer.get_weights()
    yield layer
    layer.set_weights(weights)


@pytest.fixture(scope="module")
def complete(case, layer):
    """The output of the layer for all inputs."""
    return fuse(layer, case.inputs())


@pytest.fixture(scope="module")
def partial(case, layer):
    """The output of the layer with some inputs absent."""
    return fuse(layer, case.inputs(), some_absent(case))


def fuse(layer, inputs, presence=None, **masks):
    """Calls a layer on arrays and returns an array."""
    if presence is not None:
        presence = ops.convert_to_tensor(presence)
    return numpy(fast(layer.__call__)(inputs, presence=presence, **masks))


def symbols(case):
    """Inputs of any batch and, for sequences, any length, and presence."""
    shapes = [
        (None, shape[-1]) if case.sequences else shape for shape in case.shapes
    ]
    inputs = [keras.Input(shape) for shape in shapes]
    return inputs, keras.Input((len(inputs),), dtype="bool", name="presence")


def some_absent(case, batch=4):
    """A mask under which every input is absent at times, if it may be."""
    rng = np.random.default_rng(1)
    presence = rng.uniform(size=(batch, len(case.shapes))) < 0.5
    presence[0] = True
    for i in range(1, len(case.shapes)):
        presence[i, i] = False
    presence[:, list(case.required)] = True
    return presence


def test_every_fusion_has_a_case():
    assert {case.cls for case in CASES} == set(fusion.names().values())


def test_shape_and_config(case, layer, complete):
    assert complete.shape == (4, *case.out)
    check_config(layer)
    shapes = [x.shape for x in case.inputs()]
    assert tuple(layer.compute_output_shape(shapes)) == (4, *case.out)
    inputs, _ = symbols(case)
    assert case.layer()(inputs).shape[-1] == case.out[-1]


def test_every_weight_learns(case, learner):
    inputs, _ = symbols(case)
    model = keras.Model(inputs, learner(inputs))
    check_trains(model, case.inputs(), case.still, epochs=1)


def test_two_inputs_do(case):
    inputs = case.inputs()[:2]
    assert np.isfinite(fuse(case.layer(), inputs)).all()


def test_every_input_counts(case, layer, complete):
    inputs, others = case.inputs(), case.inputs(seed=1)
    changed = [  # All inputs changed, one after the other, in one batch.
        np.concatenate([others[i] if i == j else x for j in range(len(inputs))])
        for i, x in enumerate(inputs)
    ]
    outputs = np.split(fuse(layer, changed), len(inputs))
    assert all(np.abs(y - complete).max() > 1e-4 for y in outputs)


def test_examples_are_independent(case, layer, partial):
    inputs, presence = case.inputs(), some_absent(case)
    single = fuse(layer, [x[1:2] for x in inputs], presence[1:2])
    np.testing.assert_allclose(partial[1:2], single, rtol=1e-4, atol=1e-5)


def test_all_present_is_no_mask(case, layer, complete):
    inputs = case.inputs()
    all_present = np.ones((4, len(inputs)), bool)
    np.testing.assert_allclose(
        fuse(layer, inputs, all_present), complete, rtol=1e-5, atol=1e-6
    )


def test_absent_inputs_have_no_effect(case, layer, partial):
    inputs, presence = case.inputs(), some_absent(case)
    assert np.isfinite(partial).all()
    for other in (1e30, np.nan):
        changed = [x.copy() for x in inputs]
        for i, x in enumerate(changed):
            x[~presence[:, i]] = other
        np.testing.assert_array_equal(fuse(layer, changed, presence), partial)


def test_without_any_input_the_output_is_finite(case, layer):
    presence = np.zeros((4, len(case.shapes)), bool)
    presence[:, list(case.required)] = True
    assert np.isfinite(fuse(layer, case.inputs(), presence)).all()


def test_a_file_keeps_models_with_presence_and_without(
    case, layer, complete, partial
):
    inputs, presence = symbols(case)
    outputs = [layer(inputs), layer(inputs, presence=presence)]
    loaded = reloaded(keras.Model([*inputs, presence], outputs))
    inputs, presence = case.inputs(), some_absent(case)
    outputs = numpy(fast(loaded)([*inputs, presence]))
    for actual, expected in zip(outputs, (complete, partial), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)
    model = keras.Model(loaded.inputs, loaded.outputs[1])
    inputs[-1][~presence[:, -1]] = np.nan
    model.compile(**EAGER)
    predictions = model.predict([*inputs, presence], verbose=0)
    np.testing.assert_allclose(predictions, partial, rtol=1e-4, atol=1e-5)


def test_gradients_with_absent_inputs_are_finite(case, partial):
    inputs, presence = symbols(case)
    fused = case.layer()(inputs, presence=presence)  # Its biases are zero.
    model = keras.Model([*inputs, presence], fused)
    model.compile(keras.optimizers.SGD(0.1), "mse", **EAGER)
    presence = some_absent(case)
    inputs = case.inputs()
    for i, x in enumerate(inputs):
        x[~presence[:, i]] = 0
    model.train_on_batch([*inputs, presence], np.zeros_like(partial))
    assert all(np.isfinite(numpy(w)).all() for w in model.weights)


def test_padding_changes_nothing(case, layer):
    if not case.sequences:
        pytest.skip("takes no sequences")
    inputs = case.inputs()
    masks = [np.ones(x.shape[:2], bool) for x in inputs]
    masks[0][1, 1:] = masks[1][2, 2:] = False
    expected = fuse(layer, inputs, mask=masks)
    for x, mask in zip(inputs, masks):
        x[~mask] = 1e4
    actual = fuse(layer, inputs, mask=masks)
    mask = masks[0] if expected.shape[:2] == masks[0].shape else ...
    np.testing.assert_allclose(
        actual[mask], expected[mask], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("policy", POLICIES)
def test_mixed_precision(case, layer, complete, policy):
    half = keras.backend.backend() == "jax" and policy == "mixed_float16"
    if half and case.sequences:
        pytest.skip("JAX has no attention in float16 on a processor")
    half = case.layer(dtype=policy)
    inputs = case.inputs()
    half.build([x.shape for x in inputs])
    half.set_weights(layer.get_weights())
    actual = fuse(half, inputs).astype("float32")
    assert np.isfinite(actual).all()
    assert np.abs(actual - complete).max() < 0.05 * np.abs(complete).max()


def test_one_input_is_refused(case):
    with pytest.raises(ValueError, match="at least two"):
        case.layer()(case.inputs()[:1])
    with pytest.raises(ValueError, match="at least two"):
        case.layer()(case.inputs()[0])


def test_get_returns_it_by_name(case):
    [name] = [n for n, cls in fusion.names().items() if cls is case.cls]
    instance = fusion.get(name, **case.settings, of_no_use=1)
    assert type(instance) is case.cls
    config = instance.get_config()
    assert all(config[k] == v for k, v in case.settings.items())
