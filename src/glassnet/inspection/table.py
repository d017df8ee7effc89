"""A trace as rows, nested by module, in the order of execution."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import torch

from glassnet.inspection.receptive import receptive_fields
from glassnet.inspection.sizes import size_of
from glassnet.trace.trace import Op

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from glassnet.inspection.fields import Fields
    from glassnet.inspection.sizes import Size
    from glassnet.trace.trace import ModuleCall, Parameter, Source, Trace

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One call of a module, or one operation outside of a leaf module.

    A module whose call ran exactly one operation and no other module is one row: `operations` is 1 and
    `children` is empty. The figures of a module are those of everything that ran in its call.

    Attributes:
        kind: `module` or `operation`.
        name: The last part of the module's path (`conv1`), or the operation's name (`relu`).
        path: The module's path; for an operation its label.
        type: The module's class; for an operation the function's whole name.
        settings: As the module prints itself.
        call: The module's call; for an operation the one that it ran in.
        op: The operation, where the row is exactly one.
        repeat: How many times this module had been called before.
        inputs: Shapes of the tensors that come in, parameters not among them.
        outputs: Shapes of those that go out.
        size: How the shape comes about, where the row is exactly one operation.
        parameters: Numbers in parameters that were read here for the first time in the pass.
        trainable: Those of them that are trained.
        macs: Multiply-adds.
        bytes: Memory of the results that were made.
        seconds: Of the recorded pass, the operations only.
        fields: Receptive field of the first output for each spatial axis; None where there is none.
        source: The line in a person's code.
        operations: How many operations ran.
        registered: False for a module that was called, but is in no module's list of sub-modules.
        stage: `loss` for what computes the loss from the output.
    """

    kind: Literal["module", "operation"]
    name: str
    path: str
    type: str
    settings: str
    call: int | None
    op: int | None
    repeat: int
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    size: Size | None
    parameters: int
    trainable: int
    macs: int
    bytes: int
    seconds: float
    fields: Fields | None
    source: Source | None
    operations: int
    registered: bool
    stage: Literal["forward", "loss"]
    children: tuple[Row, ...] = ()

    def walk(self) -> Iterator[Row]:
        """Go through this row and all below it, in order.

        Yields:
            Rows.
        """
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a whole pass.

    `parameters` counts every parameter of the network once, also those that no operation read
    (`parameters_unused` of them). `activation_bytes` is the memory of all results that were made, as when
    each is kept for the backward pass; `seconds` is that of the whole recorded pass, with the recording.
    """

    parameters: int
    trainable: int
    parameters_unused: int
    parameter_bytes: int
    macs: int
    activation_bytes: int
    operations: int
    module_calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Table:
    """A trace as rows: the network's own row, with all others nested in it, and what the loss did."""

    root: Row
    loss: tuple[Row, ...]
    totals: Totals
    unused: tuple[str, ...] = field(default=())  # parameters that no operation read


def table_of(trace: Trace) -> Table:
    """Arrange a trace as rows.

    Args:
        trace: Of one pass.

    Returns:
        Rows nested by module, in the order of execution. The parameters, multiply-adds, bytes and operations
        of the rows under a module add up to its own.

    Example:
        >>> import torch
        >>> from glassnet.trace.record import record
        >>> net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU())
        >>> rows = table_of(record(net, torch.ones(1, 1, 4, 4))).root.children
        >>> [(row.name, row.type, row.parameters) for row in rows]
        [('0', 'Conv2d', 20), ('1', 'ReLU', 0)]
    """
    work = _Work(trace, receptive_fields(trace), _first_readers(trace), _children(trace))
    root = _module_row(trace.calls[0], work)
    loss = tuple(_op_row(op, work) for op in trace.ops if op.stage == "loss" and op.call is None)
    return Table(root, loss, _totals(trace), _unused(trace))


@dataclass(frozen=True, slots=True)
class _Work:
    trace: Trace
    fields: Mapping[int, Fields]
    first_readers: Mapping[int, list[Parameter]]  # of each operation: parameters that no earlier one read
    children: Mapping[int, list[ModuleCall | Op]]  # of each call, in order


def _first_readers(trace: Trace) -> dict[int, list[Parameter]]:
    by_name = {p.name: p for module in trace.modules for p in module.parameters}
    seen: set[str] = set()
    found: dict[int, list[Parameter]] = {}
    for op in trace.ops:
        for name in op.parameters:
            parameter = by_name.get(name)
            if parameter is None or (parameter.shared_with or name) in seen:
                continue
            seen.add(parameter.shared_with or name)
            found.setdefault(op.number, []).append(parameter)
    return found


