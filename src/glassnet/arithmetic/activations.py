"""Activations that have settings: the function of this call is that of `FUNCTIONS` with its own numbers."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from glassnet.arithmetic.elements import number, read
from glassnet.arithmetic.expansion import Expansion, Term
from glassnet.arithmetic.functions import FUNCTIONS, Function, of_one_number
from glassnet.arithmetic.numbers import short, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from glassnet.arithmetic.elements import Operand
    from glassnet.arithmetic.expansion import At


def _set(at: At, input: Tensor, name: str, settings: Mapping[str, float]) -> Expansion:
    return of_one_number(at, replace(FUNCTIONS[name], settings=settings), input)


def _leaky_relu(at: At, input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Expansion:
    """Expand `leaky_relu` (Maas et al. 2013)."""
    return _set(at, input, "leaky_relu", {"negative_slope": negative_slope})


def _prelu(at: At, input: Tensor, weight: Tensor) -> Expansion:
    """Expand `prelu` (He et al. 2015): a slope that was learned, one for all channels or one for each."""
    place = () if weight.ndim == 0 else (at.index[1] if weight.numel() > 1 else 0,)
    x, slope = number("input", input, at.index), number("weight", weight, place)
    function = replace(FUNCTIONS["prelu"], settings={"weight": slope.value})
    value = float(function(x.value))
    return Expansion(
        kind="function",
        formula=written(function.formula, {"x": "input"}),
        worked=written(function.formula, {"x": x.value, "weight": slope.value}),
        terms=(Term((x, slope) if x.value <= 0 else (x,), value),),
        value=value,
    )


def _rrelu(
    at: At,
    input: Tensor,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Expansion:
    """Expand `rrelu` (Xu et al. 2015); in training its slope, drawn at random, is read from what came out."""
    x = read(input, at.index)
    if not training or x > 0:
        return _set(at, input, "rrelu", {"lower": lower, "upper": upper})
    slope = read(at.result, at.index) / x if x else (lower + upper) / 2
    drawn = _set(at, input, "leaky_relu", {"negative_slope": slope})
    return replace(drawn, facts={"negative_slope": slope, "lower": lower, "upper": upper})


def _elu(at: At, input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Expansion:
    """Expand `elu` (Clevert et al. 2015)."""
    return _set(at, input, "elu", {"alpha": alpha})


def _celu(at: At, input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Expansion:
    """Expand `celu` (Barron 2017)."""
    return _set(at, input, "celu", {"alpha": alpha})


def _gelu(at: At, input: Tensor, approximate: str = "none") -> Expansion:
    """Expand `gelu` (Hendrycks and Gimpel 2016), as it is or approximated by tanh."""
    return of_one_number(at, FUNCTIONS["gelu_tanh" if approximate == "tanh" else "gelu"], input)


def _hardtanh(
    at: At, input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Expansion:
    """Expand `hardtanh`; `nn.ReLU6` calls it with 0 and 6."""
    return _set(at, input, "hardtanh", {"min_val": min_val, "max_val": max_val})


def _hardshrink(at: At, input: Tensor, lambd: float = 0.5) -> Expansion:
    """Expand `hardshrink`."""
    return _set(at, input, "hardshrink", {"lambd": lambd})


def _softshrink(at: At, input: Tensor, lambd: float = 0.5) -> Expansion:
    """Expand `softshrink`."""
    return _set(at, input, "softshrink", {"lambd": lambd})


def _softplus(at: At, input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Expansion:
    """Expand `softplus`; above its threshold it is the number itself."""
    done = _set(at, input, "softplus", {"beta": beta, "threshold": threshold})
    x = read(input, at.index)
    return replace(done, formula="input", worked=short(x)) if x * beta > threshold else done


def _threshold(
    at: At,
    input: Tensor,
    threshold: float,
    value: float,
    inplace: bool = False,
) -> Expansion:
    """Expand `threshold`: the number where it is above, else a value."""
    return _set(at, input, "threshold", {"threshold": threshold, "value": value})


def _glu(at: At, input: Tensor, dim: int = -1) -> Expansion:
    """Expand `glu` (Dauphin et al. 2017): the first half, gated by the sigmoid of the second."""
    dim %= input.ndim
    half = input.shape[dim] // 2
    gate_place = tuple(i + half if d == dim else i for d, i in enumerate(at.index))
    x, gate = number("input", input, at.index), number("input", input, gate_place)
    value = x.value * float(FUNCTIONS["sigmoid"](gate.value))
    formula = "a·1/(1 + exp(−b))"
    return Expansion(
        kind="function",
        formula=formula,
        worked=written(formula, {"a": x.value, "b": gate.value}),
        terms=(Term((x, gate), value),),
        value=value,
        facts={"a": x.value, "b": gate.value},
    )


def _round(at: At, input: Tensor, *, decimals: int = 0, out: object = None) -> Expansion:
    """Expand `round`: halves go to the even neighbour."""
    x = number("input", input, at.index)
    scaled = x.value * 10.0**decimals
    value = float(np.rint(scaled)) / 10.0**decimals
    return Expansion(
        kind="function",
        formula="round(input)" if decimals == 0 else "round(input, decimals)",
        worked=f"round({short(x.value)})" if decimals == 0 else f"round({short(x.value)}, {decimals})",
        terms=(Term((x,), value),),
        value=value,
        facts={"decimals": decimals} if decimals else {},
    )


def _logit(at: At, input: Tensor, eps: float | None = None) -> Expansion:
    """Expand `logit`; with `eps` the number is first brought into [eps, 1 − eps]."""
    if eps is None:
        return of_one_number(at, FUNCTIONS["logit"], input)
    within = "min(max(x, eps), 1 − eps)"
    moved = Function(
        "logit",
        f"ln({within}/(1 − {within}))",
        lambda x, eps: FUNCTIONS["logit"].compute(np.clip(x, eps, 1 - eps)),
        {"eps": eps},
    )
    return of_one_number(at, moved, input)


def _clamp(
    at: At,
    input: Tensor,
    min: Operand | None = None,
    max: Operand | None = None,
) -> Expansion:
    """Expand `clamp`, with numbers or tensors as its bounds."""
    numbers = [number("input", input, at.index)]
    formula, value, names = "input", numbers[0].value, {"input": numbers[0].value}
    for name, bound, take in (("min", min, np.maximum), ("max", max, np.minimum)):
        if bound is not None:
            numbers.append(number(name, bound, at.index))
            names[f"{name}_val"] = numbers[-1].value
            value = float(take(value, numbers[-1].value))
            formula = f"{'max' if name == 'min' else 'min'}({formula}, {name}_val)"
    return Expansion(
        kind="function",
        formula=formula.replace("_val", ""),
        worked=written(formula, names),
        terms=(Term(tuple(numbers), value),),
        value=value,
    )


def _clamp_min(at: At, input: Tensor, min: Operand) -> Expansion:
    """Expand `clamp_min`."""
    return _clamp(at, input, min)


def _clamp_max(at: At, input: Tensor, max: Operand) -> Expansion:
    """Expand `clamp_max`."""
    return _clamp(at, input, None, max)


RULES = {
    "leaky_relu": _leaky_relu,
    "prelu": _prelu,
    "rrelu": _rrelu,
    "elu": _elu,
    "celu": _celu,
    "gelu": _gelu,
    "hardtanh": _hardtanh,
    "hardshrink": _hardshrink,
    "softshrink": _softshrink,
    "softplus": _softplus,
    "threshold": _threshold,
    "_threshold": _threshold,
    "glu": _glu,
    "logit": _logit,
    "special_logit": _logit,
    "round": _round,
    "clamp": _clamp,
    "clip": _clamp,
    "clamp_min": _clamp_min,
    "clamp_max": _clamp_max,
}
