import zipfile

import keras
import numpy as np
import pytest
from checks import numpy

from mmkeras import branches
from mmkeras.files import sizes

PIXELS = np.random.default_rng(0).uniform(size=(2, 8, 8, 3)).astype("float32")


def network(name="net", filters=4, seed=0):
    """A convolution, a batch normalisation and a composite layer."""
    pixels = x = keras.Input((8, 8, 3), name="pixels")
    x = keras.layers.Conv2D(filters, 3, name="conv", use_bias=False)(x)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.Reshape((36, filters), name="regions")(x)
    x = keras.layers.MultiHeadAttention(2, 3, name="attend")(x, x)
    x = keras.layers.Dense(5, name="out")(x)
    model = keras.Model(pixels, x, name=name)
    for i, weight in enumerate(model.weights):
        rng = np.random.default_rng(100 * seed + i)
        weight.assign(rng.uniform(0.5, 1, weight.shape))
    return model


def arrays(model):
    """A model's weights by layer and variable."""
    return {weight.path: numpy(weight) for weight in model.weights}


@pytest.fixture(scope="module")
def source():
    """A network whose weights are saved and never changed."""
    return network()


@pytest.fixture
def target():
    return network("other", seed=1)


@pytest.mark.parametrize("kind", ["npz", "weights.h5", "keras"])
def test_weights_come_back_from_every_kind_of_file(
    source, target, kind, tmp_path
):
    file = tmp_path / f"net.{kind}"
    if kind == "npz":
        np.savez(file, **arrays(source), **{"classifier/kernel": np.ones(9)})
    elif kind == "keras":
        source.save(file)
    else:
        source.save_weights(file)
    assert np.abs(numpy(target(PIXELS)) - numpy(source(PIXELS))).max() > 0.1
    assert branches.load_weights(target, file) is target
    for old, new in zip(source.weights, target.weights):
        np.testing.assert_array_equal(numpy(new), numpy(old))
    np.testing.assert_allclose(
        numpy(target(PIXELS)), numpy(source(PIXELS)), rtol=1e-5, atol=1e-6
    )
    # A path may be a string, too.
    branches.load_weights(network("third", seed=2), str(file))


def test_half_precision_arrays_are_read(source, target, tmp_path):
    half = {k: v.astype("float16") for k, v in arrays(source).items()}
    np.savez(tmp_path / "net.npz", **half)
    branches.load_weights(target, tmp_path / "net.npz")
    np.testing.assert_array_equal(
        numpy(target.get_layer("conv").kernel),
        half["conv/kernel"].astype("float32"),
    )


def test_folded_batch_normalisation_only_shifts(target, tmp_path):
    """With a `beta` alone, gamma is 1, mean 0 and variance 1."""
    weights = arrays(network(seed=2))
    for name in ("gamma", "moving_mean", "moving_variance"):
        weights.pop(f"norm/{name}")
    np.savez(tmp_path / "folded.npz", **weights)
    branches.load_weights(target, tmp_path / "folded.npz")
    x = np.random.default_rng(1).normal(size=(2, 3, 3, 4)).astype("float32")
    y = numpy(target.get_layer("norm")(x, training=False))
    np.testing.assert_allclose(
        y, x + weights["norm/beta"], rtol=1e-5, atol=1e-6
    )


def test_missing_weight_is_named(source, target, tmp_path):
    weights = arrays(source)
    weights.pop("attend/query/kernel")
    np.savez(tmp_path / "net.npz", **weights)
    with pytest.raises(ValueError, match="net.npz.*'attend/query/kernel'"):
        branches.load_weights(target, tmp_path / "net.npz")


def test_a_folded_normalisation_needs_its_beta(source, target, tmp_path):
    weights = {k: v for k, v in arrays(source).items() if "norm" not in k}
    np.savez(tmp_path / "net.npz", **weights)
    with pytest.raises(ValueError, match="no weight 'norm/"):
        branches.load_weights(target, tmp_path / "net.npz")


