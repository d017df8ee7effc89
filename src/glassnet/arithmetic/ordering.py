"""Running sums along a dimension, and sorting: which number went where."""
# ruff: noqa: A002 - named as in PyTorch

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import torch

from glassnet.arithmetic.elements import lane, number, read, result, terms_of
from glassnet.arithmetic.expansion import Expansion, Number, Term
from glassnet.arithmetic.numbers import factor, joined, short, shown

if TYPE_CHECKING:
    from glassnet.arithmetic.expansion import At, Index


def cumsum(
    at: At, input: torch.Tensor, dim: int, *, dtype: object = None, axis: int = 0, out: object = None
) -> Expansion:
    """Expand `cumsum`: the sum of the numbers up to this one."""
    values, places = _up_to(at, input, dim)
    return Expansion(
        kind="sum",
        formula="Σ input",
        worked=joined([factor(x) for x in shown(values)]),
        terms=terms_of("input", values, places, values),
        value=float(torch.tensor(values, dtype=torch.float64).sum()),
        facts={"count": len(values)},
    )


def cumprod(at: At, input: torch.Tensor, dim: int, *, dtype: object = None, out: object = None) -> Expansion:
    """Expand `cumprod`: the product of the numbers up to this one."""
    values, places = _up_to(at, input, dim)
    value = float(torch.tensor(values, dtype=torch.float64).prod())
    return Expansion(
        kind="product",
        formula="Π input",
        worked=joined([factor(x) for x in shown(values)], "·"),
        terms=(Term(tuple(Number("input", p, x) for p, x in zip(places, values, strict=True)), value),),
        value=value,
        facts={"count": len(values)},
    )


def _up_to(at: At, input: torch.Tensor, dim: int) -> tuple[list[float], list[Index]]:
    if input.ndim == 0:
        return [read(input, ())], [()]
    values, places = lane(input, [dim % input.ndim], at.index)
    count = at.index[dim % input.ndim] + 1
    return values[:count].tolist(), list(islice(places, count))


def topk(
    at: At,
    input: torch.Tensor,
    k: int,
    dim: int = -1,
    largest: bool = True,
    sorted: bool = True,
    *,
    out: object = None,
) -> Expansion:
    """Expand `topk`: a copy of one number (output 0), or its place (output 1)."""
    return _moved(at, input, dim, at.outputs[1])


def sort(
    at: At,
    input: torch.Tensor,
    dim: int = -1,
    descending: bool = False,
    stable: bool | None = False,
    *,
    out: object = None,
) -> Expansion:
    """Expand `sort`: a copy of one number (output 0), or its place (output 1)."""
    return _moved(at, input, dim, at.outputs[1])


def argsort(
    at: At, input: torch.Tensor, dim: int = -1, descending: bool = False, stable: bool = False
) -> Expansion:
    """Expand `argsort`: the place of the number that comes here."""
    return _moved(at, input, dim, result(at), as_place=True)


def _moved(
    at: At, input: torch.Tensor, dim: int, order: torch.Tensor, *, as_place: bool = False
) -> Expansion:
    """Expand a sorted number; its old place is read from what came out, among equals any is right."""
    old = int(read(order, at.index))
    place = tuple(old if d == dim % input.ndim else i for d, i in enumerate(at.index))
    moved = number("input", input, place)
    as_place = as_place or at.output == 1
    return Expansion(
        kind="place" if as_place else "copy",
        formula="place(input)" if as_place else "input",
        worked=str(old) if as_place else short(moved.value),
        terms=(Term((moved,), float(old) if as_place else moved.value),),
        value=float(old) if as_place else moved.value,
        facts={"place": old},
    )
