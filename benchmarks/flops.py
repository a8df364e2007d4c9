"""Counts the operations of a model in matrix products and convolutions."""

import math


def count(function, *arguments):
    """Counts the floating-point operations of a function of JAX.

    A multiplication and an addition count as two. Only matrix products and
    convolutions are counted, as is usual for model FLOPs utilization; the body
    of a scan counts once per step.

    Args:
        function: Function that `jax.make_jaxpr` can trace.
        *arguments: Its arguments; shapes and types are enough.

    Returns:
        int.

    Reference:
        [Chowdhery et al., 2022](https://arxiv.org/abs/2204.02311), appendix B
    """
    import jax

    return _of(jax.make_jaxpr(function)(*arguments).jaxpr)


def _of(jaxpr):
    return sum(_KINDS.get(e.primitive.name, _inner)(e) for e in jaxpr.eqns)


def _inner(equation):
    """Counts inner functions, such as those of a jit or a custom gradient."""
    import jax

    parts = jax.tree.leaves(
        list(equation.params.values()), is_leaf=lambda x: hasattr(x, "eqns")
    )
    # A closed jaxpr holds the one with equations.
    parts = [getattr(part, "jaxpr", part) for part in parts]
    return sum(_of(part) for part in parts if hasattr(part, "eqns"))


def _scan(equation):
    return equation.params["length"] * _inner(equation)


def _matrices(equation):
    (summed, _), _ = equation.params["dimension_numbers"]
    left = equation.invars[0].aval.shape
    terms = math.prod(left[axis] for axis in summed)
    return 2 * terms * math.prod(equation.outvars[0].aval.shape)


def _convolution(equation):
    kernel = equation.invars[1].aval.shape
    filters = kernel[equation.params["dimension_numbers"].rhs_spec[0]]
    terms = math.prod(kernel) // filters
    return 2 * terms * math.prod(equation.outvars[0].aval.shape)


_KINDS = {
    "dot_general": _matrices,
    "conv_general_dilated": _convolution,
    "scan": _scan,
}