def test_wrong_shape_is_named(source, tmp_path):
    np.savez(tmp_path / "net.npz", **arrays(source))
    wide = network("wide", filters=6)
    with pytest.raises(ValueError) as caught:
        branches.load_weights(wide, tmp_path / "net.npz")
    for part in ("'conv/kernel'", "(3, 3, 3, 4)", "(3, 3, 3, 6)"):
        assert part in str(caught.value)


def test_a_failed_load_changes_nothing(source, target, tmp_path):
    weights = arrays(source)
    weights.pop("out/bias")
    np.savez(tmp_path / "net.npz", **weights)
    original = arrays(target)
    with pytest.raises(ValueError):
        branches.load_weights(target, tmp_path / "net.npz")
    for path, value in arrays(target).items():
        np.testing.assert_array_equal(value, original[path])


def test_no_such_file(target, tmp_path):
    with pytest.raises(FileNotFoundError, match="missing.npz"):
        branches.load_weights(target, tmp_path / "missing.npz")


def test_another_kind_of_file_is_refused(target, tmp_path):
    for name in ("net.pkl", "net.pt", "net"):
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(ValueError, match=r"\.npz.*Received: .*net"):
            branches.load_weights(target, tmp_path / name)


class Bomb:
    def __reduce__(self):
        return (open, ("bomb-went-off", "w"))


def test_a_pickle_is_refused_unopened(source, target, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bomb = np.array([Bomb()], dtype=object)
    np.savez("net.npz", **{**arrays(source), "conv/kernel": bomb})
    with pytest.raises(ValueError, match="net.npz"):
        branches.load_weights(target, "net.npz")
    assert not (tmp_path / "bomb-went-off").exists()


@pytest.mark.parametrize("damage", ["cut", "text", "empty", "npy"])
def test_a_broken_file_is_an_error_with_its_name(
    source, target, tmp_path, damage
):
    file = tmp_path / "net.npz"
    np.savez(file, **arrays(source))
    if damage == "npy":
        with open(file, "wb") as out:
            np.save(out, np.ones(3))
    else:
        whole = file.read_bytes()
        cut = whole[: len(whole) // 2]
        file.write_bytes({"cut": cut, "text": b"hello", "empty": b""}[damage])
    with pytest.raises(ValueError, match="net.npz"):
        branches.load_weights(target, file)


@pytest.mark.parametrize("kind", ["weights.h5", "keras"])
@pytest.mark.parametrize("damage", ["cut", "text", "empty", "another"])
def test_a_broken_file_of_keras_is_an_error_with_its_name(
    source, target, tmp_path, kind, damage
):
    file = tmp_path / f"net.{kind}"
    saved = network(filters=6) if damage == "another" else source
    saved.save(file) if kind == "keras" else saved.save_weights(file)
    whole = file.read_bytes()
    cut = whole[: len(whole) // 2]
    texts = {"cut": cut, "text": b"hello", "empty": b"", "another": whole}
    file.write_bytes(texts[damage])
    with pytest.raises(ValueError, match=f"net.{kind}"):
        branches.load_weights(target, file)


def test_a_header_that_promises_too_much_is_named(source, target, tmp_path):
    file = tmp_path / "net.npz"
    np.savez(file, **{**arrays(source), "out/bias": np.zeros(5, "float32")})
    shape = b"'shape': (5,), }" + b" " * 20
    data = file.read_bytes()
    assert shape in data
    file.write_bytes(
        data.replace(shape, b"'shape': (10000000000000,), }".ljust(36))
    )
    with pytest.raises(ValueError, match="net.npz is not a complete .npz file"):
        branches.load_weights(target, file)


def test_a_keras_file_that_unpacks_to_far_too_much_is_refused(
    source, target, tmp_path, monkeypatch
):
    monkeypatch.setattr(sizes, "_MIN_LIMIT", 1 << 20)
    file = tmp_path / "net.keras"
    source.save(file)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("assets/zeros", bytes(1 << 24))
    with pytest.raises(ValueError, match="net.keras.*assets/zeros"):
        branches.load_weights(target, file)
