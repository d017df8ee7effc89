"""Arithmetic of two or three tensors, element by element, with broadcasting and plain numbers."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from glassnet.arithmetic.elements import number
from glassnet.arithmetic.expansion import Expansion, Number, Term
from glassnet.arithmetic.numbers import written
from glassnet.arithmetic.terms import added, in_type, renamed
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from glassnet.arithmetic.elements import Operand
    from glassnet.arithmetic.expansion import At, Kind


def _real(function: Callable[..., object], *numbers: float) -> float:
    with np.errstate(all="ignore"):
        return float(function(*(np.float64(x) for x in numbers)))  # type: ignore[arg-type]


def _together(
    kind: Kind, formula: str, numbers: tuple[Number, ...], value: float, terms: tuple[Term, ...] = ()
) -> Expansion:
    return Expansion(
        kind=kind,
        formula=formula,
        worked=written(formula, {n.operand: n.value for n in numbers}),
        terms=terms or (Term(numbers, value),),
        value=value,
    )


def _add(at: At, input: Operand, other: Operand, *, alpha: float = 1) -> Expansion:
    """Expand `add`: input + alpha·other."""
    return _sum(at, input, other, alpha, " + ")


def _sub(at: At, input: Operand, other: Operand, *, alpha: float = 1) -> Expansion:
    """Expand `sub`: input − alpha·other."""
    return _sum(at, input, other, alpha, " − ")


def _rsub(at: At, input: Operand, other: Operand, *, alpha: float = 1) -> Expansion:
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


def _pair(kind: Kind, formula: str, compute: Callable[..., object]) -> Callable[..., Expansion]:
    """Make the rule of a function of two numbers."""

    def rule(at: At, input: Operand, other: Operand) -> Expansion:
        a, b = number("input", input, at.index), number("other", other, at.index)
        compared = added(a, b) if kind in {"maximum", "minimum"} else ()
        return _together(kind, formula, (a, b), _real(compute, a.value, b.value), compared)

    return rule


def _comparison(sign: str, compute: Callable[..., object]) -> Callable[..., Expansion]:
    """Make the rule of a comparison: as PyTorch does it, after both were brought to their common dtype."""
    formula = f"[input {sign} other]"

    def rule(at: At, input: Operand, other: Operand) -> Expansion:
        numbers = (number("input", input, at.index), number("other", other, at.index))
        dtype = torch.result_type(input, other)
        a, b = (in_type(n.value, dtype) for n in numbers)
        return _together("condition", formula, numbers, _real(compute, a, b))

    return rule


_mul = _pair("product", "input·other", np.multiply)
_quotient = _pair("function", "input/other", np.divide)
_floor_divide = _pair("function", "⌊input/other⌋", np.floor_divide)
_rdiv = _pair("function", "other/input", lambda a, b: np.divide(b, a))
_rfloordiv = _pair("function", "⌊other/input⌋", lambda a, b: np.floor_divide(b, a))
_remainder = _pair("function", "input − other·⌊input/other⌋", np.remainder)
_fmod = _pair("function", "input − other·trunc(input/other)", np.fmod)
_maximum = _pair("maximum", "max(input, other)", np.maximum)
_minimum = _pair("minimum", "min(input, other)", np.minimum)
_atan2 = _pair("function", "arctan2(input, other)", np.arctan2)
_logical_and = _pair("condition", "[input ≠ 0]·[other ≠ 0]", lambda a, b: bool(a) and bool(b))
_logical_or = _pair("condition", "max([input ≠ 0], [other ≠ 0])", lambda a, b: bool(a) or bool(b))
_logical_xor = _pair("condition", "[[input ≠ 0] ≠ [other ≠ 0]]", lambda a, b: bool(a) != bool(b))
_bitwise_and = _pair("condition", "input & other", lambda a, b: int(a) & int(b))
_bitwise_or = _pair("condition", "input | other", lambda a, b: int(a) | int(b))
_bitwise_xor = _pair("condition", "input ^ other", lambda a, b: int(a) ^ int(b))
_gt = _comparison(">", np.greater)
_ge = _comparison("≥", np.greater_equal)
_lt = _comparison("<", np.less)
_le = _comparison("≤", np.less_equal)
_eq = _comparison("=", np.equal)
_ne = _comparison("≠", np.not_equal)


def _div(at: At, input: Operand, other: Operand, *, rounding_mode: str | None = None) -> Expansion:
    """Expand `div`: input/other, rounded on request."""
    if rounding_mode == "floor":
        return _floor_divide(at, input, other)
    if rounding_mode == "trunc":
        return _truncated(at, input, other)
    return _quotient(at, input, other)


_truncated = _pair("function", "trunc(input/other)", lambda a, b: np.trunc(np.divide(a, b)))


def _bitwise_not(at: At, input: Tensor) -> Expansion:
    """Expand `~input`: 1 − input of a truth, −input − 1 of a whole number."""
    x = number("input", input, at.index)
    truth = input.dtype == torch.bool
    value = 1 - x.value if truth else -x.value - 1
    return _together("condition", "1 − input" if truth else "−input − 1", (x,), value)


def _pow(at: At, input: Operand, exponent: Operand) -> Expansion:
    """Expand `pow`: input^exponent, either of them a tensor or a number."""
    numbers = (number("input", input, at.index), number("exponent", exponent, at.index))
    value = _real(np.power, numbers[0].value, numbers[1].value)
    return _together("function", "input^exponent", numbers, value)


def _rpow(at: At, input: Operand, other: Operand) -> Expansion:
    """Expand `rpow`: other^input."""
    numbers = (number("other", other, at.index), number("input", input, at.index))
    return _together("function", "other^input", numbers, _real(np.power, *(n.value for n in numbers)))


def _lerp(at: At, input: Operand, end: Operand, weight: Operand) -> Expansion:
    """Expand `lerp`: a place between two numbers."""
    a, b, w = (number(*pair, at.index) for pair in (("input", input), ("end", end), ("weight", weight)))
    part = w.value * (b.value - a.value)
    terms = (Term((a,), a.value), Term((w, b, a), part))
    return _together("sum", "input + weight·(end − input)", (a, b, w), a.value + part, terms)


def _addcmul(at: At, input: Operand, tensor1: Operand, tensor2: Operand, *, value: float = 1) -> Expansion:
    """Expand `addcmul`: input + value·tensor1·tensor2."""
    return _added(at, "input + value·tensor1·tensor2", (input, tensor1, tensor2), value, np.multiply)


def _addcdiv(at: At, input: Operand, tensor1: Operand, tensor2: Operand, *, value: float = 1) -> Expansion:
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


def _where(
    at: At,
    condition: Operand,
    input: Operand | None = None,
    other: Operand | None = None,
) -> Expansion:
    """Expand `where`: one number or another; `x.where(condition, other)` too."""
    if input is None or other is None:
        raise UnexpandedError("where", "with a condition alone it gives places, not numbers")
    as_method = isinstance(input, torch.Tensor) and input.dtype == torch.bool
    if as_method and not (isinstance(condition, torch.Tensor) and condition.dtype == torch.bool):
        done = _where(at, input, condition, other)
        return renamed(done, {"condition": "input", "input": "condition"})
    truth = number("condition", condition, at.index)
    taken = number("input", input, at.index) if truth.value else number("other", other, at.index)
    return _choice("condition ? input : other", at, truth, taken, {"input": input, "other": other})


def _masked_fill(at: At, input: Tensor, mask: Tensor, value: Operand) -> Expansion:
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


RULES = {
    "add": _add,
    "radd": _add,
    "sub": _sub,
    "subtract": _sub,
    "rsub": _rsub,
    "mul": _mul,
    "multiply": _mul,
    "rmul": _mul,
    "div": _div,
    "divide": _div,
    "truediv": _div,
    "true_divide": _div,
    "rdiv": _rdiv,
    "rtruediv": _rdiv,
    "floordiv": _floor_divide,
    "floor_divide": _floor_divide,
    "rfloordiv": _rfloordiv,
    "remainder": _remainder,
    "mod": _remainder,
    "fmod": _fmod,
    "pow": _pow,
    "float_power": _pow,
    "rpow": _rpow,
    "maximum": _maximum,
    "minimum": _minimum,
    "atan2": _atan2,
    "arctan2": _atan2,
    "gt": _gt,
    "greater": _gt,
    "ge": _ge,
    "greater_equal": _ge,
    "lt": _lt,
    "less": _lt,
    "le": _le,
    "less_equal": _le,
    "eq": _eq,
    "ne": _ne,
    "not_equal": _ne,
    "logical_and": _logical_and,
    "logical_or": _logical_or,
    "logical_xor": _logical_xor,
    "and": _bitwise_and,
    "bitwise_and": _bitwise_and,
    "or": _bitwise_or,
    "bitwise_or": _bitwise_or,
    "xor": _bitwise_xor,
    "bitwise_xor": _bitwise_xor,
    "invert": _bitwise_not,
    "bitwise_not": _bitwise_not,
    "lerp": _lerp,
    "addcmul": _addcmul,
    "addcdiv": _addcdiv,
    "where": _where,
    "masked_fill": _masked_fill,
}
