"""A layer so narrow that the classes no longer fit through it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.passes import Pass, passes
from glassnet.checks.rules.kinds import short
from glassnet.checks.rules.nonlinearity import is_affine
from glassnet.inspection.arguments import Call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Seen
    from glassnet.trace.trace import Op

MANY_CLASSES = 3  # with fewer nothing is narrower


def narrow_bottleneck(seen: Seen) -> Iterator[Finding]:
    """Find a layer on the only way to the logits that gives fewer numbers than half of the classes.

    Args:
        seen: What was seen.

    Yields:
        One finding for each network.
    """
    told = set()
    for look in seen.looks:
        losses = [op for op in look.trace.ops if op.name == "cross_entropy" and op.inputs]
        for one in passes(seen):
            if one.look is not look or one.network.number in told:
                continue
            for loss in losses:
                logits = look.trace.values[loss.inputs[0]]
                inside = logits.made_by is not None and one.call.first_op <= logits.made_by < one.call.end_op
                if not inside or len(logits.shape) != 2 or logits.shape[1] < MANY_CLASSES:  # noqa: PLR2004
                    continue
                found = _narrowest(one, logits.number, logits.shape[1])
                if found is not None:
                    told.add(one.network.number)
                    yield found
                    break


def _narrowest(one: Pass, logits: int, classes: int) -> Finding | None:
    """Go back along the only way and find the affine layer that is given least."""
    number, narrowest, last = logits, None, None
    while True:
        op = one.maker(number)
        if op is None or len(one.data(op)) != 1:
            break
        if is_affine(one, op):
            if last is not None and (narrowest is None or _given(one, last) < _given(one, narrowest[1])):
                narrowest = (op, last)
            last = op
        number = one.data(op)[0]
    if narrowest is None or 2 * _given(one, narrowest[1]) >= classes:
        return None
    op, following = narrowest
    width = _given(one, following)
    pooled = width < _size(one, op.outputs[0])
    told = following if pooled else op  # the channels of a map count where they are averaged
    source = one.made_at(one.module_of(told)) or one.place(told)
    if source is None:
        return None  # how wide a library's network is was not the person's choice
    weight = Call(one.trace, op).shape(1, "weight")
    wide = math.prod(weight[1:]) >= classes and (len(weight) == 2 or weight[1] > width)  # noqa: PLR2004
    sure = wide and not _is_shown(one, op, following)
    return Finding(
        "narrow-bottleneck", "warning" if sure else "note", source, one.module_of(told),
        {"layer": one.module_of(op) or short(op.name), "width": width, "classes": classes},
    )  # fmt: skip


def _given(one: Pass, op: Op) -> int:
    return _size(one, one.data(op)[0])


def _size(one: Pass, number: int) -> int:
    """Count the numbers of one sample."""
    shape = one.trace.values[number].shape
    return math.prod(shape[1:] if len(shape) > 1 else shape)


def _is_shown(one: Pass, op: Op, following: Op) -> bool:
    """Tell whether something else reads the narrow values, too: an embedding to look at."""
    number = op.outputs[0]
    while True:
        readers = one.graph.readers.get(number, [])
        if number in one.call.outputs or len(readers) != 1:
            return True
        if readers[0].number == following.number or not readers[0].outputs:
            return False
        number = readers[0].outputs[0]
