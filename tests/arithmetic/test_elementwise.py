"""Arithmetic of two or three tensors: real calls, broadcasting, plain numbers."""

import operator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.arithmetic.rules import RULES
from glassnet.arithmetic.unexpanded import UnexpandedError

from real_calls import adds_up, called, doubles, holds

TWO = {
    "+": operator.add,
    "−": operator.sub,
    "·": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    ">": operator.gt,
    "≥": operator.ge,
    "<": operator.lt,
    "≤": operator.le,
    "=": operator.eq,
    "≠": operator.ne,
    "+=": operator.iadd,
    "-=": operator.isub,
    "*=": operator.imul,
    "/=": operator.itruediv,
    "torch.add": torch.add,
    "add with alpha": lambda a, b: torch.add(a, b, alpha=0.5),
    "add_": lambda a, b: a.add_(b),
    "sub with alpha": lambda a, b: a.sub(b, alpha=2),
    "rsub": torch.rsub,
    "mul_": lambda a, b: a.mul_(b),
    "div": torch.div,
    "div floor": lambda a, b: torch.div(a, b, rounding_mode="floor"),
    "div trunc": lambda a, b: a.div(b, rounding_mode="trunc"),
    "fmod": torch.fmod,
    "gt": torch.gt,
    "ne": torch.ne,
}
TENSORS = {
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "max of two": torch.max,
    "min of two": lambda a, b: a.min(b),
    "max, by name": lambda a, b: torch.max(a, other=b),
    "atan2": torch.atan2,
    "logical_and": torch.logical_and,
    "logical_or": torch.logical_or,
    "logical_xor": torch.logical_xor,
    "lerp": lambda a, b: torch.lerp(a, b, 0.3),
    "lerp by a tensor": lambda a, b: a.lerp(b, a),
    "addcmul": lambda a, b: torch.addcmul(a, b, a, value=0.5),
    "addcdiv": lambda a, b: torch.addcdiv(a, a, b),
    "where": lambda a, b: torch.where(a > 0, a, b),
    "where, by name": lambda a, b: torch.where(condition=a > b, input=a, other=b),
    "where with a number": lambda a, b: torch.where(a > 0, b, 0.0),
    "Tensor.where": lambda a, b: a.where(b > 0, b),
    "masked_fill": lambda a, b: a.expand(2, 3, 4).masked_fill(b > 0, -9.0),
    "masked_fill_": lambda a, b: a.expand(2, 3, 4).clone().masked_fill_(b < 0, 1.0),
    "pow": lambda a, b: a.abs() ** b,
    "~": lambda a, b: ~(a > 0),
    "&": lambda a, b: (a > 0) & (b > 0),
    "|": lambda a, b: (a > 0) | (b > 0),
    "^": lambda a, b: (a > 0) ^ (b > 0),
}
NUMBERS = {
    "2 + x": lambda x: 2 + x,
    "2 − x": lambda x: 2 - x,
    "2·x": lambda x: 2 * x,
    "2/x": lambda x: 2 / x,
    "5//x": lambda x: 5 // x,
    "x²": lambda x: x**2,
    "x^−1": lambda x: x**-1,
    "2^x": lambda x: 2**x,
    "torch.pow of a number": lambda x: torch.pow(3.0, x),
    "pow_": lambda x: x.pow_(3),
    "whole numbers": lambda x: (x * 10).long() + 3,
    "~ of whole numbers": lambda x: ~(x * 10).long(),
}


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize(
    "other",
    [doubles(2, 3, 4, seed=1), doubles(3, 1, seed=2), doubles(4, seed=3), doubles(seed=4), 0.7, -2, True],
)
def test_two(name, other):
    if other is True and name in {"−", "-=", "rsub", "sub with alpha", "/", "div"}:
        return
    holds(called(TWO[name], doubles(2, 3, 4), other), at_most=15)


@pytest.mark.parametrize("name", TENSORS)
def test_tensors(name):
    holds(called(TENSORS[name], doubles(2, 1, 4), doubles(2, 3, 4, seed=5)))
    holds(called(TENSORS[name], doubles(3, 4), doubles(2, 3, 4, seed=5)))


@pytest.mark.parametrize("name", NUMBERS)
def test_plain_numbers(name):
    holds(called(NUMBERS[name], doubles(2, 3)))


@st.composite
def shapes(draw):
    """Two shapes that broadcast together."""
    whole = draw(st.lists(st.integers(1, 4), min_size=0, max_size=4))
    return [
        tuple(side if draw(st.booleans()) else 1 for side in whole[draw(st.integers(0, len(whole))) :])
        for _ in range(2)
    ]


@given(shapes=shapes(), name=st.sampled_from(["+", "−", "·", "/", ">", "rsub"]))
@settings(max_examples=60, deadline=None)
def test_broadcasting(shapes, name):
    a, b = (doubles(*shape, seed=seed) for seed, shape in enumerate(shapes))
    for done in holds(called(TWO[name], a, b), at_most=8):
        if done.kind == "sum":
            assert adds_up(done)


def test_lines_that_are_read():
    a, b = torch.tensor([[0.5], [1.0]]), torch.tensor([-0.25, 4.0])
    added = called(operator.add, a, b).expand(1, 0)
    assert (added.kind, added.formula, added.worked, added.value) == (
        "sum",
        "input + other",
        "1 + (−0.25)",
        0.75,
    )
    assert [n.index for term in added.terms for n in term.numbers] == [(1, 0), (0,)]
    scaled = called(lambda: torch.sub(a, b, alpha=2)).expand(0, 1)
    assert (scaled.formula, scaled.worked) == ("input − alpha·other", "0.5 − 2·4")
    assert scaled.value == -7.5
    assert called(lambda: 1 - a).expand(0, 0).worked == "1 − 0.5"
    assert called(lambda: 1 - a).expand(0, 0).terms[0].numbers[0].index is None
    assert called(lambda: b**2).expand(0).worked == "(−0.25)^2"
    assert called(lambda: a >= b).expand(0, 1).worked == "[0.5 ≥ 4]"
    chosen = called(lambda: torch.where(b > 0, b, a)).expand(0, 0)
    assert (chosen.formula, chosen.worked, chosen.value) == (
        "condition ? input : other",
        "0 ? −0.25 : 0.5",
        0.5,
    )
    assert called(lambda: torch.lerp(a, b, 0.5)).expand(0, 1).worked == "0.5 + 0.5·(4 − 0.5)"


def test_a_number_is_compared_as_pytorch_does():
    """0.1 in float32 is more than 0.1 in float64, and yet PyTorch finds them equal."""
    x = torch.tensor([0.1])
    assert float(x) > 0.1
    for compare, expected in ((operator.gt, 0.0), (operator.eq, 1.0), (operator.le, 1.0)):
        assert called(compare, x, 0.1).expand(0).value == expected == float(compare(x, 0.1))


def test_division_by_zero_and_roots_of_negative_numbers():
    zero = torch.tensor([0.0, 1.0, -1.0], dtype=torch.float64)
    for function in (
        lambda: zero / 0,
        lambda: 1 / zero,
        lambda: zero**-1,
        lambda: zero**0.5,
        lambda: zero // 0,
    ):
        holds(called(function))


def test_what_is_not_worked_out():
    with pytest.raises(UnexpandedError, match="no arithmetic is known for add: its numbers are complex"):
        called(operator.add, torch.ones(2, dtype=torch.complex64), 1).expand(0)
    x = torch.tensor([1.0, 0.0])
    with pytest.raises(UnexpandedError, match="gives places"):
        RULES["where"](None, x > 0)
