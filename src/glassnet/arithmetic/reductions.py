"""Many numbers to one: sums, means, extremes, spreads."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import torch

from glassnet.arithmetic import elementwise
from glassnet.arithmetic.elements import dims_of, lane, read
from glassnet.arithmetic.expansion import Expansion, Term
from glassnet.arithmetic.numbers import factor, joined, short
from glassnet.arithmetic.terms import renamed, sum_of, terms_of, total

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

    from glassnet.arithmetic.elements import Gathered
    from glassnet.arithmetic.expansion import At, Kind

Dim = int | tuple[int, ...] | list[int] | None
Extreme = Literal["max", "min", "median"]
KINDS: dict[Extreme, Kind] = {"max": "maximum", "min": "minimum", "median": "median"}


def reduced(at: At, input: Tensor, dim: Dim, operand: str = "input") -> Gathered:
    """Read what one number of a reduction is made of.

    Args:
        at: Which number of the output.
        input: What was reduced.
        dim: The dimensions, None for all.
        operand: The parameter of the rule it came by.

    Returns:
        The numbers.
    """
    dims = dims_of(dim, input.ndim)
    place = at.index
    if len(place) != input.ndim:  # the dimensions were not kept
        rest = iter(place)
        place = tuple(0 if d in dims else next(rest) for d in range(input.ndim))
    return lane(operand, input, dims, place)


def mean_of(
    x: Gathered, divisor: int | None = None, facts: Mapping[str, float | int | str] | None = None
) -> Expansion:
    """Make the expansion of a mean.

    Args:
        x: The numbers.
        divisor: What their sum is divided by, if not by how many there are.
        facts: Further ones.

    Returns:
        The mean.
    """
    divisor = divisor or len(x.values)
    numbers = x.values.tolist()
    return Expansion(
        kind="mean",
        formula="Σ input/divisor",
        worked=f"({joined(numbers)})/{divisor}",
        terms=terms_of([x], x.values / divisor),
        value=total(numbers) / divisor,
        facts={"divisor": divisor, **(facts or {})},
    )


def extreme(
    at: At,
    x: Gathered,
    name: Extreme,
    facts: Mapping[str, float | int | str] | None = None,
    places: Sequence[int] | None = None,
) -> Expansion:
    """Make the expansion of the largest, smallest or middle number, or of its place.

    Args:
        at: Which number of the output.
        x: The numbers.
        name: Which of them.
        facts: Further ones.
        places: How the place of each is called, where the place is asked for. Of equal numbers any place is
            right, PyTorch's own choice among them too.

    Returns:
        The number, or its place.
    """
    choose: dict[Extreme, Callable[[Tensor], Tensor]] = {
        "max": torch.max, "min": torch.min, "median": torch.median
    }  # fmt: skip
    best = choose[name](x.values)
    winners = ((x.values == best) | x.values.isnan()).nonzero().flatten().tolist()
    winner = winners[0]
    worked = f"{name}({joined(x.values.tolist(), short, ', ')})"
    told = {"count": len(x.values), **(facts or {})}
    terms = terms_of([x], x.values)
    if places is None:
        return Expansion(
            KINDS[name], f"{name}(input)", worked, terms, float(best), {"winner": winner, **told}
        )
    chosen = int(read(at.result, at.index))
    winner = next((w for w in winners if places[w] == chosen), winner)
    told = {"winner": winner, **told}
    return Expansion("place", f"arg{name}(input)", f"arg{worked}", terms, float(places[winner]), told)


def _sum(at: At, input: Tensor, dim: Dim = None, keepdim: bool = False) -> Expansion:
    x = reduced(at, input, dim)
    return sum_of(terms_of([x], x.values), "Σ input", "sum", {"count": len(x.values)})


def _mean(at: At, input: Tensor, dim: Dim = None, keepdim: bool = False) -> Expansion:
    return mean_of(reduced(at, input, dim))


def _prod(at: At, input: Tensor, dim: Dim = None, keepdim: bool = False) -> Expansion:
    return product_of(reduced(at, input, dim))


def product_of(x: Gathered) -> Expansion:
    """Make the expansion of a product; its one term holds all the factors.

    Args:
        x: The factors.

    Returns:
        The product.
    """
    value = float(x.values.prod())
    worked = joined(x.values.tolist(), sign="·")
    return Expansion(
        "product", "Π input", worked, (Term(tuple(x.numbers()), value),), value, {"count": len(x.values)}
    )


def _amax(at: At, input: Tensor, dim: Dim = (), keepdim: bool = False) -> Expansion:
    return extreme(at, reduced(at, input, dim), "max")


def _amin(at: At, input: Tensor, dim: Dim = (), keepdim: bool = False) -> Expansion:
    return extreme(at, reduced(at, input, dim), "min")


def _aminmax(at: At, input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Expansion:
    return extreme(at, reduced(at, input, dim), "max" if at.output == 1 else "min")


def _max(
    at: At,
    input: Tensor,
    dim: int | Tensor | None = None,
    keepdim: bool = False,
    *,
    other: Tensor | None = None,
) -> Expansion:
    return _one_or_two(at, input, dim, other, "max")


def _min(
    at: At,
    input: Tensor,
    dim: int | Tensor | None = None,
    keepdim: bool = False,
    *,
    other: Tensor | None = None,
) -> Expansion:
    return _one_or_two(at, input, dim, other, "min")


def _median(at: At, input: Tensor, dim: int | None = None, keepdim: bool = False) -> Expansion:
    return _one_or_two(at, input, dim, None, "median")


def _one_or_two(
    at: At, input: Tensor, dim: int | Tensor | None, other: Tensor | None, name: Extreme
) -> Expansion:
    """Expand an extreme of all, along one dimension (output 1: its place), or of two tensors."""
    if other is not None:
        return elementwise.RULES[f"{name}imum"](at, input, other)
    if isinstance(dim, torch.Tensor):
        return renamed(elementwise.RULES[f"{name}imum"](at, input, dim), {"other": "dim"})
    x = reduced(at, input, dim)
    return extreme(at, x, name, places=range(len(x.values)) if at.output == 1 else None)


def _argmax(at: At, input: Tensor, dim: int | None = None, keepdim: bool = False) -> Expansion:
    x = reduced(at, input, dim)
    return extreme(at, x, "max", places=range(len(x.values)))


def _argmin(at: At, input: Tensor, dim: int | None = None, keepdim: bool = False) -> Expansion:
    x = reduced(at, input, dim)
    return extreme(at, x, "min", places=range(len(x.values)))


def _spread(
    at: At, input: Tensor, dim: Dim, unbiased: bool, correction: float | None, root: bool
) -> Expansion:
    """Expand variance or standard deviation; `dim` may be `unbiased`, as in `var(input, False)`."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    less = float(unbiased) if correction is None else float(correction)
    x = reduced(at, input, dim)
    center, count = float(x.values.mean()), len(x.values)
    parts = (x.values - center) ** 2
    divisor = torch.tensor(float(count) - less, dtype=torch.float64).clamp(min=0)
    variance = float(parts.sum() / divisor)
    squares = joined(x.values.tolist(), lambda n: f"({short(n)} − {factor(center)})²")
    worked = f"({squares})/{short(float(divisor))}"
    formula = "Σ (input − mean)²/(count − correction)"
    return Expansion(
        kind="spread",
        formula=f"√({formula})" if root else formula,
        worked=f"√({worked})" if root else worked,
        terms=terms_of([x], parts / divisor),
        value=math.sqrt(variance) if root and variance >= 0 else variance,
        facts={"mean": center, "variance": variance, "count": count, "correction": less},
    )


