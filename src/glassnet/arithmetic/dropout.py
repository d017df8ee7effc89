"""Dropout: what was dropped at random is read from what came out."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from glassnet.arithmetic.elements import number, read
from glassnet.arithmetic.expansion import Expansion, Term
from glassnet.arithmetic.functions import SELU_ALPHA, SELU_SCALE
from glassnet.arithmetic.numbers import written
from glassnet.arithmetic.terms import copy_of

if TYPE_CHECKING:
    from torch import Tensor

    from glassnet.arithmetic.expansion import At


def _dropout(
    at: At,
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    train: bool = True,
) -> Expansion:
    """Expand `dropout` (Srivastava et al. 2014): in training kept and scaled by 1/(1 − p), or 0."""
    return _dropped(at, input, p, training and train, at.index)  # `train` in torch.dropout


def _dropout1d(
    at: At, input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Expansion:
    """Expand `dropout1d` (Tompson et al. 2015): a whole channel is dropped or kept."""
    return _dropped(at, input, p, training, at.index[:-1])


def _dropout2d(
    at: At, input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Expansion:
    """Expand `dropout2d`: a whole channel is dropped or kept; of three dimensions the first is the batch."""
    return _dropped(at, input, p, training, at.index[:2])


def _dropout3d(
    at: At, input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Expansion:
    """Expand `dropout3d`: a whole channel is dropped or kept."""
    return _dropped(at, input, p, training, at.index[:-3])


def _feature_dropout(at: At, input: Tensor, p: float, train: bool) -> Expansion:
    """Expand `torch.feature_dropout`: a whole channel is dropped or kept."""
    return _dropped(at, input, p, train, at.index[:2])


def _dropped(at: At, input: Tensor, p: float, training: bool, channel: tuple[int, ...]) -> Expansion:
    x = number("input", input, at.index)
    if not training or p == 0:
        return copy_of(at, x)
    if x.value and channel == at.index:
        kept: bool | None = read(at.result, at.index) != 0
    else:  # a zero gives zero either way: others that share its fate tell
        before, after = input.detach()[channel], at.result.detach()[channel]
        kept = bool((after != 0).any()) if bool((before != 0).any()) else None
    value = x.value / (1 - p) if kept else x.value * 0
    formula = "input·mask/(1 − p)"
    facts: dict[str, float | int | str] = {"p": p} if kept is None else {"p": p, "mask": int(kept)}
    return Expansion(
        kind="dropout",
        formula=formula,
        worked=written(formula, {"input": x.value, "mask": float(kept is not False), "p": p}),
        terms=(Term((x,), value),),
        value=value,
        facts=facts,
    )


def _alpha_dropout(
    at: At, input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Expansion:
    """Expand `alpha_dropout` (Klambauer et al. 2017): dropped numbers become −1.758, all are rescaled."""
    x = number("input", input, at.index)
    if not training or p == 0:
        return copy_of(at, x)
    saturated = -SELU_ALPHA * SELU_SCALE
    scale = 1 / math.sqrt((1 - p) * (1 + p * saturated**2)) if p < 1 else 0.0
    shift = -scale * saturated * p
    kept_value, dropped_value = scale * x.value + shift, scale * saturated + shift
    came = read(at.result, at.index)
    kept = abs(came - kept_value) <= abs(came - dropped_value)
    formula = "a·(input·mask + s·(1 − mask)) + b"
    names = {"a": scale, "input": x.value, "mask": float(kept), "s": saturated, "b": shift}
    value = kept_value if kept else dropped_value
    return Expansion(
        kind="dropout",
        formula=formula,
        worked=written(formula, names),
        terms=(Term((x,), value),),
        value=value,
        facts={"p": p, "mask": int(kept), "a": scale, "s": saturated, "b": shift},
    )


RULES = {
    "dropout": _dropout,
    "dropout1d": _dropout1d,
    "dropout2d": _dropout2d,
    "dropout3d": _dropout3d,
    "feature_dropout": _feature_dropout,
    "alpha_dropout": _alpha_dropout,
    "feature_alpha_dropout": _alpha_dropout,  # whole channels
}
