"""Many numbers to one: sums, means, extremes, spreads, norms."""
# ruff: noqa: A001, A002 - named as in PyTorch

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import torch

from glassnet.arithmetic import elementwise
from glassnet.arithmetic.elements import dims_of, lane, read, renamed, result, terms_of, whole_place
from glassnet.arithmetic.expansion import Expansion, Number, Term
from glassnet.arithmetic.numbers import factor, joined, short, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glassnet.arithmetic.expansion import At, Index

Dim = int | tuple[int, ...] | list[int] | None


class Reduced(NamedTuple):
    """What one number of a reduction is made of."""

    x: torch.Tensor  # float64, one after the other
    numbers: list[float]
    places: Iterator[Index]


def reduced(at: At, input: torch.Tensor, dim: Dim) -> Reduced:
    """Read what one number of a reduction is made of.

    Args:
        at: Which number of the output.
        input: What was reduced.
        dim: The dimensions, None for all.

    Returns:
        The numbers.
    """
    dims = dims_of(dim, input.ndim)
    x, places = lane(input, dims, whole_place(at.index, input.ndim, dims))
    return Reduced(x, x.tolist(), places)


def _texts(numbers: Sequence[float]) -> list[str]:
    return [short(x) if place == 0 else factor(x) for place, x in enumerate(shown(numbers))]


def sum(
    at: At,
    input: torch.Tensor,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: object = None,
    axis: Dim = None,
    keepdims: bool = False,
    out: object = None,
) -> Expansion:
    """Expand `sum` over some or all dimensions."""
    x, numbers, places = reduced(at, input, dim if axis is None else axis)
    return Expansion(
        kind="sum",
        formula="Σ input",
        worked=joined(_texts(numbers)),
        terms=terms_of("input", numbers, places, numbers),
        value=float(x.sum()),
        facts={"count": len(numbers)},
    )


def mean(
    at: At,
    input: torch.Tensor,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: object = None,
    axis: Dim = None,
    keepdims: bool = False,
    out: object = None,
) -> Expansion:
    """Expand `mean` over some or all dimensions."""
    x, numbers, places = reduced(at, input, dim if axis is None else axis)
    count = len(numbers)
    return Expansion(
        kind="mean",
        formula="Σ input/count",
        worked=f"({joined(_texts(numbers))})/{count}",
        terms=terms_of("input", numbers, places, (x / count).tolist()),
        value=float(x.mean()),
        facts={"count": count},
    )


def prod(
    at: At,
    input: torch.Tensor,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: object = None,
    axis: Dim = None,
    out: object = None,
) -> Expansion:
    """Expand `prod`; its one term holds all the factors."""
    x, numbers, places = reduced(at, input, dim if axis is None else axis)
    value = float(x.prod())
    factors = tuple(Number("input", place, n) for place, n in zip(places, numbers, strict=True))
    return Expansion(
        kind="product",
        formula="Π input",
        worked=joined(_texts(numbers), "·"),
        terms=(Term(factors, value),),
        value=value,
        facts={"count": len(numbers)},
    )


def _extreme(at: At, made_of: Reduced, largest: bool, *, as_place: bool = False) -> Expansion:
    """Expand the largest or smallest of some numbers, or its place among them."""
    x, numbers, places = made_of
    best = float(x.max() if largest else x.min())
    winners = torch.nonzero((x == best) | x.isnan()).flatten().tolist()
    place = winners[0]
    if as_place:  # equal ones: any of their places is right, PyTorch's own choice among them too
        chosen = int(read(result(at), at.index))
        place = chosen if chosen in winners else place
    name = "max" if largest else "min"
    return Expansion(
        kind=f"{name}imum" if not as_place else "place",
        formula=f"arg{name}(input)" if as_place else f"{name}(input)",
        worked=f"{'arg' if as_place else ''}{name}({joined(_texts(numbers), ', ')})",
        terms=terms_of("input", numbers, places, numbers),
        value=float(place) if as_place else best,
        facts={"count": len(numbers), "place": place},
    )


def amax(
    at: At, input: torch.Tensor, dim: Dim = (), keepdim: bool = False, *, out: object = None
) -> Expansion:
    """Expand `amax`: the largest over some or all dimensions."""
    return _extreme(at, reduced(at, input, dim), True)


def amin(
    at: At, input: torch.Tensor, dim: Dim = (), keepdim: bool = False, *, out: object = None
) -> Expansion:
    """Expand `amin`: the smallest over some or all dimensions."""
    return _extreme(at, reduced(at, input, dim), False)


def aminmax(at: At, input: torch.Tensor, *, dim: int | None = None, keepdim: bool = False) -> Expansion:
    """Expand `aminmax`: the smallest (output 0) or largest (output 1)."""
    return _extreme(at, reduced(at, input, dim), at.output == 1)


def max(
    at: At,
    input: torch.Tensor,
    dim: int | torch.Tensor | None = None,
    keepdim: bool = False,
    *,
    other: torch.Tensor | None = None,
    axis: int | None = None,
    out: object = None,
) -> Expansion:
    """Expand `max`: of all, along one dimension (output 1: its place), or of two tensors."""
    if other is not None:
        return elementwise.maximum(at, input, other)
    if isinstance(dim, torch.Tensor):
        return renamed(elementwise.maximum(at, input, dim), {"other": "dim"})
    return _extreme(at, reduced(at, input, dim if axis is None else axis), True, as_place=at.output == 1)