def _var(
    at: At,
    input: Tensor,
    dim: Dim = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Expansion:
    return _spread(at, input, dim, unbiased, correction, root=False)


def _std(
    at: At,
    input: Tensor,
    dim: Dim = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Expansion:
    return _spread(at, input, dim, unbiased, correction, root=True)


def _and_mean(spread: Callable[..., Expansion]) -> Callable[..., Expansion]:
    """Make the rule of a spread that gives the mean as its second output."""

    def rule(
        at: At,
        input: Tensor,
        dim: Dim = None,
        unbiased: bool = True,
        keepdim: bool = False,
        *,
        correction: float | None = None,
    ) -> Expansion:
        if at.output == 1:
            return _mean(at, input, None if isinstance(dim, bool) else dim)
        return spread(at, input, dim, unbiased, keepdim, correction=correction)

    return rule


def _logsumexp(at: At, input: Tensor, dim: Dim = None, keepdim: bool = False) -> Expansion:
    """Expand `logsumexp`; its terms are shares of the sum."""
    x = reduced(at, input, dim)
    value = torch.logsumexp(x.values, 0)
    return Expansion(
        kind="function",
        formula="ln(Σ exp(input))",
        worked=f"ln({joined(x.values.tolist(), lambda n: f'exp({short(n)})')})",
        terms=terms_of([x], torch.exp(x.values - value)),
        value=float(value),
        facts={"count": len(x.values)},
    )


def _any(at: At, input: Tensor, dim: Dim = None, keepdim: bool = False) -> Expansion:
    return _truth(reduced(at, input, dim), "max")


def _all(at: At, input: Tensor, dim: Dim = None, keepdim: bool = False) -> Expansion:
    return _truth(reduced(at, input, dim), "min")


def _truth(x: Gathered, name: str) -> Expansion:
    """Expand whether one number at least (`max`), or each (`min`), is not 0."""
    truths = (x.values != 0).double()
    return Expansion(
        kind="condition",
        formula=f"{name}([input ≠ 0])",
        worked=f"{name}({joined(truths.tolist(), short, ', ')})",
        terms=terms_of([x], truths),
        value=float(truths.bool().any() if name == "max" else truths.bool().all()),
        facts={"count": len(truths), "true": int(truths.sum())},
    )


RULES = {
    "sum": _sum,
    "mean": _mean,
    "prod": _prod,
    "amax": _amax,
    "amin": _amin,
    "aminmax": _aminmax,
    "max": _max,
    "min": _min,
    "median": _median,
    "argmax": _argmax,
    "argmin": _argmin,
    "var": _var,
    "std": _std,
    "var_mean": _and_mean(_var),
    "std_mean": _and_mean(_std),
    "logsumexp": _logsumexp,
    "special_logsumexp": _logsumexp,
    "any": _any,
    "all": _all,
}
