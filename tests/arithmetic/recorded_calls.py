"""Real calls of PyTorch's functions, recorded as they arrive, and what must hold of every expansion."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import torch
from torch.overrides import TorchFunctionMode

from glassnet.arithmetic.expand import expand_call, operands, plain_name, rule_of
from glassnet.arithmetic.expansion import At, Expansion, Kind
from glassnet.trace.names import short_name, whole_name
from glassnet.trace.nested import tensors_in

if TYPE_CHECKING:
    from collections.abc import Callable

SUMS = ("sum_of_products", "sum", "mean")
WITHOUT_TERMS = ("padding", "constant", "drawn")


@dataclass(frozen=True)
class Call:
    """A call: its arguments before it, what it gave."""

    name: str
    function: str
    args: tuple
    kwargs: dict[str, Any]
    outputs: tuple[torch.Tensor, ...]

    def explained(self, *index: int, output: int = 0) -> Expansion:
        return expand_call(
            self.name, self.function, At(tuple(index), self.outputs, output), self.args, self.kwargs
        )

    @property
    def places(self) -> list[tuple[int, tuple[int, ...]]]:
        return [
            (number, index)
            for number, output in enumerate(self.outputs)
            for index in itertools.product(*map(range, output.shape))
        ]


class Recording(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        before = copied(tuple(args)), copied(kwargs)
        result = func(*args, **kwargs)
        outputs = tensors_in(result)
        if not outputs and func.__name__ == "__setitem__":
            outputs = [args[0]]
        if outputs:
            found = tuple(output.detach().clone() for output in outputs)
            self.calls.append(Call(short_name(func), whole_name(func), *before, found))
        return result


def copied(content: Any) -> Any:
    if isinstance(content, torch.Tensor):
        return content.detach().clone()
    if isinstance(content, list | tuple):
        return type(content)(copied(part) for part in content)
    if isinstance(content, dict):
        return {key: copied(part) for key, part in content.items()}
    return content


def calls_of(run: Callable[[], object]) -> list[Call]:
    """Run something; give its calls."""
    with Recording() as recording:
        run()
    return recording.calls


def call_of(run: Callable[[], object], name: str | None = None) -> Call:
    """Give the last call, or the last of a name."""
    return next(call for call in reversed(calls_of(run)) if name in (None, call.name, plain_name(call.name)))


def check(call: Call, *, most: int = 25, tolerance: float = 1e-9) -> None:
    """Compare numbers of a call with PyTorch's own, and every term with the tensor that it names."""
    assert rule_of(call.name) is not None, call.name
    places = call.places
    if len(places) > most:
        places = random.Random(0).sample(places, most)
    tensors = operands(call.name, call.args, call.kwargs)
    for output, index in places:
        found = call.explained(*index, output=output)
        theirs = float(call.outputs[output][index])
        assert same(found.value, theirs, tolerance), f"{call.name}{list(index)}: {found.value} not {theirs}"
        assert found.kind in get_args(Kind)
        assert found.formula
        assert found.worked
        for term in found.terms:
            for number in term.numbers:
                if number.index is not None:
                    tensor = tensors[number.operand]
                    assert len(number.index) == tensor.dim()
                    assert same(number.value, float(tensor[number.index]), 0)
                    assert all(
                        0 <= place < side for place, side in zip(number.index, tensor.shape, strict=False)
                    )
        if found.kind in SUMS and math.isfinite(found.value):
            assert same(math.fsum(term.value for term in found.terms), found.value, 1e-9)
        if found.kind == "copy":
            assert len(found.terms) == 1
        if found.kind in WITHOUT_TERMS:
            assert found.terms == ()


def same(ours: float, theirs: float, tolerance: float) -> bool:
    if math.isnan(ours) or math.isnan(theirs) or math.isinf(theirs):
        return math.isnan(ours) == math.isnan(theirs) and (math.isnan(ours) or ours == theirs)
    return abs(ours - theirs) <= tolerance * (1 + abs(theirs))


def doubles(*shape: int, seed: int = 0) -> torch.Tensor:
    """Random numbers in float64."""
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
