import keras
import numpy as np
import pytest

from mmkeras.training import checkpoint


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


def test_flipped_bits_are_found(tmp_path):
    path = tmp_path / "c.npz"
    checkpoint.save(path, model(), {})
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(ValueError, match="damaged|another model"):
        checkpoint.restore(path, model())


def test_another_model_is_refused(tmp_path):
    checkpoint.save(tmp_path / "c.npz", model(), {})
    with pytest.raises(ValueError, match="another model"):
        checkpoint.restore(tmp_path / "c.npz", model(units=5))
