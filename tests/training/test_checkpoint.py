import shutil

import keras
import numpy as np
import pytest

from mmkeras.training import checkpoint
from mmkeras.training.folder import RunFolder


def model(units=3):
    layers = [keras.layers.Dense(units), keras.layers.Dropout(0.5)]
    built = keras.Sequential([keras.Input((4,)), *layers])
    built.compile(keras.optimizers.Adam(0.1, use_ema=True), "mse")
    return built


def fit(trained, epochs):
    x = np.arange(32, dtype="float32").reshape(8, 4)
    trained.fit(x, x[:, :3], epochs=epochs, shuffle=False, verbose=0)
    return [keras.ops.convert_to_numpy(w) for w in trained.weights]


def test_restored_training_ends_with_the_same_weights(tmp_path):
    keras.utils.set_random_seed(1)
    first = model()
    fit(first, 2)
    checkpoint.save(tmp_path / "c.npz", first, {"epochs": 2})
    wanted = fit(first, 2)
    keras.utils.set_random_seed(2)  # Other weights, another dropout.
    second = model()
    assert checkpoint.restore(tmp_path / "c.npz", second) == {"epochs": 2}
    for value, expected in zip(fit(second, 2), wanted):
        np.testing.assert_array_equal(value, expected)


def test_of_scaled_losses_nothing_is_added(tmp_path):
    """Keras' optimizer of scaled losses grows whenever it is built."""
    scaled = model()
    inner = keras.optimizers.Adam(0.1)
    scaled.compile(keras.optimizers.LossScaleOptimizer(inner), "mse")
    checkpoint.save(tmp_path / "c.npz", scaled, {"epochs": 1})
    count = len(scaled.optimizer.variables)
    assert checkpoint.restore(tmp_path / "c.npz", scaled) == {"epochs": 1}
    assert len(scaled.optimizer.variables) == count


@pytest.mark.parametrize("keep", [0, 100, -10])
def test_a_damaged_file_is_named(tmp_path, keep):
    path = tmp_path / "c.npz"
    checkpoint.save(path, model(), {})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match="c.npz is damaged"):
        checkpoint.restore(path, model())


def test_flipped_bits_are_found_or_do_no_harm(tmp_path):
    path, saved = tmp_path / "c.npz", model()
    checkpoint.save(path, saved, {})
    wanted = [keras.ops.convert_to_numpy(w) for w in saved.weights]
    whole, refused = path.read_bytes(), 0
    places = range(5, len(whole), 61)
    for place in places:
        data = bytearray(whole)
        data[place] ^= 0xFF
        path.write_bytes(data)
        restored = model()
        try:
            checkpoint.restore(path, restored)
        except ValueError:
            refused += 1
            continue
        for value, expected in zip(restored.weights, wanted):
            np.testing.assert_array_equal(value, expected)
    assert refused > len(places) / 3


def test_another_model_is_refused(tmp_path):
    checkpoint.save(tmp_path / "c.npz", model(), {})
    with pytest.raises(ValueError, match="another model"):
        checkpoint.restore(tmp_path / "c.npz", model(units=5))


def test_a_header_that_promises_too_much_is_named(tmp_path):
    path = tmp_path / "c.npz"
    checkpoint.save(path, model(), {})
    with np.load(path) as arrays:
        whole = dict(arrays)
    whole["0"] = np.zeros(0, "float32")
    np.savez(path, **whole)
    data = path.read_bytes()
    header = b"'shape': (0,), }" + b" " * 20
    assert header in data
    data = data.replace(header, b"'shape': (10000000000000,), }".ljust(36))
    path.write_bytes(data)
    with pytest.raises(ValueError, match="c.npz is damaged"):
        checkpoint.restore(path, model())


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    RunFolder(tmp_path / "a").open({"seed": 0, "dim": 8}).close()
    checkpoint.save(tmp_path / "a" / "checkpoint.npz", model(), {"epochs": 2})
    RunFolder(tmp_path / "b").open({"seed": 1, "dim": 8}).close()
    for name in ("checkpoint.npz", "best.npz"):
        shutil.copy(tmp_path / "a" / "checkpoint.npz", tmp_path / "b" / name)
        with pytest.raises(ValueError, match=f"{name}.*other arguments"):
            checkpoint.restore(tmp_path / "b" / name, model())
    # The order of the arguments is no difference, nor is the place.
    RunFolder(tmp_path / "c").open({"dim": 8, "seed": 0}).close()
    path = tmp_path / "c" / "checkpoint.npz"
    shutil.copy(tmp_path / "a" / "checkpoint.npz", path)
    assert checkpoint.restore(path, model()) == {"epochs": 2}


def test_a_checkpoint_without_its_run_is_refused(tmp_path):
    RunFolder(tmp_path).open({"seed": 0}).close()
    path = tmp_path / "checkpoint.npz"
    checkpoint.save(path, model(), {"epochs": 2})
    (tmp_path / "run.json").unlink()
    with pytest.raises(ValueError, match="checkpoint.npz.*other arguments"):
        checkpoint.restore(path, model())
