"""Arithmetic of two or three tensors, element by element, with broadcasting and plain numbers."""
# ruff: noqa: A001, A002 - arguments are named as those of PyTorch

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from glassnet.arithmetic.elements import number, renamed
from glassnet.arithmetic.expansion import Expansion, Number, Term
from glassnet.arithmetic.numbers import written
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from glassnet.arithmetic.elements import Operand
    from glassnet.arithmetic.expansion import At


def _real(function: Callable[..., object], *numbers: float) -> float:
    with np.errstate(all="ignore"):
        return float(function(*(np.float64(x) for x in numbers)))  # type: ignore[arg-type]


def _together(
    kind: str, formula: str, numbers: tuple[Number, ...], value: float, terms: tuple[Term, ...] = ()
) -> Expansion:
    return Expansion(
        kind=kind,
        formula=formula,
        worked=written(formula, {n.operand: n.value for n in numbers}),
        terms=terms or (Term(numbers, value),),
        value=value,
    )


def add(at: At, input: Operand, other: Operand, *, alpha: float = 1, out: object = None) -> Expansion:
    """Expand `add`: input + alpha·other."""
    return _sum(at, input, other, alpha, " + ")


def sub(at: At, input: Operand, other: Operand, *, alpha: float = 1, out: object = None) -> Expansion:
    """Expand `sub`: input − alpha·other."""
    return _sum(at, input, other, alpha, " − ")


def rsub(at: At, input: Operand, other: Operand, *, alpha: float = 1) -> Expansion:
    """Expand `rsub`: other − alpha·input."""
    a, b = number("input", input, at.index), number("other", other, at.index)
    return _sum_of(b, a, alpha, " − ")


def _sum(at: At, input: Operand, other: Operand, alpha: float, sign: str) -> Expansion:
    return _sum_of(number("input", input, at.index), number("other", other, at.index), alpha, sign)


def _sum_of(first: Number, second: Number, alpha: float, sign: str) -> Expansion:
    part = second.value * alpha * (-1 if sign == " − " else 1)
    terms = (Term((first,), first.value), Term((second,), part))
    scaled = f"{first.operand}{sign}alpha·{second.operand}"
    formula = scaled if alpha != 1 else f"{first.operand}{sign}{second.operand}"
    return Expansion(
        kind="sum",
        formula=formula,
        worked=written(
            formula, {first.operand: first.value, second.operand: second.value, "alpha": float(alpha)}
        ),
        terms=terms,
        value=first.value + part,
        facts={"alpha": alpha} if alpha != 1 else {},
    )


def pair(kind: str, formula: str, compute: Callable[..., object]) -> Callable[..., Expansion]:
    """Make the rule of a function of two numbers.

    Args:
        kind: Kind of the expansion.
        formula: Of `input` and `other`.
        compute: Takes the two, as numbers of NumPy.

    Returns:
        A rule.
    """

    def rule(at: At, input: Operand, other: Operand, *, out: object = None) -> Expansion:
        numbers = (number("input", input, at.index), number("other", other, at.index))
        return _together(kind, formula, numbers, _real(compute, numbers[0].value, numbers[1].value))

    return rule


def comparison(sign: str, compute: Callable[..., object]) -> Callable[..., Expansion]:
    """Make the rule of a comparison: 1 where it holds, else 0.

    Args:
        sign: What stands between the two numbers.
        compute: Takes the two.

    Returns:
        A rule; it compares, as PyTorch does, after both were brought to their common dtype.
    """
    formula = f"[input {sign} other]"

    def rule(at: At, input: Operand, other: Operand, *, out: object = None) -> Expansion:
        numbers = (number("input", input, at.index), number("other", other, at.index))
        dtype = torch.result_type(input, other)
        a, b = (float(torch.tensor(n.value, dtype=torch.float64).to(dtype)) for n in numbers)
        return _together("comparison", formula, numbers, _real(compute, a, b))

    return rule


mul = pair("product", "input·other", np.multiply)
quotient = pair("quotient", "input/other", np.divide)
floor_divide = pair("quotient", "⌊input/other⌋", np.floor_divide)
rdiv = pair("quotient", "other/input", lambda a, b: np.divide(b, a))
rfloordiv = pair("quotient", "⌊other/input⌋", lambda a, b: np.floor_divide(b, a))
remainder = pair("function", "input − other·⌊input/other⌋", np.remainder)
fmod = pair("function", "input − other·trunc(input/other)", np.fmod)
maximum = pair("maximum", "max(input, other)", np.maximum)
minimum = pair("minimum", "min(input, other)", np.minimum)
atan2 = pair("function", "arctan2(input, other)", np.arctan2)
logical_and = pair("condition", "[input ≠ 0]·[other ≠ 0]", lambda a, b: bool(a) and bool(b))
logical_or = pair("condition", "max([input ≠ 0], [other ≠ 0])", lambda a, b: bool(a) or bool(b))
logical_xor = pair("condition", "[[input ≠ 0] ≠ [other ≠ 0]]", lambda a, b: bool(a) != bool(b))
bitwise_and = pair("condition", "input & other", lambda a, b: int(a) & int(b))
bitwise_or = pair("condition", "input | other", lambda a, b: int(a) | int(b))
bitwise_xor = pair("condition", "input ^ other", lambda a, b: int(a) ^ int(b))
gt = comparison(">", np.greater)
ge = comparison("≥", np.greater_equal)
lt = comparison("<", np.less)
le = comparison("≤", np.less_equal)
eq = comparison("=", np.equal)
ne = comparison("≠", np.not_equal)


