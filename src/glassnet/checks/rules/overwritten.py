"""Row 21: a value is overwritten in place before its gradient needs it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.trace.source_line import is_own
from glassnet.trace.trace import shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Seen
    from glassnet.trace.trace import Op, Trace

MODIFIED = "modified by an inplace operation"
LEAF = (
    "a leaf Variable that requires grad",
    "a view of a leaf Variable that requires grad",
    "is a view and is being modified inplace",
    "is a view of a leaf",
)
SHAPE = re.compile(r"\[[\w.]*Tensor \[([\d, ]*)\]\]")
MAKER = re.compile(r"output \d+ of (\w+)")
VERSIONS = re.compile(r"is at version (\d+); expected version (\d+)")
# writing these values through .data while they are in use changes gradients without a word
QUIET = {"data"}


def overwritten_in_place(seen: Seen) -> Iterator[Finding]:
    """Find the operation that wrote over a value that the backward pass needs.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    if seen.crash is not None:
        if MODIFIED in seen.crash.message:
            yield from _modified(seen)
            return
        if any(text in seen.crash.message for text in LEAF):
            yield Finding(
                "overwritten-in-place",
                "error",
                source=seen.crash.source,
                form="leaf",
                evidence={"what": seen.crash.what or "the operation"},
            )
            return
    yield from _through_data(seen)


def _modified(seen: Seen) -> Iterator[Finding]:
    crash = seen.crash
    if crash is None:
        return
    shape = SHAPE.search(crash.message)
    wanted = tuple(int(side) for side in shape[1].split(",") if side.strip()) if shape else None
    maker = MAKER.search(crash.message)
    node = maker[1] if maker else ""
    for look in reversed(seen.looks):
        trace = look.trace
        writers = [op for op in trace.ops if op.in_place and _writes(trace, op, wanted)]
        exact = [op for op in writers if node and _maker_node(trace, op) == node]
        found = (exact or writers)[-1:]
        if found and is_own(getattr(own_line(found[0], trace), "file", "site-packages")):
            op = found[0]
            yield Finding(
                "overwritten-in-place",
                "error",
                source=own_line(op, trace),
                module=_module(trace, op),
                form="needed",
                evidence={"op": op.name, "shape": shape_text(wanted or ()), "node": _function_of(node)},
                explains=("step-order",),
            )
            return
        break
    step = next((e for e in reversed(seen.events) if e.kind == "step"), None)
    if (
        step is not None
        and wanted
        and any(
            tuple(p.shape) in (wanted, wanted[::-1]) for n in seen.networks for p in n.module.parameters()
        )
    ):
        yield Finding(
            "overwritten-in-place",
            "error",
            source=step.source,
            form="step",
            evidence={"shape": shape_text(wanted)},
        )
        return
    yield Finding(
        "overwritten-in-place",
        "error",
        source=crash.source,
        form="unknown",
        evidence={"shape": shape_text(wanted or ()), "node": _function_of(node)},
    )


def _writes(trace: Trace, op: Op, wanted: tuple[int, ...] | None) -> bool:
    """Tell whether an in-place operation wrote into memory that also holds a value of this shape."""
    if wanted is None:
        return True
    shapes = {trace.values[number].shape for number in (*op.inputs, *op.outputs)}
    return wanted in shapes


def _maker_node(trace: Trace, op: Op) -> str | None:
    """Give the backward node of what made the value that an operation wrote into."""
    for number in op.inputs[:1]:
        made_by = trace.values[number].made_by
        return trace.ops[made_by].backward if made_by is not None else None
    return None


def _function_of(node: str) -> str:
    return re.sub(r"Backward\d*$", "", node) or "an operation"


def _through_data(seen: Seen) -> Iterator[Finding]:
    """Find activations that are written into through `.data`: autograd does not see it."""
    for look in seen.looks[:5]:
        trace = look.trace
        if look.trace.loss is None:
            continue
        for op in trace.ops:
            if not op.in_place or not op.inputs or op.stage == "loss":
                continue
            maker = trace.values[op.inputs[0]].made_by
            if maker is None or trace.ops[maker].name not in QUIET or not trace.ops[maker].inputs:
                continue
            origin = trace.values[trace.ops[maker].inputs[0]]
            line = own_line(op, trace)
            if origin.kind == "result" and origin.requires_grad and line is not None and is_own(line.file):
                yield Finding(
                    "overwritten-in-place",
                    "warning",
                    source=line,
                    module=_module(trace, op),
                    form="data",
                    evidence={"op": op.name, "value": origin.name},
                )
                return


def _module(trace: Trace, op: Op) -> str:
    return trace.calls[op.call].path if op.call is not None else ""
