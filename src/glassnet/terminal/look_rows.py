"""The table of a look: which rows and columns are shown, and what stands in each cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from glassnet.inspection.fold import MOST_LINES, fold
from glassnet.terminal.console import show_table
from glassnet.terminal.quantities import bytes_text, seconds_text, shape_text, shapes_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glassnet.inspection.fields import Fields
    from glassnet.inspection.fold import Line
    from glassnet.inspection.sizes import Size
    from glassnet.inspection.table import Row, Table
    from glassnet.terminal.console import Terminal
    from glassnet.trace.trace import Source

HEAD, TAIL = MOST_LINES - 12, 10  # rows of a table that is too long even when folded
# the order of the columns; those with a number are left out on a narrow terminal, the largest first
COLUMNS = {
    "name": ("", 0), "type": ("", 0), "shape": ("", 0), "parameters": ("right", 0), "macs": ("right", 0),
    "memory": ("right", 2), "time": ("right", 3), "sees": ("", 1), "line": ("dim", 4), "size": ("dim", 5),
}  # fmt: skip
SHORT = (("torch.nn.functional.", "F."), ("torch.Tensor.", "Tensor."))


def show_rows(table: Table, words: Mapping[str, str], terminal: Terminal, *, depth: int | None) -> None:
    """Show a table nested by module, in the order of execution, and say what is not shown.

    Args:
        table: The rows.
        words: Templates of `look`.
        terminal: Where to.
        depth: Rows nested deeper are folded; None for as many as fit about 60 lines.
    """
    lines, shown_depth = fold(table, depth=depth)
    cut = 0
    if depth is None and len(lines) > MOST_LINES:
        cut = len(lines) - HEAD - TAIL
    cells = [_cells(line, words) for line in lines]
    names = [name for name in COLUMNS if any(row[name] for row in cells)]
    names, left_out = _fitting(names, cells, words, terminal)
    header = [words[f"column_{name}"] for name in names]
    rows = [header, *([row[name] for name in names] for row in cells)]
    styles = [COLUMNS[name][0] for name in names]
    if cut:
        rows = [*rows[: HEAD + 1], ["…", *[""] * (len(names) - 1)], *rows[-TAIL:]]
    show_table(rows, styles, terminal, indent=0)
    terminal.text.print()
    if any(row["sees"] for row in cells):
        _note(words["legend_sees"], terminal)
    if any(line.row.repeat or line.level > 1 for line in lines):
        _note(words["legend_calls"], terminal)
    if any(line.times > 1 for line in lines):
        _note(words["legend_blocks"], terminal)
    if cut:
        _note(words["cut"].format(count=f"{cut:,}", depth=shown_depth), terminal)
    hidden = sum(line.folded for line in lines)
    if hidden:
        _note(words["folded"].format(count=f"{hidden:,}", depth=shown_depth + 1), terminal)
    if any(name != "size" for name in left_out):  # the sizes stand below
        told = ", ".join(words[f"column_{name}"] for name in left_out if name != "size")
        _note(words["columns_left_out"].format(names=told), terminal)
    if "size" in left_out:
        _show_sizes(lines, cells, words, terminal)


def _show_sizes(
    lines: Sequence[Line], cells: Sequence[Mapping[str, str]], words: Mapping[str, str], terminal: Terminal
) -> None:
    """Show the size formulas that found no column, under the table: those that change a shape."""
    changing = [
        [f"{line.row.path}:{line.row.repeat + 1}" if line.row.repeat else line.row.path, row["size"]]
        for line, row in zip(lines, cells, strict=True)
        if line.row.size is not None and line.row.size.kind != "keeps"
    ]
    if changing:
        terminal.text.print()
        rows = [["", words["column_size"]], *changing[:MOST_LINES]]
        show_table(rows, ["", ""], terminal, indent=0)


def _note(text: str, terminal: Terminal) -> None:
    terminal.text.print(Text(text, style="dim"))


def _fitting(
    names: list[str], cells: Sequence[Mapping[str, str]], words: Mapping[str, str], terminal: Terminal
) -> tuple[list[str], list[str]]:
    """Leave out columns until the table fits a terminal; a file or pipe gets all of them."""
    left_out: list[str] = []
    if not terminal.text.is_terminal:
        return names, left_out
    widths = {
        name: 2 + max(cell_len(words[f"column_{name}"]), *(cell_len(row[name]) for row in cells))
        for name in names
    }
    while sum(widths[name] for name in names) > terminal.text.width + 2:
        optional = [name for name in names if COLUMNS[name][1]]
        if not optional:
            break
        least = max(optional, key=lambda name: COLUMNS[name][1])
        names = [name for name in names if name != least]
        left_out.append(least)
    return names, left_out


def _cells(line: Line, words: Mapping[str, str]) -> dict[str, str]:
    row, last = line.row, line.rows[-1]
    return {
        "name": "  " * (line.level - 1) + _name(line, words),
        "type": _type(line, words),
        "shape": change_text(row.inputs, last.outputs),
        "parameters": _count(sum(block.parameters for block in line.rows)),
        "macs": _count(sum(block.macs for block in line.rows)),
        "memory": _bytes(sum(block.bytes for block in line.rows)),
        "time": seconds_text(sum(block.seconds for block in line.rows)),
        "sees": sees_text(last.fields, words),
        "line": line_text(row.source),
        "size": size_text(row.size, words),
    }


def _type(line: Line, words: Mapping[str, str]) -> str:
    own = short_type(line.row)
    return words["blocks"].format(times=line.times, type=own) if line.times > 1 else own


def _name(line: Line, words: Mapping[str, str]) -> str:
    row = line.row
    own = row.path.rpartition(".")[2] if row.kind == "operation" else row.name  # as in an address
    name = f"{own} … {line.rows[-1].name}" if line.times > 1 else own
    if row.repeat:
        name = f"{name}:{row.repeat + 1}"
    if not row.registered:
        name = words["not_registered"].format(name=name)
    return words["in_loss"].format(name=name) if row.stage == "loss" else name


def short_type(row: Row) -> str:
    """Write a module's class or an operation's function.

    Args:
        row: Of a table.

    Returns:
        Such as `Conv2d`, `F.relu`, `torch.flatten`.
    """
    for whole, short in SHORT:
        if row.kind == "operation" and row.type.startswith(whole):
            return short + row.type.removeprefix(whole)
    return row.type


def change_text(inputs: Sequence[tuple[int, ...]], outputs: Sequence[tuple[int, ...]]) -> str:
    """Write what goes in and comes out; once where it is the same.

    Args:
        inputs: Shapes.
        outputs: Shapes.

    Returns:
        Such as `1×3×32×32 → 1×6×28×28`.

    Example:
        >>> change_text([(1, 3, 32, 32)], [(1, 6, 28, 28)]), change_text([(1, 6)], [(1, 6)])
        ('1×3×32×32 → 1×6×28×28', '1×6')
    """
    if set(inputs) == set(outputs) and len(outputs) == 1:
        return shape_text(outputs[0])
    if not inputs:
        return f"→ {shapes_text(outputs)}"
    return f"{shapes_text(inputs)} → {shapes_text(outputs)}"


def sees_text(fields: Fields | None, words: Mapping[str, str]) -> str:
    """Write a receptive field.

    Args:
        fields: For each axis of the picture; None where there is none.
        words: Templates of `look`.

    Returns:
        Such as `14×14 /2`; `?` where it is not known.

    Example:
        >>> from glassnet.inspection.fields import Field
        >>> one = Field(14, 2.0, 6.5, whole=False, places=(2,))
        >>> sees_text((one, one), {"all": "all"}), sees_text((None, None), {"all": "all"})
        ('14×14 /2', '?')
    """
    if fields is None:
        return ""
    if all(field is not None and field.whole for field in fields):
        return words["all"]
    sizes = "×".join(
        "?" if field is None else words["all"] if field.whole else str(field.size) for field in fields
    )
    if all(field is None for field in fields):
        return "?"
    jumps = {field.jump for field in fields if field is not None and not field.whole}
    jump = jumps.pop() if len(jumps) == 1 else None
    return sizes if jump in (None, 1.0) else f"{sizes} /{jump:g}"


def size_text(size: Size | None, words: Mapping[str, str]) -> str:
    """Write how a shape comes about.

    Args:
        size: Of an operation, or None.
        words: Templates of `look`.

    Returns:
        The formula with its numbers, the axes before it where there are several; or a few words.

    Example:
        >>> from glassnet.inspection.sizes import Size
        >>> size_text(Size("window", "", ("⌊…⌋ + 1 = 28",), ("H, W",)), {"size_window": "{worked}"})
        'H, W: ⌊…⌋ + 1 = 28'
    """
    if size is None:
        return ""
    named = (
        [f"{axes}: {line}" for axes, line in zip(size.axes, size.worked, strict=True)]
        if size.axes
        else size.worked
    )
    return words[f"size_{size.kind}"].format(worked="; ".join(named), **size.fields)


def line_text(source: Source | None) -> str:
    """Write a line of code in short.

    Args:
        source: Of an operation or call.

    Returns:
        Such as `lenet.py:61`.

    Example:
        >>> from glassnet.trace.trace import Source
        >>> line_text(Source("/home/me/net.py", 7, "forward"))
        'net.py:7'
    """
    return "" if source is None else f"{Path(source.file).name}:{source.line}"


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _bytes(number: int) -> str:
    return bytes_text(number) if number else ""
