import types

import keras
import pytest

from mmkeras.training import precision


def test_an_asked_for_policy_wins():
    assert precision.choose("mixed_float16") == "mixed_float16"


def test_auto_is_a_policy():
    assert precision.choose() in precision.POLICIES


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_on_torch_the_device_of_a_tensor_decides(device, monkeypatch):
    """Keras cannot list the devices of torch."""
    tensor = types.SimpleNamespace(device=types.SimpleNamespace(type=device))
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    monkeypatch.setattr(keras.ops, "zeros", lambda shape: tensor)
    monkeypatch.setattr(precision, "_is_quick", lambda: False)
    expected = {"cpu": "float32", "cuda": "mixed_bfloat16"}[device]
    assert precision.choose() == expected


def test_a_wrong_policy_is_refused():
    with pytest.raises(ValueError, match="'auto' or one of float32"):
        precision.choose("half")


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_attention_of_any_length_trains_on_jax(backend, policy, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    keras.config.enable_flash_attention()
    try:
        assert precision.use(policy) == policy
        assert keras.config.dtype_policy().name == policy
        off = (backend, policy) == ("jax", "mixed_bfloat16")
        assert (keras.config.is_flash_attention_enabled() is False) == off
    finally:
        keras.config.enable_flash_attention()
