"""A recorded operation and the rule that explains it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.arithmetic.expand import expand_call, operands
from glassnet.arithmetic.expansion import At
from glassnet.trace.nested import with_tensors
from glassnet.trace.trace import Ref

if TYPE_CHECKING:
    from glassnet.arithmetic.expansion import Expansion, Index
    from glassnet.trace.trace import Op, Trace


def expand_op(trace: Trace, op: Op, number: int, index: Index) -> Expansion:
    """Work out one number that a recorded operation made.

    Args:
        trace: With all values kept.
        op: That made the value.
        number: Of the value.
        index: Of the number in it.

    Returns:
        Its arithmetic.

    Raises:
        UnexpandedError: There is no rule for the operation, or it does not cover this call.
    """
    outputs = tuple(trace.kept[output] for output in op.outputs)
    args, kwargs = (with_tensors(part, trace.kept.__getitem__) for part in (op.args, op.kwargs))
    return expand_call(op.name, op.function, At(index, outputs, op.outputs.index(number)), args, kwargs)


def operands_of(op: Op) -> dict[str, int]:
    """Tell which values the numbers of an operation's expansion stand in.

    Args:
        op: A recorded operation.

    Returns:
        Operand -> number of the value: `input`, `weight`, `tensors[0]`.
    """
    return {
        operand: content.value
        for operand, content in operands(op.name, op.args, op.kwargs).items()
        if isinstance(content, Ref)
    }
