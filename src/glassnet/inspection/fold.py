"""Which rows of a table are shown: modules below a depth are folded, equal blocks are shown once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glassnet.inspection.table import Row, Table

MOST_LINES = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it is shown.

    Attributes:
        row: The row.
        level: How far it is nested.
        folded: How many operations in it are not shown.
        rows: The equal blocks in a row that it stands for; `row` is the first.
    """

    row: Row
    level: int
    folded: int
    rows: tuple[Row, ...]

    @property
    def times(self) -> int:
        """How many blocks it stands for."""
        return len(self.rows)


def fold(table: Table, *, depth: int | None = None, most: int = MOST_LINES) -> tuple[tuple[Line, ...], int]:
    """Choose the rows that are shown.

    Args:
        table: The rows.
        depth: Rows nested deeper are folded into the module around them; None for the deepest at which there
            are at most `most` lines.
        most: Lines, where `depth` is None.

    Returns:
        The lines, and the depth.

    Example:
        >>> import torch
        >>> from glassnet.inspection.table import table_of
        >>> from glassnet.trace.record import record
        >>> from torch.nn import ReLU, Sequential, Tanh
        >>> net = Sequential(*(Sequential(ReLU(), Tanh()) for _ in range(9)))
        >>> lines, depth = fold(table_of(record(net, torch.ones(1, 1))))
        >>> [(line.row.path, line.times) for line in lines], depth
        ([('0', 9), ('0.0', 1), ('0.1', 1)], 2)
    """
    deepest = _depth(table.root)
    if depth is None:
        depth = deepest
        while depth > 1 and len(list(_lines(table.root.children, 1, depth))) > most:
            depth -= 1
    rows = (*table.root.children, *table.loss)
    return tuple(_lines(rows, 1, max(depth, 1))), min(max(depth, 1), deepest)


def _depth(row: Row) -> int:
    return max((1 + _depth(child) for child in row.children), default=0)


def _lines(rows: Sequence[Row], level: int, depth: int) -> Iterator[Line]:
    """Go through rows; where equal blocks follow each other, the first stands for all."""
    place = 0
    while place < len(rows):
        row = rows[place]
        blocks = tuple(rows[place : place + _equal_blocks(rows, place)])
        inside = row.children and level < depth
        hidden = blocks[1:] if inside else blocks
        folded = sum(block.operations for block in hidden if block.children)
        yield Line(row, level, folded, blocks)
        if inside:
            yield from _lines(row.children, level + 1, depth)
        place += len(blocks)


def _equal_blocks(rows: Sequence[Row], first: int) -> int:
    """Count the modules from one on that are equal to it in all but their names and weights."""
    if not rows[first].children:
        return 1
    shape = _shape(rows[first])
    last = first + 1
    while last < len(rows) and _shape(rows[last]) == shape:
        last += 1
    return last - first


def _shape(row: Row) -> tuple:
    children = tuple(_shape(child) for child in row.children)
    own_name = "" if row.kind == "module" else row.name
    return (
        row.kind,
        own_name,
        row.type,
        row.settings,
        row.inputs,
        row.outputs,
        row.parameters,
        row.macs,
        children,
    )
