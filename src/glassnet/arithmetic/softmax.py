"""Softmax and its relatives: each number's share of the sum of the exponentials."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from glassnet.arithmetic.elements import lane, number, terms_of
from glassnet.arithmetic.expansion import Expansion
from glassnet.arithmetic.numbers import joined, short, shown

if TYPE_CHECKING:
    from glassnet.arithmetic.expansion import At


def softmax(
    at: At, input: torch.Tensor, dim: int | None = None, _stacklevel: object = 3, dtype: object = None
) -> Expansion:
    """Expand `softmax`: terms are the shares of all numbers along the dimension, which add up to 1."""
    return _share(at, input, dim, 1, False)


def softmin(
    at: At, input: torch.Tensor, dim: int | None = None, _stacklevel: object = 3, dtype: object = None
) -> Expansion:
    """Expand `softmin`: softmax of the negative numbers."""
    return _share(at, input, dim, -1, False)


def log_softmax(
    at: At, input: torch.Tensor, dim: int | None = None, _stacklevel: object = 3, dtype: object = None
) -> Expansion:
    """Expand `log_softmax`: the number less the logarithm of the sum of the exponentials."""
    return _share(at, input, dim, 1, True)


def _share(at: At, input: torch.Tensor, dim: int | None, sign: int, logarithm: bool) -> Expansion:
    if dim is None:  # as torch chooses where none is given
        dim = 0 if input.ndim in {0, 1, 3} else 1
    own = number("input", input, at.index)
    x, places = lane(input, [dim % input.ndim] if input.ndim else [], at.index)
    total = torch.logsumexp(sign * x, 0)
    value = sign * own.value - float(total)
    minus = "−" if sign < 0 else ""
    numbers = x.tolist()
    sum_shown = joined([_exp(sign * n) for n in shown(numbers)])
    one = "input" if logarithm else f"exp({minus}input)"
    return Expansion(
        kind="softmax",
        formula=f"{one} − ln(Σ exp(input))" if logarithm else f"{one}/Σ exp({minus}input)",
        worked=f"{short(own.value)} − ln({sum_shown})"
        if logarithm
        else f"{_exp(sign * own.value)}/({sum_shown})",
        terms=terms_of("input", numbers, places, torch.exp(sign * x - total).tolist()),
        value=value if logarithm else float(torch.exp(torch.tensor(value, dtype=torch.float64))),
        facts={"count": len(x), "place": at.index[dim % input.ndim] if input.ndim else 0},
    )


def _exp(x: float) -> str:
    return f"exp({short(x)})"
