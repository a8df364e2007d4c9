"""What every fusion owes: see `mmkeras.fusion`."""

import keras
import numpy as np
import pytest
from checks import EAGER
from checks import POLICIES
from checks import check_config
from checks import check_saves
from checks import check_trains
from checks import fast
from checks import numpy
from checks import randomize
from fusing import CASES
from keras import ops

from mmkeras import fusion


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def case(request):
    return request.param


@pytest.fixture(scope="module")
def layer(case):
    """A built layer with random weights; none of them is 0 or 1."""
    layer = case.layer()
    layer(case.inputs())
    return randomize(layer)


def fuse(layer, inputs, presence=None, **masks):
    """What a layer makes of arrays, as an array."""
    if presence is not None:
        presence = ops.convert_to_tensor(presence)
    return numpy(fast(layer.__call__)(inputs, presence=presence, **masks))


def model(case, layer, presence=False):
    """A fusion between inputs of any batch and, for sequences, any length."""
    shapes = [
        (None, shape[-1]) if case.sequences else shape for shape in case.shapes
    ]
    inputs = [keras.Input(shape) for shape in shapes]
    if not presence:
        return keras.Model(inputs, layer(inputs))
    there = keras.Input((len(inputs),), dtype="bool", name="presence")
    return keras.Model([*inputs, there], layer(inputs, presence=there))


def some_absent(case, batch=4):
    """A mask under which every input is absent at times, if it may be."""
    rng = np.random.default_rng(1)
    presence = rng.uniform(size=(batch, len(case.shapes))) < 0.5
    presence[0] = True
    for i in range(1, len(case.shapes)):
        presence[i, i] = False
    presence[:, list(case.needed)] = True
    return presence


def test_every_fusion_has_a_case():
    assert {case.cls for case in CASES} == set(fusion.names().values())


def test_shape_config_and_file(case):
    inputs = case.inputs()
    layer = case.layer()
    assert tuple(layer(inputs).shape) == (4, *case.out)
    check_config(layer)
    shapes = [x.shape for x in inputs]
    assert tuple(layer.compute_output_shape(shapes)) == (4, *case.out)
    built = model(case, case.layer())
    assert built.output_shape[-1] == case.out[-1]
    check_saves(built, inputs)


def test_every_weight_learns(case):
    built = model(case, case.layer())
    randomize(built)
    check_trains(built, case.inputs(), case.still)


def test_two_inputs_do(case):
    inputs = case.inputs()[:2]
    assert np.isfinite(fuse(case.layer(), inputs)).all()


def test_every_input_counts(case, layer):
    inputs = case.inputs()
    before = fuse(layer, inputs)
    for i, x in enumerate(case.inputs(seed=1)):
        changed = [*inputs[:i], x, *inputs[i + 1 :]]
        assert np.abs(fuse(layer, changed) - before).max() > 1e-4


def test_rows_are_strangers_to_each_other(case, layer):
    inputs, presence = case.inputs(), some_absent(case)
    together = fuse(layer, inputs, presence)
    alone = fuse(layer, [x[1:2] for x in inputs], presence[1:2])
    np.testing.assert_allclose(together[1:2], alone, rtol=1e-4, atol=1e-5)


def test_all_present_is_no_mask(case, layer):
    inputs = case.inputs()
    everything = np.ones((4, len(inputs)), bool)
    np.testing.assert_allclose(
        fuse(layer, inputs, everything),
        fuse(layer, inputs),
        rtol=1e-5,
        atol=1e-6,
    )


def test_not_a_bit_depends_on_what_is_absent(case, layer):
    inputs, presence = case.inputs(), some_absent(case)
    before = fuse(layer, inputs, presence)
    assert np.isfinite(before).all()
    for other in (1e30, np.nan):
        changed = [x.copy() for x in inputs]
        for i, x in enumerate(changed):
            x[~presence[:, i]] = other
        np.testing.assert_array_equal(fuse(layer, changed, presence), before)


def test_nothing_at_all_is_finite(case, layer):
    nothing = np.zeros((4, len(case.shapes)), bool)
    nothing[:, list(case.needed)] = True
    assert np.isfinite(fuse(layer, case.inputs(), nothing)).all()


def test_presence_is_an_input_of_a_model_and_its_file(case):
    built = model(case, case.layer(), presence=True)
    randomize(built)
    presence = some_absent(case)
    loaded = check_saves(built, [*case.inputs(), presence])
    inputs = case.inputs()
    inputs[-1][~presence[:, -1]] = np.nan
    said = loaded.predict([*inputs, presence], verbose=0)
    np.testing.assert_allclose(
        said,
        numpy(built([*case.inputs(), presence])),
        rtol=1e-4,
        atol=1e-5,
    )


def test_gradients_of_what_is_absent_are_finite(case):
    built = model(case, case.layer(), presence=True)
    built.compile(keras.optimizers.SGD(0.1), "mse", **EAGER)
    presence = some_absent(case)
    inputs = case.inputs()
    for i, x in enumerate(inputs):
        x[~presence[:, i]] = 0
    target = np.zeros(built([*inputs, presence]).shape, "float32")
    built.train_on_batch([*inputs, presence], target)
    assert all(np.isfinite(numpy(w)).all() for w in built.weights)


def test_padding_changes_nothing(case, layer):
    if not case.sequences:
        pytest.skip("takes no sequences")
    inputs = case.inputs()
    masks = [np.ones(x.shape[:2], bool) for x in inputs]
    masks[0][1, 1:] = masks[1][2, 2:] = False
    before = fuse(layer, inputs, mask=masks)
    for x, mask in zip(inputs, masks):
        x[~mask] = 1e4
    after = fuse(layer, inputs, mask=masks)
    kept = masks[0] if before.shape[:2] == masks[0].shape else ...
    np.testing.assert_allclose(after[kept], before[kept], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("policy", POLICIES)
def test_mixed_precision(case, layer, policy):
    half = keras.backend.backend() == "jax" and policy == "mixed_float16"
    if half and case.sequences:
        pytest.skip("JAX has no attention in float16 on a processor")
    half = case.layer(dtype=policy)
    inputs = case.inputs()
    half(inputs)
    half.set_weights(layer.get_weights())
    found, exact = fuse(half, inputs).astype("float32"), fuse(layer, inputs)
    scale = np.abs(exact).max()
    assert np.isfinite(found).all()
    assert np.abs(found - exact).max() < 0.05 * scale


def test_one_input_is_refused(case):
    with pytest.raises(ValueError, match="at least two"):
        case.layer()(case.inputs()[:1])
    with pytest.raises(ValueError, match="at least two"):
        case.layer()(case.inputs()[0])


def test_find_makes_it_by_name(case):
    [name] = [n for n, cls in fusion.names().items() if cls is case.cls]
    made = fusion.find(name, **case.settings, of_no_use=1)
    assert type(made) is case.cls
    config = made.get_config()
    assert all(config[k] == v for k, v in case.settings.items())
