"""Rules are tried on real calls of PyTorch: what was called, with which arguments, is recorded here."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from itertools import product
from typing import get_args

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map

from glassnet.arithmetic.call import Replay
from glassnet.arithmetic.expand import expand_call, operands, rule_of
from glassnet.arithmetic.expansion import At, Expansion, Kind
from glassnet.trace.names import short_name, whole_name


@dataclass(frozen=True)
class Call:
    """One outermost call: its arguments as they were before, its tensors after."""

    name: str
    function: str
    args: tuple
    kwargs: dict
    outputs: tuple[torch.Tensor, ...]

    def expand(self, *index: int, output: int = 0) -> Expansion:
        """Work out one number, by the rule of this call's name."""
        return expand_call(
            self.name, self.function, At(tuple(index), self.outputs, output), self.args, self.kwargs
        )


class _Recorder(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        before_args, before_kwargs = tree_map(_copied, (tuple(args), kwargs or {}))
        result = func(*args, **(kwargs or {}))
        several = tuple(result) if isinstance(result, tuple | list) else (result,)
        outputs = tuple(o.detach().clone() for o in several if isinstance(o, torch.Tensor))
        name = short_name(func)
        rule = rule_of(name)
        if outputs and rule is not None and not isinstance(rule, Replay):  # copies are tested elsewhere
            self.calls.append(Call(name, whole_name(func), before_args, before_kwargs, outputs))
        return result


def _copied(x):
    return x.detach().clone() if isinstance(x, torch.Tensor) else x


def called(function, *inputs) -> Call:
    """Call something and give the last call of PyTorch in it that has a rule."""
    with _Recorder() as recorder:
        function(*inputs)
    return recorder.calls[-1]


def holds(call: Call, *, at_most: int = 40, rel: float = 1e-9, abs_: float = 1e-12) -> list[Expansion]:
    """Hold every number of a call (or some, drawn with a fixed seed) against its expansion."""
    done = []
    for place, output in enumerate(call.outputs):
        indices = list(product(*(range(side) for side in output.shape)))
        if len(indices) > at_most:
            indices = random.Random(0).sample(indices, at_most)
        for index in indices:
            expansion = call.expand(*index, output=place)
            expected = float(output[index])
            assert expansion.value == pytest.approx(expected, rel=rel, abs=abs_, nan_ok=True), (
                call.name,
                index,
            )
            assert expansion.kind in get_args(Kind)
            assert expansion.formula
            assert expansion.worked
            assert all(type(value) in {int, float, str} for value in expansion.facts.values())
            check_numbers(call, expansion)
            done.append(expansion)
    return done


def check_numbers(call: Call, expansion: Expansion) -> None:
    """Every number that names its place stands there in the argument of that name."""
    bound = operands(call.name, call.args, call.kwargs)
    for term in expansion.terms:
        assert type(term.value) is float
        for number in term.numbers:
            assert type(number.value) is float
            if number.index is None:
                continue
            tensor = bound[number.operand]
            read = float(tensor[number.index])
            assert read == number.value or (math.isnan(read) and math.isnan(number.value)), number


def adds_up(expansion: Expansion, rel: float = 1e-9) -> bool:
    """Tell whether the terms add up to the value."""
    total = math.fsum(term.value for term in expansion.terms)
    return total == pytest.approx(expansion.value, rel=rel, abs=1e-12, nan_ok=True)


def doubles(*shape: int, seed: int = 0) -> torch.Tensor:
    """Random numbers in float64."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
