"""Softmax and its relatives: each number's share of the sum of the exponentials."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from glassnet.arithmetic.elements import lane
from glassnet.arithmetic.expansion import Expansion
from glassnet.arithmetic.numbers import joined, short
from glassnet.arithmetic.terms import terms_of

if TYPE_CHECKING:
    from torch import Tensor

    from glassnet.arithmetic.expansion import At


def _softmax(at: At, input: Tensor, dim: int | None = None, dtype: object = None) -> Expansion:
    return _share(at, input, dim)


def _softmin(at: At, input: Tensor, dim: int | None = None, dtype: object = None) -> Expansion:
    return _share(at, input, dim, sign=-1)


def _log_softmax(at: At, input: Tensor, dim: int | None = None, dtype: object = None) -> Expansion:
    return _share(at, input, dim, logarithm=True)


def _share(at: At, input: Tensor, dim: int | None, *, sign: int = 1, logarithm: bool = False) -> Expansion:
    if dim is None:  # as torch chooses where none is given
        dim = 0 if input.ndim in {0, 1, 3} else 1
    dims = [dim % input.ndim] if input.ndim else []
    place = at.index[dims[0]] if dims else 0
    x = lane("input", input, dims, at.index)
    signed = sign * x.values
    shares = signed - torch.logsumexp(signed, 0)
    minus = "−" if sign < 0 else ""
    own, exponentials = float(signed[place]), joined(signed.tolist(), exponential)
    if logarithm:
        value, formula = shares[place], "input − ln(Σ exp(input))"
        worked = f"{short(own)} − ln({exponentials})"
    else:
        value, formula = shares[place].exp(), f"exp({minus}input)/Σ exp({minus}input)"
        worked = f"{exponential(own)}/({exponentials})"
    terms = terms_of([x], shares.exp())
    return Expansion("softmax", formula, worked, terms, float(value), {"count": len(shares), "place": place})


def exponential(x: float) -> str:
    """Write e to a power.

    Args:
        x: The power.

    Returns:
        Its text.

    Example:
        >>> exponential(-2.0)
        'exp(−2)'
    """
    return f"exp({short(x)})"


RULES = {
    "softmax": _softmax,
    "special_softmax": _softmax,
    "softmin": _softmin,
    "log_softmax": _log_softmax,
    "special_log_softmax": _log_softmax,
}
