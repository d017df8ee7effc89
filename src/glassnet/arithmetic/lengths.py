"""Norms: how long many numbers are, taken as one vector; and how far two vectors are apart."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from glassnet.arithmetic.elements import broadcast, dims_of, lane
from glassnet.arithmetic.expansion import Expansion
from glassnet.arithmetic.numbers import factor, joined, short
from glassnet.arithmetic.reductions import reduced
from glassnet.arithmetic.terms import terms_of
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from torch import Tensor

    from glassnet.arithmetic.elements import Gathered
    from glassnet.arithmetic.expansion import At
    from glassnet.arithmetic.reductions import Dim

EUCLID = 2.0


def _norm(
    at: At, input: Tensor, p: float | str | None = "fro", dim: Dim = None, keepdim: bool = False
) -> Expansion:
    if p == "nuc":
        raise UnexpandedError("norm", "the nuclear norm is a sum of singular values")
    x = reduced(at, input, dim)
    return _length([x], x.values, "input", EUCLID if p is None or p == "fro" else float(p))


def _vector_norm(at: At, x: Tensor, ord: float = 2, dim: Dim = None, keepdim: bool = False) -> Expansion:
    found = reduced(at, x, dim, "x")
    return _length([found], found.values, "x", float(ord))


def _linalg_norm(
    at: At,
    A: Tensor,  # noqa: N803 - PyTorch's name
    ord: float | str | None = None,
    dim: Dim = None,
    keepdim: bool = False,
) -> Expansion:
    along = A.ndim if dim is None else len(dims_of(dim, A.ndim))
    if ord not in {None, "fro"} and along > 1:
        raise UnexpandedError("linalg_norm", f"the norm {ord} of a matrix")
    x = reduced(at, A, dim, "A")
    return _length([x], x.values, "A", EUCLID if ord is None or ord == "fro" else float(ord))


def _pairwise_distance(
    at: At, x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Expansion:
    last = max(x1.ndim, x2.ndim) - 1
    place = (*at.index[:last], 0)
    a, b = (_row(name, x, place) for name, x in (("x1", x1), ("x2", x2)))
    return _length([a, b], a.values - b.values + eps, f"x1 − x2 + {short(eps)}", float(p))


def _cdist(
    at: At, x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary"
) -> Expansion:
    *batch, i, j = at.index
    a, b = _row("x1", x1, (*batch, i, 0)), _row("x2", x2, (*batch, j, 0))
    return _length([a, b], a.values - b.values, "x1 − x2", float(p))


def _row(operand: str, x: Tensor, place: tuple[int, ...]) -> Gathered:
    return lane(operand, x, [x.ndim - 1], broadcast(place, x.shape))


def _length(read: list[Gathered], x: Tensor, name: str, p: float) -> Expansion:
    """Expand the p-norm of some numbers, which are those that are read or a difference of them."""
    numbers, sizes = x.tolist(), x.abs()
    of_size = name if name.isidentifier() else f"({name})"
    if math.isinf(p):
        parts, chosen = sizes, "max" if p > 0 else "min"
        value = float(parts.max() if p > 0 else parts.min())
        formula, worked = f"{chosen}(|{name}|)", f"{chosen}({joined(numbers, _size, ', ')})"
    elif p == 0:
        parts = (x != 0).double()
        value, formula, worked = float(parts.sum()), f"Σ [{name} ≠ 0]", joined(parts.tolist())
    elif p == 1:
        parts, formula, worked = sizes, f"Σ |{name}|", joined(numbers, _size)
        value = float(parts.sum())
    elif p == EUCLID:
        parts = x**2
        value, formula = math.sqrt(float(parts.sum())), f"√(Σ {of_size}²)"
        worked = f"√({joined(numbers, lambda n: f'{factor(n)}²')})"
    else:
        parts = sizes**p
        value, formula = float(parts.sum()) ** (1 / p), f"(Σ |{name}|^p)^(1/p)"
        worked = f"({joined(numbers, lambda n: f'{_size(n)}^{factor(p)}')})^(1/{factor(p)})"
    return Expansion("norm", formula, worked, terms_of(read, parts), value, {"p": p, "count": len(numbers)})


def _size(number: float) -> str:
    return f"|{short(number)}|"


RULES = {
    "norm": _norm,
    "linalg_norm": _linalg_norm,
    "linalg_vector_norm": _vector_norm,
    "pairwise_distance": _pairwise_distance,
    "cdist": _cdist,
}