def min(
    at: At,
    input: torch.Tensor,
    dim: int | torch.Tensor | None = None,
    keepdim: bool = False,
    *,
    other: torch.Tensor | None = None,
    axis: int | None = None,
    out: object = None,
) -> Expansion:
    """Expand `min`: of all, along one dimension (output 1: its place), or of two tensors."""
    if other is not None:
        return elementwise.minimum(at, input, other)
    if isinstance(dim, torch.Tensor):
        return renamed(elementwise.minimum(at, input, dim), {"other": "dim"})
    return _extreme(at, reduced(at, input, dim if axis is None else axis), False, as_place=at.output == 1)


def argmax(at: At, input: torch.Tensor, dim: int | None = None, keepdim: bool = False) -> Expansion:
    """Expand `argmax`: the place of the largest, among all in order if no dimension is given."""
    return _extreme(at, reduced(at, input, dim), True, as_place=True)


def argmin(at: At, input: torch.Tensor, dim: int | None = None, keepdim: bool = False) -> Expansion:
    """Expand `argmin`: the place of the smallest, among all in order if no dimension is given."""
    return _extreme(at, reduced(at, input, dim), False, as_place=True)


def _spread(
    at: At,
    input: torch.Tensor,
    dim: Dim,
    unbiased: bool,
    correction: float | None,
    root: bool,
) -> Expansion:
    """Expand variance or standard deviation; `dim` may be `unbiased`, as in `var(input, False)`."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    less = float(unbiased) if correction is None else float(correction)
    x, numbers, places = reduced(at, input, dim)
    center, count = float(x.mean()), len(numbers)
    parts = (x - center) ** 2
    divisor = torch.tensor(float(count) - less, dtype=torch.float64).clamp(min=0)
    variance = float(parts.sum() / divisor)
    squares = joined([f"({short(n)} − {factor(center)})²" for n in shown(numbers)])
    inner = f"({squares})/{short(float(divisor))}"
    formula = "Σ (input − mean)²/(count − correction)"
    return Expansion(
        kind="deviation" if root else "variance",
        formula=f"√({formula})" if root else formula,
        worked=f"√({inner})" if root else inner,
        terms=terms_of("input", numbers, places, (parts / divisor).tolist()),
        value=math.sqrt(variance) if root and variance >= 0 else variance,
        facts={"mean": center, "variance": variance, "count": count, "correction": short(less)},
    )


def var(
    at: At,
    input: torch.Tensor,
    dim: Dim = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    axis: Dim = None,
    out: object = None,
) -> Expansion:
    """Expand `var`; its terms add up to it."""
    return _spread(at, input, dim if axis is None else axis, unbiased, correction, False)


def std(
    at: At,
    input: torch.Tensor,
    dim: Dim = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    axis: Dim = None,
    out: object = None,
) -> Expansion:
    """Expand `std`; its terms add up to its square."""
    return _spread(at, input, dim if axis is None else axis, unbiased, correction, True)


def var_mean(
    at: At,
    input: torch.Tensor,
    dim: Dim = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Expansion:
    """Expand `var_mean`: the variance (output 0) or the mean (output 1)."""
    if at.output == 1:
        return mean(at, input, None if isinstance(dim, bool) else dim)
    return _spread(at, input, dim, unbiased, correction, False)


def std_mean(
    at: At,
    input: torch.Tensor,
    dim: Dim = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Expansion:
    """Expand `std_mean`: the deviation (output 0) or the mean (output 1)."""
    if at.output == 1:
        return mean(at, input, None if isinstance(dim, bool) else dim)
    return _spread(at, input, dim, unbiased, correction, True)


def logsumexp(
    at: At, input: torch.Tensor, dim: Dim = None, keepdim: bool = False, *, out: object = None
) -> Expansion:
    """Expand `logsumexp`; its terms are shares of the sum."""
    x, numbers, places = reduced(at, input, dim)
    value = float(torch.logsumexp(x, 0))
    return Expansion(
        kind="function",
        formula="ln(Σ exp(input))",
        worked=f"ln({joined([f'exp({short(n)})' for n in shown(numbers)])})",
        terms=terms_of("input", numbers, places, torch.exp(x - value).tolist()),
        value=value,
        facts={"count": len(numbers)},
    )


def any(
    at: At, input: torch.Tensor, dim: Dim = None, keepdim: bool = False, *, out: object = None
) -> Expansion:
    """Expand `any`: 1 where one number at least is not 0."""
    return _truth(at, input, dim, "max([input ≠ 0])", "any")


def all(
    at: At, input: torch.Tensor, dim: Dim = None, keepdim: bool = False, *, out: object = None
) -> Expansion:
    """Expand `all`: 1 where no number is 0."""
    return _truth(at, input, dim, "min([input ≠ 0])", "all")


def _truth(at: At, input: torch.Tensor, dim: Dim, formula: str, name: str) -> Expansion:
    x, numbers, places = reduced(at, input, dim)
    truths = (x != 0).double()
    return Expansion(
        kind="condition",
        formula=formula,
        worked=f"{formula[:3]}({joined(_texts(truths.tolist()), ', ')})",
        terms=terms_of("input", numbers, places, truths.tolist()),
        value=float(truths.bool().any() if name == "any" else truths.bool().all()),
        facts={"count": len(numbers), "true": int(truths.sum())},
    )
