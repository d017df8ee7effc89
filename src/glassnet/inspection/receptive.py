"""Which part of the picture each number of a value can see, by the kinds of operations alone.

For every value that depends on the picture and for each spatial axis of the picture: the size of the
receptive field in pixels, the jump (pixels between the fields of neighbours) and the centre of the first
one's field. Along the way it is tracked along which axes of the value a position in the picture lies, so that
an operation that mixes along such an axis (a linear layer after flatten, attention, a global mean) is seen to
look at the whole picture.

Source of the recursion: Araujo, Norris, Sim: Computing Receptive Fields of Convolutional Neural Networks,
Distill 2019, https://distill.pub/2019/computing-receptive-fields.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from glassnet.inspection.arguments import Call
from glassnet.inspection.fields import Field, Fields, Work
from glassnet.inspection.receptive_rules import rule_for

if TYPE_CHECKING:
    from glassnet.trace.trace import Trace

# they look at a tensor's shape only
MAKES_ANEW = {
    "new_zeros", "new_ones", "new_full", "new_empty",
    "zeros_like", "ones_like", "full_like", "empty_like", "rand_like", "randn_like",
}  # fmt: skip
SPATIAL_FROM = 2  # axes of a batch before the spatial ones: pictures, channels


def receptive_fields(trace: Trace) -> dict[int, Fields]:
    """Work out the receptive field of every value that depends on the picture.

    Statistics that BatchNorm takes over the batch in training mode are left out of account.

    Args:
        trace: Of a pass whose first input is B×C×length, B×C×H×W or B×C×D×H×W.

    Returns:
        By number of value; empty where the first input is no picture. Values that do not depend on the
        picture are not in it.

    Example:
        >>> import torch
        >>> from glassnet.trace.record import record
        >>> net = torch.nn.Sequential(torch.nn.Conv2d(3, 6, 5), torch.nn.MaxPool2d(2, 2))
        >>> trace = record(net, torch.zeros(1, 3, 32, 32))
        >>> field = receptive_fields(trace)[trace.ops[-1].outputs[0]][0]
        >>> field.size, field.jump, field.centre
        (6, 2.0, 2.5)
    """
    if not trace.inputs:
        return {}
    shape = trace.values[trace.inputs[0]].shape
    if not SPATIAL_FROM < len(shape) <= SPATIAL_FROM + 3:
        return {}
    if len(shape) == SPATIAL_FROM + 1 and not any(op.name.endswith("1d") for op in trace.ops):
        return {}  # tokens, not a signal
    known: dict[int, Fields] = {
        trace.inputs[0]: tuple(Field(1, 1.0, 0.0, False, (axis,)) for axis in range(SPATIAL_FROM, len(shape)))
    }
    sides = shape[SPATIAL_FROM:]
    for op in trace.ops:
        if op.name in MAKES_ANEW or not any(number in known for number in op.inputs):
            continue
        work = Work(Call(trace, op), known, sides)
        rule = rule_for(work.call)
        for place, number in enumerate(op.outputs):
            known[number] = rule(replace(work, output=place))
    return {
        number: tuple(None if field is None or field.size is None else field for field in fields)
        for number, fields in known.items()
    }
