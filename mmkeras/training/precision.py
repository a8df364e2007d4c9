"""Chooses the dtype policy for this machine."""

import pathlib

import keras

POLICIES = ("float32", "mixed_bfloat16", "mixed_float16")


def choose(policy="auto"):
    """Chooses a dtype policy.

    Args:
        policy: `"auto"`, or one of `"float32"`, `"mixed_bfloat16"` and
            `"mixed_float16"` (Keras then scales the loss by itself).

    Returns:
        The policy's name. `"auto"` gives `"mixed_bfloat16"` on a GPU or TPU
        and on a processor with fast bfloat16 products (AMX or AVX-512 BF16),
        else `"float32"`.

    Raises:
        ValueError: If there is no such policy.
    """
    if policy in POLICIES:
        return policy
    if policy != "auto":
        raise ValueError(
            f"`precision` must be 'auto' or one of {', '.join(POLICIES)}. "
            f"Received: precision={policy!r}"
        )
    is_quick = _has_accelerator() or _is_quick()
    return "mixed_bfloat16" if is_quick else "float32"


def use(policy="auto"):
    """Sets the dtype policy of new models.

    On JAX, Keras uses cuDNN's attention in half precision wherever its
    forward pass supports it; the backward pass then fails with a mask and an
    odd length, such as a ViT's 197. It is therefore disabled on JAX.

    Args:
        policy: As of `choose`.

    Returns:
        The policy's name.

    Raises:
        ValueError: If there is no such policy.
    """
    policy = choose(policy)
    keras.config.set_dtype_policy(policy)
    if keras.backend.backend() == "jax" and policy != "float32":
        keras.config.disable_flash_attention()
    return policy


def _has_accelerator():
    """Whether there is a GPU or TPU.

    Keras cannot list the devices of torch, nor on JAX those of a kind that
    there is not.
    """
    if keras.backend.backend() == "torch":
        return keras.ops.zeros(()).device.type != "cpu"
    devices = keras.distribution.list_devices()
    return any(name.startswith(("gpu", "cuda", "tpu")) for name in devices)


def _is_quick():
    """Whether the processor has instructions for bfloat16."""
    cpu = pathlib.Path("/proc/cpuinfo")
    flags = set(cpu.read_text().split()) if cpu.exists() else set()
    return bool(flags & {"amx_bf16", "avx512_bf16"})
