"""Layers that fold into one: nothing bends between two affine layers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.passes import Pass, passes
from glassnet.checks.rules.kinds import (
    AFFINE,
    ARITHMETIC,
    AVERAGE_POOLS,
    CONVOLUTIONS,
    DROPOUTS,
    MAX_POOLS,
    PRODUCTS,
    VIEWS,
    short,
)
from glassnet.inspection.arguments import Call
from glassnet.trace.trace import shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Seen
    from glassnet.trace.trace import Op, Source

RESIZES = {"interpolate", "upsample", "pixel_shuffle", "pixel_unshuffle", "pad", "flip", "roll"}
JOINS = {"cat", "concat", "concatenate", "stack", "hstack", "vstack"}
PICKS = {"getitem", "chunk", "split", "select", "narrow", "unbind", "expand", "repeat"}
MEANS = {"mean", "sum"}


@dataclass(frozen=True)
class Pair:
    """Two affine layers with nothing that bends between them."""

    first: Op
    second: Op
    between: tuple[Op, ...]

    def has(self, kinds: set[str]) -> bool:
        """Tell whether an operation of a kind lies between them."""
        return any(short(op.name) in kinds for op in self.between)


def no_nonlinearity(seen: Seen) -> Iterator[Finding]:
    """Find affine layers that follow each other without a non-linearity between them.

    Args:
        seen: What was seen.

    Yields:
        One finding where the whole network bends nowhere, else one for each place.
    """
    told: set[tuple] = set()
    whole_told, of_libraries = set(), {}
    for one in passes(seen):
        pairs = [pair for op in one.ops if is_affine(one, op) for pair in _pairs(one, op)]
        if not pairs or one.network.number in whole_told:
            continue
        whole = _whole(one, pairs)
        if whole is not None:
            whole_told.add(one.network.number)
            yield whole
            continue
        after = {pair.second.number for pair in pairs}
        for pair in pairs:
            if pair.has(MAX_POOLS) or (pair.first.number in after and _suspicious(one, pair)):
                continue
            if _is_separable(one, pair):
                continue
            found = _of_pair(one, pair, [p for p in pairs if _suspicious(one, p)])
            places = {(found.source or found.module, found.form), (one.network.number, pair.first.label)}
            if not places & told and found.source is not None:
                yield found
            elif not places & told:
                of_libraries.setdefault(one.network.number, []).append(found)
            told |= places
    for first, *more in of_libraries.values():
        evidence = first.evidence | {"places": 1 + len(more)}
        yield replace(first, evidence=evidence, form="pairs") if more else first


def is_affine(one: Pass, op: Op) -> bool:
    """Tell whether an operation is an affine map of what the network was given, with weights of its own.

    Args:
        one: The pass.
        op: The operation.

    Returns:
        Whether it is.
    """
    name = short(op.name)
    data = one.data(op)
    if len(data) != 1 or not op.outputs:
        return False
    if name in AFFINE:
        return True
    if name not in PRODUCTS:
        return False
    others = [one.trace.values[number] for number in op.inputs if number not in data]
    return any(other.requires_grad and len(other.shape) > 1 for other in others)


def bends(one: Pass, op: Op) -> bool:
    """Tell whether an operation is no affine map of what the network was given.

    Args:
        one: The pass.
        op: The operation.

    Returns:
        Whether it is; True also for one that is not known.
    """
    name, data = short(op.name), one.data(op)
    if not data or not op.outputs:
        return False
    if name in VIEWS | AVERAGE_POOLS | RESIZES | DROPOUTS | PICKS | JOINS | MEANS or name in {"batch_norm"}:
        return False
    if is_affine(one, op):
        return False
    if name in ARITHMETIC:
        times = name in {"mul", "multiply", "div", "truediv", "true_divide", "divide", "rtruediv"}
        return (times and len(data) > 1) or (name == "rtruediv") or (times and _divides_by(one, op))
    return True


def _divides_by(one: Pass, op: Op) -> bool:
    """Tell whether the data is what is divided by."""
    if short(op.name) not in {"div", "truediv", "true_divide", "divide"}:
        return False
    number = Call(one.trace, op).value(1, "other")
    return number is not None and number in one.driven


def _pairs(one: Pass, first: Op) -> Iterator[Pair]:
    """Follow the only reader of each value up to the next affine layer."""
    between: list[Op] = []
    value = first.outputs[0]
    while True:
        if value in one.call.outputs:
            return
        readers = [op for op in one.graph.readers.get(value, ()) if op.number in one.graph.live]
        if len(readers) != 1 or readers[0].call is None or not readers[0].outputs:
            return
        op = readers[0]
        if not one.call.first_op <= op.number < one.call.end_op:
            return
        if is_affine(one, op):
            yield Pair(first, op, tuple(between))
            return
        name = short(op.name)
        if (
            len(one.data(op)) != 1
            or (bends(one, op) and name not in MAX_POOLS)
            or name in RESIZES | PICKS | JOINS
        ):
            return
        between.append(op)
        value = op.outputs[0]


def _whole(one: Pass, pairs: list[Pair]) -> Finding | None:
    """Tell of a network in which nothing bends, but for max pooling, before its last affine layer."""
    affine = [op for op in one.ops if is_affine(one, op) and op.number in one.graph.live]
    before = _before(one, affine)
    bending = [op for op in one.ops if op.number in before and bends(one, op)]
    if any(short(op.name) not in MAX_POOLS for op in bending):
        return None
    if any(_is_repeated(one, op) for op in affine):
        return None  # a linear recurrence is meant to be one
    full = [pair for pair in pairs if not _narrow(one, pair)]
    if not full:
        return None
    sources = [(pair, source) for pair in full if (source := one.place(pair.first)) is not None]
    pair, source = sources[0] if sources else (full[0], None)  # a library's network that nowhere bends
    evidence = _evidence(one, pair) | {"layers": len(affine), "network": one.network.name}
    return Finding(
        "no-nonlinearity", "warning" if bending else "error", source, one.module_of(pair.first), evidence,
        "pooled" if bending else "whole",
    )  # fmt: skip


def _before(one: Pass, affine: list[Op]) -> set[int]:
    """Collect the operations that lie before an affine layer."""
    waiting = [number for op in affine for number in op.inputs]
    found: set[int] = set()
    while waiting:
        maker = one.maker(waiting.pop())
        if maker is not None and maker.number not in found:
            found.add(maker.number)
            waiting += maker.inputs
    return found


def _of_pair(one: Pass, pair: Pair, sure: list[Pair]) -> Finding:
    source = one.place(pair.first)
    suspicious = pair in sure and source is not None and one.place(pair.second) is not None
    chain = 2
    last = pair
    while suspicious:
        following = next((p for p in sure if p.first is last.second), None)
        if following is None:
            break
        last, chain = following, chain + 1
    evidence = _evidence(one, pair) | {"layers": chain, "network": one.network.name}
    return Finding(
        "no-nonlinearity",
        "warning" if suspicious else "note",
        source,
        one.module_of(pair.first),
        evidence,
        "chain" if chain > 2 else "pair",  # noqa: PLR2004
    )


def _suspicious(one: Pass, pair: Pair) -> bool:
    """Tell whether a pair is more than two layers that are meant to be a factorised one."""
    first, second = short(pair.first.name), short(pair.second.name)
    if pair.has(MAX_POOLS) or _narrow(one, pair) or not {first, second} <= AFFINE:
        return False
    if any(_is_repeated(one, op) or _groups(one, op) > 1 for op in (pair.first, pair.second)):
        return False
    if second in CONVOLUTIONS and first not in CONVOLUTIONS:
        return False  # a linear layer whose result becomes a map: how decoders begin
    if first in CONVOLUTIONS and second not in CONVOLUTIONS and pair.has(MEANS | AVERAGE_POOLS):
        return False
    # a linear bottleneck and the next block's expansion; 1×7 and 7×1
    return not any(all(kind(one, op) for op in (pair.first, pair.second)) for kind in (_is_pointwise, _thin))


def _narrow(one: Pass, pair: Pair) -> bool:
    """Tell whether the value between is smaller than what goes in and what comes out: a factorised layer."""
    given = _size(one, one.data(pair.first)[0])
    made = _size(one, pair.second.outputs[0])
    middle = min(_size(one, op.outputs[0]) for op in (pair.first, *pair.between))
    if middle >= min(given, made):
        return False
    if short(pair.first.name) in CONVOLUTIONS and short(pair.second.name) in CONVOLUTIONS:
        # strides make maps smaller; what counts is then how many channels there are
        return _channels(one, pair.first) < min(
            _channels_in(one, pair.first), one.trace.values[pair.second.outputs[0]].shape[1]
        ) or middle < min(given, made) / 4  # fmt: skip
    return True


def _size(one: Pass, number: int) -> int:
    """Count the numbers of one sample."""
    shape = one.trace.values[number].shape
    return math.prod(shape[1:] if len(shape) > 2 else shape[-1:])  # noqa: PLR2004 — a linear layer may have no batch


def _channels(one: Pass, op: Op) -> int:
    return one.trace.values[op.outputs[0]].shape[1]


def _channels_in(one: Pass, op: Op) -> int:
    return one.trace.values[one.data(op)[0]].shape[1]


def _groups(one: Pass, op: Op) -> int:
    if short(op.name) not in CONVOLUTIONS:
        return 1
    place = 6
    return int(Call(one.trace, op).argument(place, "groups", 1))


def _thin(one: Pass, op: Op) -> bool:
    """Tell whether a kernel is one pixel wide along an axis and longer along another, as 1×7."""
    kernel = Call(one.trace, op).shape(1, "weight")[2:]
    return len(kernel) > 1 and min(kernel) == 1 < max(kernel)


def _is_repeated(one: Pass, op: Op) -> bool:
    """Tell whether another operation of this pass has the same weights."""
    weight = Call(one.trace, op).value(1, "weight")
    readers = one.graph.readers.get(weight, []) if weight is not None else []
    return sum(one.call.first_op <= other.number < one.call.end_op for other in readers) > 1


def _is_separable(one: Pass, pair: Pair) -> bool:
    """Tell whether each channel is convolved by itself, and then channels are mixed: meant as one layer.

    Source: Chollet, Xception, 2017: an activation between the two made it worse.
    """
    for op, other in ((pair.first, pair.second), (pair.second, pair.first)):
        if 1 < _groups(one, op) == _channels_in(one, op) and _is_pointwise(one, other):
            return True
    return False


def _is_pointwise(one: Pass, op: Op) -> bool:
    kernel = Call(one.trace, op).shape(1, "weight")[2:]
    return short(op.name) in CONVOLUTIONS and max(kernel, default=0) == 1


def _evidence(one: Pass, pair: Pair) -> dict[str, object]:
    place: Source | None = one.place(pair.second)
    weights = [Call(one.trace, op).shape(1, "weight") for op in (pair.first, pair.second)]
    return {
        "first": _name(one, pair.first),
        "second": _name(one, pair.second),
        "line": place.line if place else 0,
        "between": ", ".join(short(op.name) for op in pair.between),
        "shape": shape_text(one.trace.values[pair.first.outputs[0]].shape),
        "weights": f"{shape_text(weights[0])}, {shape_text(weights[1])}",
    }


def _name(one: Pass, op: Op) -> str:
    return one.module_of(op) or short(op.name)