def _children(trace: Trace) -> dict[int, list[ModuleCall | Op]]:
    """List what ran directly in each call: a call that ran nothing stands before the next operation."""
    found: dict[int, list[tuple[tuple[int, float], ModuleCall | Op]]] = {}
    for call in trace.calls:
        if call.parent is not None:
            found.setdefault(call.parent, []).append(((call.first_op, call.number), call))
    for op in trace.ops:
        if op.call is not None:
            found.setdefault(op.call, []).append(((op.number, float("inf")), op))
    return {
        parent: [item for _, item in sorted(items, key=lambda pair: pair[0])]
        for parent, items in found.items()
    }


def _module_row(call: ModuleCall, work: _Work) -> Row:
    trace = work.trace
    inside = work.children.get(call.number, [])
    ops = trace.ops[call.first_op : call.end_op]
    only = ops[0] if len(ops) == 1 and len(inside) == 1 and call.parent is not None else None
    if only is not None and only.call != call.number:
        only = None  # the one operation is that of a module inside
    module = next((module for module in trace.modules if module.path == call.path), None)
    read = [p for op in ops for p in work.first_readers.get(op.number, ())]
    return Row(
        kind="module",
        name=call.path.rpartition(".")[2] or trace.network,
        path=call.path,
        type=call.type,
        settings=module.settings if module else "",
        call=call.number,
        op=only.number if only else None,
        repeat=call.repeat,
        inputs=tuple(trace.values[number].shape for number in call.inputs),
        outputs=tuple(trace.values[number].shape for number in call.outputs),
        size=size_of(only, trace) if only else None,
        parameters=sum(p.size for p in read),
        trainable=sum(p.size for p in read if p.trainable),
        macs=sum(op.macs for op in ops),
        bytes=sum(trace.values[number].bytes for op in ops for number in op.outputs),
        seconds=sum(op.seconds for op in ops),
        fields=work.fields.get(call.outputs[0]) if call.outputs else None,
        source=call.source,
        operations=len(ops),
        registered=call.registered,
        stage="forward",
        children=() if only else tuple(_row(item, work) for item in inside),
    )


def _row(item: ModuleCall | Op, work: _Work) -> Row:
    return _op_row(item, work) if isinstance(item, Op) else _module_row(item, work)


def _op_row(op: Op, work: _Work) -> Row:
    trace = work.trace
    read = work.first_readers.get(op.number, [])
    given = [trace.values[number] for number in op.inputs]
    return Row(
        kind="operation",
        name=op.name,
        path=op.label,
        type=op.function,
        settings="",
        call=op.call,
        op=op.number,
        repeat=0,
        inputs=tuple(value.shape for value in given if value.kind in ("input", "result")),
        outputs=tuple(trace.values[number].shape for number in op.outputs),
        size=size_of(op, trace),
        parameters=sum(p.size for p in read),
        trainable=sum(p.size for p in read if p.trainable),
        macs=op.macs,
        bytes=sum(trace.values[number].bytes for number in op.outputs),
        seconds=op.seconds,
        fields=work.fields.get(op.outputs[0]) if op.outputs else None,
        source=op.source,
        operations=1,
        registered=True,
        stage=op.stage,
    )


def _totals(trace: Trace) -> Totals:
    own = [p for module in trace.modules for p in module.parameters if p.shared_with is None]
    unused = set(_unused(trace))
    return Totals(
        parameters=sum(p.size for p in own),
        trainable=sum(p.size for p in own if p.trainable),
        parameters_unused=sum(p.size for p in own if p.name in unused),
        parameter_bytes=sum(p.size * getattr(torch, p.dtype).itemsize for p in own),
        macs=sum(op.macs for op in trace.ops),
        activation_bytes=sum(trace.values[number].bytes for op in trace.ops for number in op.outputs),
        operations=len(trace.ops),
        module_calls=len(trace.calls),
        seconds=trace.seconds,
    )


def _unused(trace: Trace) -> tuple[str, ...]:
    read = {name for op in trace.ops for name in op.parameters}
    own = [p for module in trace.modules for p in module.parameters]
    shared = {p.shared_with for p in own if p.shared_with is not None and p.name in read}
    return tuple(p.name for p in own if p.shared_with is None and p.name not in read | shared)
