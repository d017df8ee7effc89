"""Products of matrices: linear layers, `matmul` and its kin."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from glassnet.arithmetic.contraction import contraction
from glassnet.arithmetic.elements import number
from glassnet.arithmetic.expansion import Number, Term
from glassnet.arithmetic.terms import added, sum_of

if TYPE_CHECKING:
    from torch import Tensor

    from glassnet.arithmetic.contraction import Factor, Labels
    from glassnet.arithmetic.expansion import At, Expansion


def _linear(at: At, input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Expansion:
    whole = weight.dim() > 1  # else one row, and no axis of outputs
    *before, output = at.index if whole else (*at.index, 0)
    fixed = {**dict(enumerate(before)), "output": output}
    row: Labels = ["output", "input"] if whole else ["input"]
    terms = contraction([("input", input, [*range(len(before)), "input"]), ("weight", weight, row)], fixed)
    return _biased(terms, "Σ input·weight", bias, output)


def _bilinear(
    at: At, input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Expansion:
    *before, output = at.index
    outer = range(len(before))
    factors: list[Factor] = [
        ("input1", input1, [*outer, "i"]),
        ("weight", weight, ["output", "i", "j"]),
        ("input2", input2, [*outer, "j"]),
    ]
    terms = contraction(factors, {**dict(enumerate(before)), "output": output})
    return _biased(terms, "Σ input1·weight·input2", bias, output)


def _biased(terms: tuple[Term, ...], formula: str, bias: Tensor | None, output: int) -> Expansion:
    if bias is None:
        return sum_of(terms, formula)
    return sum_of([*terms, *added(number("bias", bias, (output,)))], f"{formula} + bias")


def _matmul(at: At, input: Tensor, other: Tensor) -> Expansion:
    return _product(at, ("input", input), ("other", other))


def _rmatmul(at: At, input: Tensor, other: Tensor) -> Expansion:
    return _product(at, ("other", other), ("input", input))


def _mm(at: At, input: Tensor, mat2: Tensor) -> Expansion:
    return _product(at, ("input", input), ("mat2", mat2))


def _mv(at: At, input: Tensor, vec: Tensor) -> Expansion:
    return _product(at, ("input", input), ("vec", vec))


def _dot(at: At, input: Tensor, tensor: Tensor) -> Expansion:
    return _product(at, ("input", input), ("tensor", tensor))


def _product(at: At, left: tuple[str, Tensor], right: tuple[str, Tensor]) -> Expansion:
    """Multiply as `matmul` does: vectors, matrices, and batches of matrices."""
    (left_name, a), (right_name, b) = left, right
    num_batch = max(a.dim() - 2, b.dim() - 2, 0)
    row, column = ["i"] * (a.dim() > 1), ["j"] * (b.dim() > 1)
    a_labels: Labels = [*range(num_batch - max(a.dim() - 2, 0), num_batch), *row, "k"]
    b_labels: Labels = [*range(num_batch - max(b.dim() - 2, 0), num_batch), "k", *column]
    result: Labels = [*range(num_batch), *row, *column]
    fixed = dict(zip(result, at.index, strict=True))
    terms = contraction([(left_name, a, a_labels), (right_name, b, b_labels)], fixed)
    return sum_of(terms, f"Σ {left_name}·{right_name}")


def _inner(at: At, input: Tensor, other: Tensor) -> Expansion:
    """Multiply each row of one tensor with each row of the other; a single number multiplies all."""
    summed = 1 if input.dim() and other.dim() else 0
    free = input.dim() - summed
    left: Labels = [*range(free), *["k"] * summed]
    right: Labels = [*range(free, free + other.dim() - summed), *["k"] * summed]
    terms = contraction([("input", input, left), ("other", other, right)], dict(enumerate(at.index)))
    return sum_of(terms, "Σ input·other")


def _outer(at: At, input: Tensor, vec2: Tensor) -> Expansion:
    row, column = at.index
    terms = contraction([("input", input, "i"), ("vec2", vec2, "j")], {"i": row, "j": column})
    return sum_of(terms, "input·vec2")


def _kron(at: At, input: Tensor, other: Tensor) -> Expansion:
    axes = len(at.index)
    sides = [1] * (axes - other.dim()) + list(other.shape)
    parts = [divmod(place, side) for place, side in zip(at.index, sides, strict=True)]
    left = number("input", input, tuple(i for i, _ in parts[axes - input.dim() :]))
    right = number("other", other, tuple(j for _, j in parts[axes - other.dim() :]))
    return sum_of([Term((left, right), left.value * right.value)], "input·other")


def _addmm(
    at: At, input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Expansion:
    return _plus(at, "ij", input, ("mat1", mat1, "ik"), ("mat2", mat2, "kj"), beta, alpha)


def _addmv(
    at: At, input: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1
) -> Expansion:
    return _plus(at, "i", input, ("mat", mat, "ik"), ("vec", vec, "k"), beta, alpha)


def _addr(
    at: At, input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Expansion:
    return _plus(at, "ij", input, ("vec1", vec1, "i"), ("vec2", vec2, "j"), beta, alpha)


def _baddbmm(
    at: At, input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Expansion:
    return _plus(at, "bij", input, ("batch1", batch1, "bik"), ("batch2", batch2, "bkj"), beta, alpha)


def _addbmm(
    at: At, input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Expansion:
    return _plus(at, "ij", input, ("batch1", batch1, "bik"), ("batch2", batch2, "bkj"), beta, alpha)


def _plus(
    at: At, result: str, input: Tensor, left: Factor, right: Factor, beta: float, alpha: float
) -> Expansion:
    """Expand alpha·Σ left·right + beta·input."""
    scale = None if alpha == 1 else Number("alpha", None, float(alpha))
    terms = contraction([left, right], dict(zip(result, at.index, strict=True)), scale)
    summed = set(left[2]) - set(result)
    formula = ("alpha·" if scale else "") + ("Σ " if summed else "") + f"{left[0]}·{right[0]}"
    if beta == 0:  # then PyTorch does not read what is added
        return sum_of(terms, formula)
    own = number("input", input, at.index)
    numbers = (own,) if beta == 1 else (Number("beta", None, float(beta)), own)
    last = Term(numbers, math.prod(n.value for n in numbers))
    return sum_of([*terms, last], f"{formula} + {'' if beta == 1 else 'beta·'}input")


RULES = {
    "linear": _linear,
    "bilinear": _bilinear,
    "matmul": _matmul,
    "rmatmul": _rmatmul,
    "mm": _mm,
    "bmm": _mm,
    "mv": _mv,
    "dot": _dot,
    "vdot": _dot,
    "inner": _inner,
    "outer": _outer,
    "ger": _outer,
    "kron": _kron,
    "addmm": _addmm,
    "addmv": _addmv,
    "addr": _addr,
    "baddbmm": _baddbmm,
    "addbmm": _addbmm,
}
