"""Running sums along a dimension, and sorting: which number went where."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.arithmetic.elements import Along, gather, number, read
from glassnet.arithmetic.expansion import Expansion, Term
from glassnet.arithmetic.numbers import short
from glassnet.arithmetic.reductions import product_of
from glassnet.arithmetic.terms import copy_of, sum_of, terms_of

if TYPE_CHECKING:
    from torch import Tensor

    from glassnet.arithmetic.elements import Gathered
    from glassnet.arithmetic.expansion import At


def _cumsum(at: At, input: Tensor, dim: int) -> Expansion:
    x = _up_to(at, input, dim)
    return sum_of(terms_of([x], x.values), "Σ input", "sum", {"count": len(x.values)})


def _cumprod(at: At, input: Tensor, dim: int) -> Expansion:
    return product_of(_up_to(at, input, dim))


def _up_to(at: At, input: Tensor, dim: int) -> Gathered:
    """Read the numbers along a dimension up to the place in question."""
    if not input.ndim:
        return gather("input", input, [], [1])
    axes: list[int | Along] = list(at.index)
    axes[dim] = Along(0, range(at.index[dim] + 1))
    return gather("input", input, axes, [at.index[dim] + 1])


def _topk(
    at: At, input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> Expansion:
    return _moved(at, input, dim)


def _sort(
    at: At, input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool | None = False
) -> Expansion:
    return _moved(at, input, dim)


def _argsort(
    at: At, input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False
) -> Expansion:
    return _moved(at, input, dim)


def _moved(at: At, input: Tensor, dim: int) -> Expansion:
    """Expand a sorted number or its place; this is read from what came out: among equals any is right."""
    old = int(read(at.outputs[-1], at.index))
    moved = number("input", input, tuple(old if d == dim % input.ndim else i for d, i in enumerate(at.index)))
    if at.output == 0 and len(at.outputs) > 1:
        return copy_of(at, moved)
    return Expansion(
        "place", "place(input)", f"place({short(moved.value)})", (Term((moved,), float(old)),), float(old)
    )


RULES = {
    "cumsum": _cumsum,
    "cumprod": _cumprod,
    "topk": _topk,
    "sort": _sort,
    "argsort": _argsort,
}