def div(
    at: At, input: Operand, other: Operand, *, rounding_mode: str | None = None, out: object = None
) -> Expansion:
    """Expand `div`: input/other, rounded on request."""
    if rounding_mode == "floor":
        return floor_divide(at, input, other)
    if rounding_mode == "trunc":
        return _truncated(at, input, other)
    return quotient(at, input, other)


_truncated = pair("quotient", "trunc(input/other)", lambda a, b: np.trunc(np.divide(a, b)))


def bitwise_not(at: At, input: torch.Tensor, *, out: object = None) -> Expansion:
    """Expand `~input`: 1 − input of a truth, −input − 1 of a whole number."""
    x = number("input", input, at.index)
    truth = input.dtype == torch.bool
    value = 1 - x.value if truth else -x.value - 1
    return _together("condition", "1 − input" if truth else "−input − 1", (x,), value)


def pow(at: At, input: Operand, exponent: Operand, *, out: object = None) -> Expansion:
    """Expand `pow`: input^exponent, either of them a tensor or a number."""
    numbers = (number("input", input, at.index), number("exponent", exponent, at.index))
    value = _real(np.power, numbers[0].value, numbers[1].value)
    return _together("function", "input^exponent", numbers, value)


def rpow(at: At, input: Operand, other: Operand) -> Expansion:
    """Expand `rpow`: other^input."""
    numbers = (number("other", other, at.index), number("input", input, at.index))
    return _together("function", "other^input", numbers, _real(np.power, *(n.value for n in numbers)))


def lerp(at: At, input: Operand, end: Operand, weight: Operand, *, out: object = None) -> Expansion:
    """Expand `lerp`: a place between two numbers."""
    a, b, w = (number(*pair, at.index) for pair in (("input", input), ("end", end), ("weight", weight)))
    part = w.value * (b.value - a.value)
    terms = (Term((a,), a.value), Term((w, b, a), part))
    return _together("sum", "input + weight·(end − input)", (a, b, w), a.value + part, terms)


def addcmul(
    at: At, input: Operand, tensor1: Operand, tensor2: Operand, *, value: float = 1, out: object = None
) -> Expansion:
    """Expand `addcmul`: input + value·tensor1·tensor2."""
    return _added(at, "input + value·tensor1·tensor2", (input, tensor1, tensor2), value, np.multiply)


def addcdiv(
    at: At, input: Operand, tensor1: Operand, tensor2: Operand, *, value: float = 1, out: object = None
) -> Expansion:
    """Expand `addcdiv`: input + value·tensor1/tensor2."""
    return _added(at, "input + value·tensor1/tensor2", (input, tensor1, tensor2), value, np.divide)


def _added(
    at: At,
    formula: str,
    operands: tuple[Operand, Operand, Operand],
    scale: float,
    compute: Callable[..., object],
) -> Expansion:
    x, a, b = (
        number(*pair, at.index) for pair in zip(("input", "tensor1", "tensor2"), operands, strict=True)
    )
    factor = Number("value", None, float(scale))
    part = scale * _real(compute, a.value, b.value)
    terms = (Term((x,), x.value), Term((factor, a, b), part))
    return _together("sum", formula, (x, a, b, factor), x.value + part, terms)


def where(
    at: At,
    condition: Operand,
    input: Operand | None = None,
    other: Operand | None = None,
    *,
    out: object = None,
) -> Expansion:
    """Expand `where`: one number or another; `x.where(condition, other)` too."""
    if input is None or other is None:
        raise UnexpandedError("where", "with a condition alone it gives places, not numbers")
    as_method = isinstance(input, torch.Tensor) and input.dtype == torch.bool
    if as_method and not (isinstance(condition, torch.Tensor) and condition.dtype == torch.bool):
        done = where(at, input, condition, other)
        return renamed(done, {"condition": "input", "input": "condition"})
    truth = number("condition", condition, at.index)
    taken = number("input", input, at.index) if truth.value else number("other", other, at.index)
    return _choice("condition ? input : other", at, truth, taken, {"input": input, "other": other})


def masked_fill(at: At, input: torch.Tensor, mask: torch.Tensor, value: Operand) -> Expansion:
    """Expand `masked_fill`: the number, or another where a mask is true."""
    truth = number("mask", mask, at.index)
    taken = number("value", value, at.index) if truth.value else number("input", input, at.index)
    return _choice("mask ? value : input", at, truth, taken, {"value": value, "input": input})


def _choice(formula: str, at: At, truth: Number, taken: Number, both: dict[str, Operand]) -> Expansion:
    values = {name: number(name, x, at.index).value for name, x in both.items()}
    return Expansion(
        kind="choice",
        formula=formula,
        worked=written(formula, {truth.operand: truth.value, **values}),
        terms=(Term((truth, taken), taken.value),),
        value=taken.value,
    )
