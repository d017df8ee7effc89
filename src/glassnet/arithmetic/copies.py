"""Operations that move numbers and change none: where did this number come from?

The operation is done again on tensors in which every number is its own place in the input. What then stands
at the place in question tells where the number comes from.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

from glassnet.arithmetic.expansion import Expansion, Number, Term
from glassnet.arithmetic.gather import number_at, values_of
from glassnet.arithmetic.numbers import short
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from glassnet.arithmetic.call import Call
    from glassnet.arithmetic.expansion import At, Index


def copied(at: At, call: Call) -> Expansion:
    """Find the one number of the input that stands at a place of the result.

    Args:
        at: Which number.
        call: Of an operation that only moves numbers.

    Returns:
        `copy` of that number; `padding` or `constant` where none of the input's stands there.

    Raises:
        UnexpandedError: This call does more than move numbers.
    """
    _refuse(call)
    tensors: list[tuple[int, str, torch.Tensor]] = []  # the first code of each
    numbers: list[Number] = []  # given as plain numbers: their codes are −1, −2, …
    free = 1  # 0 is what the operation puts in by itself

    def coded(operand: str, content: Any) -> Any:
        nonlocal free
        if not isinstance(content, torch.Tensor):
            numbers.append(Number(operand, None, float(content)))
            return -float(len(numbers))
        tensors.append((free, operand, content))
        codes = torch.arange(free, free + content.numel(), dtype=torch.float64)
        free += content.numel()
        return codes.reshape(content.shape)

    code = int(call.results(at, coded)[at.index])
    if code > 0:
        first, operand, tensor = next(entry for entry in reversed(tensors) if entry[0] <= code)
        return copy_of(at, number_at(operand, tensor, unravelled(code - first, tensor.shape)))
    if call.name == "pad":
        return _put_in("padding", numbers[-code - 1] if code else None)
    return _put_in("constant", numbers[-code - 1] if code else None, at)


def kept(at: At, call: Call) -> Expansion:
    """Tell that a number is the one at the same place of the input, perhaps in another type.

    Args:
        at: Which number.
        call: Of an operation that gives its input, such as `contiguous` or `to`.

    Returns:
        `copy` of it.
    """
    tensor = call.argument("input")
    if not isinstance(tensor, torch.Tensor) or tensor.shape != at.outputs[at.output].shape:
        raise UnexpandedError(call.name, "it does not give the shape of its input")
    return copy_of(at, number_at("input", tensor, at.index))


def constant(at: At, call: Call) -> Expansion:
    """Tell a number that depends on no other: of `zeros`, `arange`, `full_like`, ….

    Args:
        at: Which number.
        call: Of an operation that makes a tensor from its settings.

    Returns:
        `constant`, without terms.
    """
    (value,) = values_of(call.results(at, lambda _, content: content)[at.index])
    return _put_in("constant", Number(call.name, None, value))


def copy_of(at: At, number: Number) -> Expansion:
    """Make the expansion of a number that is another, in the type of the result.

    Args:
        at: Which number.
        number: The other.

    Returns:
        One term; where the type of the result cannot hold the number it is rounded, and the formula says so.

    Example:
        >>> from glassnet.arithmetic.expansion import At
        >>> copy_of(At((0,), (torch.tensor([0.5]),)), Number("input", (3, 1), 0.5)).worked
        'input[3, 1] = 0.5'
    """
    dtype = at.outputs[at.output].dtype
    value = _in_type(number.value, dtype)
    index = ", ".join(map(str, number.index or ()))
    name = f"{number.operand}[{index}]" if index else number.operand
    if value == number.value or math.isnan(value):
        formula, worked = number.operand, f"{name} = {short(value)}"
    else:
        kind = str(dtype).removeprefix("torch.")
        formula, worked = f"{kind}({number.operand})", f"{kind}({short(number.value)}) = {short(value)}"
    return Expansion("copy", formula, worked, (Term((number,), value),), value)


def unravelled(place: int, shape: torch.Size) -> Index:
    """Give the index of the n-th number of a tensor.

    Args:
        place: Counted row by row, from 0.
        shape: Of the tensor.

    Returns:
        The index.

    Example:
        >>> unravelled(5, torch.Size([2, 3]))
        (1, 2)
    """
    index = []
    for side in reversed(shape):
        place, rest = divmod(place, side)
        index.append(rest)
    return tuple(reversed(index))


def _refuse(call: Call) -> None:
    """Refuse the calls of operations of these names that do more than move numbers."""
    if call.kwargs.get("reduce") is not None or call.argument("accumulate"):
        raise UnexpandedError(call.name, "several numbers go to one place")
    if call.name in ("view", "view_dtype") and any(
        isinstance(content, torch.dtype) for content in (*call.args, *call.kwargs.values())
    ):
        raise UnexpandedError(call.name, "the bits of numbers are read as another type")


def _put_in(kind: str, number: Number | None, at: At | None = None) -> Expansion:
    value = number.value if number else 0.0
    if at is not None:
        value = _in_type(value, at.outputs[at.output].dtype)
    return Expansion(kind, short(value), short(value), (), value)


def _in_type(value: float, dtype: torch.dtype) -> float:
    """Round a number as its type does."""
    if dtype.is_complex:
        raise UnexpandedError("complex numbers", "only real ones are worked out")
    return float(torch.tensor(value, dtype=torch.float64).to(dtype))
