"""Windows of numbers as small aligned tables: the input under the kernel, the kernel, their products."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import torch

    from glassnet.arithmetic.expansion import Index, Number, Term

PRODUCT = 2  # numbers in a term of a window
MOST_ROWS, MOST_COLUMNS = 11, 11  # a larger window is listed instead
OUTSIDE = "."  # a place in the padding
MOST_DECIMALS = 6
GAP = 3  # columns between two tables


@dataclass(frozen=True)
class Table:
    """Numbers in rows and columns, with a line above; None is a place in the padding."""

    title: str
    cells: tuple[tuple[float | None, ...], ...]

    def lines(self) -> list[str]:
        """Set it as text.

        Returns:
            The title, then the rows, each number flush right.
        """
        decimals = decimals_for([cell for row in self.cells for cell in row if cell is not None])
        texts = [[cell_text(cell, decimals) for cell in row] for row in self.cells]
        widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
        rows = ["  ".join(f"{t:>{w}}" for t, w in zip(row, widths, strict=True)) for row in texts]
        return [self.title, *rows]


@dataclass(frozen=True)
class Window:
    """One channel of a window: tables of what is multiplied, and of the products; what they add."""

    tables: tuple[Table, ...]
    value: float
    terms: tuple[Term, ...]


def decimals_for(numbers: Sequence[float]) -> int | None:
    """Choose one number of decimals for a table: three significant digits of its largest number.

    Args:
        numbers: Of the table.

    Returns:
        0 where all are whole; None where they are too large or too small to be written without exponent.

    Example:
        >>> [decimals_for(numbers) for numbers in ([1.0, 2.0], [0.1234, -0.02], [123.4], [1e-9])]
        [0, 3, 0, None]
    """
    finite = [number for number in numbers if math.isfinite(number)]
    largest = max(map(abs, finite), default=0.0)
    if largest >= 1e6:  # noqa: PLR2004 — above, an exponent is shorter
        return None
    if all(number == int(number) for number in finite):
        return 0
    decimals = 2 - math.floor(math.log10(largest))
    return None if decimals > MOST_DECIMALS else max(decimals, 0 if largest >= 100 else 1)  # noqa: PLR2004


def cell_text(number: float | None, decimals: int | None) -> str:
    """Write a number in a cell; exact zero is 0, so that it differs from what is only small.

    Args:
        number: Any; None for a place in the padding.
        decimals: From `decimals_for`.

    Returns:
        Its text.

    Example:
        >>> cell_text(0.0, 3), cell_text(-0.12345, 3), cell_text(0.0001, 3), cell_text(float("-inf"), 3)
        ('0', '−0.123', '0.000', '−∞')
    """
    if number is None:
        return OUTSIDE
    if math.isnan(number):
        return "nan"
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    if number == 0:
        return "0"
    text = f"{abs(number):.2e}" if decimals is None else f"{abs(number):.{decimals}f}"
    return f"−{text}" if number < 0 else text


def windows_of(terms: Sequence[Term], names: Mapping[str, str], kernel: torch.Tensor | None) -> list[Window]:
    """Arrange the terms of a number as windows, one for each channel.

    Args:
        terms: Of a sum of products `input·weight`, or of single numbers of one tensor.
        names: The rule's parameters -> the names of their values.
        kernel: The weight, where there is one; the whole kernel is shown, also what meets the padding.

    Returns:
        The windows; none where the terms stand in no window that fits.
    """
    products = [t for t in terms if len(t.numbers) == PRODUCT and all(n.index for n in t.numbers)]
    singles = [t for t in terms if len(t.numbers) == 1 and t.numbers[0].operand != "bias"]
    if products and kernel is not None and kernel.dim() >= PRODUCT:
        return _with_kernel(products, names, kernel)
    if singles and len(singles) == len(terms):
        return _without_kernel(singles, names)
    return []


def _with_kernel(terms: list[Term], names: Mapping[str, str], kernel: torch.Tensor) -> list[Window]:
    fixed = kernel.dim() - PRODUCT or 1  # axes that are the same in one table; of a linear layer its output
    rows, columns = (1, *kernel.shape[fixed:])[-PRODUCT:]
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        return []
    groups: dict[Index, list[tuple[Number, Number, Term]]] = {}
    for term in terms:
        read, weight = sorted(term.numbers, key=lambda number: number.operand == "weight")
        if weight.operand != "weight" or weight.index is None or read.operand == "weight":
            return []
        groups.setdefault(weight.index[:fixed], []).append((read, weight, term))
    found = []
    for key, group in groups.items():
        at = {(0, *(w.index or ())[fixed:])[-PRODUCT:]: (r.value, t.value) for r, w, t in group}
        places = [[(r, c) for c in range(columns)] for r in range(rows)]
        seen = tuple(tuple(at[place][0] if place in at else None for place in row) for row in places)
        products = tuple(tuple(at[place][1] if place in at else None for place in row) for row in places)
        weights = tuple(map(tuple, kernel[key].detach().double().reshape(rows, columns).tolist()))
        whole = ",".join([*map(str, key), *(":" for _ in kernel.shape[fixed:])])
        tables = (
            Table(block_name(names.get(group[0][0].operand, "input"), [r for r, _, _ in group]), seen),
            Table(f"{names['weight']}[{whole}]", weights),
            Table("", products),
        )
        found.append(Window(tables, math.fsum(t.value for _, _, t in group), tuple(t for _, _, t in group)))
    return found


def _without_kernel(terms: list[Term], names: Mapping[str, str]) -> list[Window]:
    numbers = [term.numbers[0] for term in terms]
    indexes = [number.index for number in numbers]
    first = numbers[0]
    if any(index is None or len(index) < PRODUCT for index in indexes):
        return []
    whole = [index for index in indexes if index is not None]
    if len({(n.operand, index[:-2]) for n, index in zip(numbers, whole, strict=True)}) != 1:
        return []
    rows, columns = (sorted({index[axis] for index in whole}) for axis in (-2, -1))
    if len(rows) > MOST_ROWS or len(columns) > MOST_COLUMNS or len(rows) * len(columns) != len(whole):
        return []
    by_place = {index[-2:]: number.value for index, number in zip(whole, numbers, strict=True)}
    cells = tuple(tuple(by_place[row, column] for column in columns) for row in rows)
    table = Table(block_name(names.get(first.operand, first.operand), numbers), cells)
    return [Window((table,), math.fsum(term.value for term in terms), tuple(terms))]


def block_name(name: str, numbers: Sequence[Number]) -> str:
    """Name the block of a tensor in which numbers stand, as Python slices it.

    Args:
        name: Of the tensor.
        numbers: With their indexes.

    Returns:
        The name.

    Example:
        >>> from glassnet.arithmetic.expansion import Number
        >>> block_name("images", [Number("input", (0, 0, row, 7), 1.0) for row in (4, 5, 6)])
        'images[0,0,4:7,7]'
    """
    parts = []
    for places in zip(*(number.index or () for number in numbers), strict=True):
        visited = sorted(set(places))
        step = visited[1] - visited[0] if len(visited) > 1 else 1
        if len(visited) == 1:
            parts.append(str(visited[0]))
        else:
            parts.append(f"{visited[0]}:{visited[-1] + 1}" + (f":{step}" if step > 1 else ""))
    return f"{name}[{','.join(parts)}]"


def beside(blocks: Sequence[Sequence[str]], signs: Sequence[str], width: int) -> list[str]:
    """Set blocks of lines beside each other while they fit, with a sign before each, else below.

    Args:
        blocks: Lines each, the first is a title.
        signs: One a block: what stands before it, on the line in its middle.
        width: Columns there are.

    Returns:
        Lines.

    Example:
        >>> beside([["a", "1  2"], ["b", "3  4"]], ["", "·"], 40)
        ['a        b', '1  2  ·  3  4']
    """
    rows: list[list[list[str]]] = [[]]
    used = 0
    for block, sign in zip(blocks, signs, strict=True):
        middle = 1 + (len(block) - 2) // 2
        column = max(map(cell_len, block))
        lead = len(sign) + 2 * (GAP - 1) if rows[-1] else (len(sign) + GAP - 1 if sign else 0)
        if rows[-1] and used + lead + column > width:
            rows.append([])
            used, lead = 0, len(sign) + GAP - 1 if sign else 0
        signed = []
        for place, line in enumerate(block):
            text = sign if place == middle else ""
            before = (" " * (GAP - 1) if rows[-1] else "") + text
            signed.append(before + " " * (lead - cell_len(before)) + line + " " * (column - cell_len(line)))
        rows[-1].append(signed)
        used += lead + column
    lines = []
    for row in rows:
        for place in range(max(map(len, row))):
            cells = [block[place] if place < len(block) else " " * cell_len(block[0]) for block in row]
            lines.append("".join(cells).rstrip())
    return lines
