"""Norms: how long many numbers are, taken as one vector."""
# ruff: noqa: A002 - named as in PyTorch

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from glassnet.arithmetic.elements import dims_of, renamed, terms_of
from glassnet.arithmetic.expansion import Expansion
from glassnet.arithmetic.numbers import factor, joined, short, shown
from glassnet.arithmetic.reductions import Dim, Reduced, reduced
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    import torch

    from glassnet.arithmetic.expansion import At

EUCLID = 2.0


def norm(
    at: At,
    input: torch.Tensor,
    p: float | str | None = "fro",
    dim: Dim = None,
    keepdim: bool = False,
    out: object = None,
    dtype: object = None,
) -> Expansion:
    """Expand `norm`: of all numbers, or along some dimensions."""
    if p == "nuc":
        raise UnexpandedError("norm", "the nuclear norm is a sum of singular values")
    order = 2.0 if p is None or p == "fro" else float(p)
    return _norm(reduced(at, input, dim), order)


def vector_norm(
    at: At,
    x: torch.Tensor,
    ord: float = 2,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: object = None,
    out: object = None,
) -> Expansion:
    """Expand `torch.linalg.vector_norm`."""
    done = _norm(reduced(at, x, dim), float(ord))
    return _under_another_name(done, "x")


def linalg_norm(
    at: At,
    A: torch.Tensor,  # noqa: N803 - PyTorch's name
    ord: float | str | None = None,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: object = None,
    out: object = None,
) -> Expansion:
    """Expand `torch.linalg.norm` where it is a norm of the numbers, not of a matrix."""
    along = A.ndim if dim is None else len(dims_of(dim, A.ndim))
    if ord not in {None, "fro"} and along > 1:
        raise UnexpandedError("linalg_norm", f"the norm {ord} of a matrix")
    order = 2.0 if ord is None or ord == "fro" else float(ord)
    return _under_another_name(_norm(reduced(at, A, dim), order), "A")


def _under_another_name(done: Expansion, name: str) -> Expansion:
    return replace(renamed(done, {"input": name}), formula=done.formula.replace("input", name))


def _norm(made_of: Reduced, order: float) -> Expansion:
    x, numbers, places = made_of
    sizes = [f"|{short(n)}|" for n in shown(numbers)]
    if math.isinf(order):
        parts, name = x.abs(), "max" if order > 0 else "min"
        value = float(parts.max() if order > 0 else parts.min())
        formula, worked = f"{name}(|input|)", f"{name}({joined(sizes, ', ')})"
    elif order == 0:
        parts = (x != 0).double()
        value = float(parts.sum())
        formula, worked = "Σ [input ≠ 0]", joined([short(n) for n in shown(parts.tolist())])
    elif order == 1:
        parts = x.abs()
        value, formula, worked = float(parts.sum()), "Σ |input|", joined(sizes)
    elif order == EUCLID:
        parts = x**2
        value, formula = float(parts.sum()) ** 0.5, "√(Σ input²)"
        worked = f"√({joined([f'{factor(n)}²' for n in shown(numbers)])})"
    else:
        parts = x.abs() ** order
        value, formula = float(parts.sum()) ** (1 / order), "(Σ |input|^p)^(1/p)"
        worked = f"({joined([f'{size}^{factor(order)}' for size in sizes])})^(1/{factor(order)})"
    return Expansion(
        kind="norm",
        formula=formula,
        worked=worked,
        terms=terms_of("input", numbers, places, parts.tolist()),
        value=value,
        facts={"p": order, "count": len(numbers)},
    )
