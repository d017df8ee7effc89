"""A trace to the rows of its table: modules with the operations inside them, in the order they ran."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glassnet.trace.trace import ModuleCall, Op

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glassnet.trace.trace import Trace

Part = ModuleCall | Op


@dataclass(frozen=True, slots=True)
class Row:
    """A call of a module, an operation, or both where a call is one operation.

    `parent` is the place of the row around it. The operations of a row are `first_op` up to `end_op`.
    """

    name: str
    depth: int
    parent: int | None
    call: ModuleCall | None
    op: Op | None
    first_op: int
    end_op: int


def rows_of(trace: Trace) -> list[Row]:
    """Nest a trace by its modules.

    Args:
        trace: Of one pass.

    Returns:
        Rows, each before those inside it; the network's own row is left out unless it is one operation.
    """
    inside = _inside(trace)
    rows: list[Row] = []
    for part in inside[None]:
        network = isinstance(part, ModuleCall) and part.path == "" and not _alone(part, inside)
        for each in inside[part.number] if network else [part]:
            _add(rows, each, trace, inside, 0, None)
    return rows


def _inside(trace: Trace) -> Mapping[int | None, Sequence[Part]]:
    """Give for each call what is directly inside it, in order; None stands for outside of all calls."""
    inside: dict[int | None, list[tuple[tuple[int, int], Part]]] = {None: []}
    inside |= {call.number: [] for call in trace.calls}
    for call in trace.calls:
        inside[call.parent].append(((call.first_op, 0), call))
    for op in trace.ops:
        call = trace.calls[op.call] if op.call is not None else None
        during = call is not None and call.first_op <= op.number < call.end_op  # a plain loss comes after all
        inside[op.call if during else None].append(((op.number, 1), op))
    return {key: [part for _, part in sorted(parts, key=_place)] for key, parts in inside.items()}


def _place(pair: tuple[tuple[int, int], Part]) -> tuple[tuple[int, int], int]:
    return pair[0], pair[1].number


def _alone(call: ModuleCall, inside: Mapping[int | None, Sequence[Part]]) -> bool:
    """Tell whether a call is one operation and nothing else."""
    return len(inside[call.number]) == 1 and isinstance(inside[call.number][0], Op)


def _add(
    rows: list[Row],
    part: Part,
    trace: Trace,
    inside: Mapping[int | None, Sequence[Part]],
    depth: int,
    parent: int | None,
) -> None:
    if isinstance(part, Op):
        rows.append(Row(part.name, depth, parent, None, part, part.number, part.number + 1))
        return
    around = trace.calls[part.parent].path if part.parent is not None else ""
    name = part.path.removeprefix(f"{around}.") if around else part.path
    op = trace.ops[part.first_op] if _alone(part, inside) else None
    place = len(rows)
    rows.append(Row(name or trace.network, depth, parent, part, op, part.first_op, part.end_op))
    if op is None:
        for other in inside[part.number]:
            _add(rows, other, trace, inside, depth + 1, place)
