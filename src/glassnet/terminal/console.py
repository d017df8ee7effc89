"""Where texts and progress go, and how a line and a table are set."""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

INDENT = 12  # columns: the name of a field stands in them


@dataclass(frozen=True)
class Terminal:
    """Where texts and progress go: texts are the answer, progress is not."""

    text: Console
    progress: Console


def open_terminal(*, json: bool) -> Terminal:
    """Open the terminal of one command.

    Args:
        json: Whether standard output is kept for one JSON object.

    Returns:
        Texts to standard output, or to standard error with `json`; progress to standard error always.
    """
    progress = Console(stderr=True, highlight=False, soft_wrap=True)
    if json:
        return Terminal(progress, progress)
    return Terminal(Console(highlight=False, soft_wrap=True), progress)


def show_field(name: str, value: str, terminal: Terminal) -> None:
    """Show one line of an answer.

    Args:
        name: In bold; empty where the line goes on with the field above.
        value: Beside it, as it is.
        terminal: Where to.
    """
    gap = " " * max(INDENT - cell_len(name), 1)
    terminal.text.print(Text(f"{name}{gap}", style="bold"), Text(value), sep="")


def show_next(commands: Sequence[str], terminal: Terminal, *, name: str = "next") -> None:
    """End with the next useful commands, ready to paste.

    Args:
        commands: A line each.
        terminal: Where to.
        name: Of the field, in the language of the other texts.
    """
    for index, command in enumerate(commands):
        show_field("" if index else name, command, terminal)


def show_table(
    rows: Sequence[Sequence[str]], styles: Sequence[str], terminal: Terminal, *, indent: int = INDENT
) -> None:
    """Set cells in columns as wide as their widest cell; Chinese characters count as two.

    Args:
        rows: With the same number of cells each.
        styles: One a column: a style of rich, or `right` to set it flush right.
        terminal: Where to.
        indent: Columns left free.
    """
    widths = [max(cell_len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        line = Text(" " * indent)
        for cell, width, style in zip(row, widths, styles, strict=True):
            gap = " " * (width - cell_len(cell))
            if style == "right":
                line.append(f"{gap}{cell}  ")
            else:
                line.append(f"{cell}{gap}  ", style)
        line.rstrip()
        terminal.text.print(line)


def quoted(path: object) -> str:
    """Write a path so that it can be pasted into the system's shell.

    Args:
        path: Any.

    Returns:
        The path, in quotes where it needs them.

    Example:
        >>> quoted("my runs/one")
        "'my runs/one'"
        >>> print(quoted("activation(name='tanh')"))
        "activation(name='tanh')"
    """
    text = str(path)
    if os.name == "nt":
        return subprocess.list2cmdline([text])
    if "'" in text and not set(text) & set('"$`\\!'):
        return f'"{text}"'  # the shell leaves the rest alone, and it can be read
    return shlex.quote(text)


def from_here(file: str) -> str:
    """Write where a file lies: seen from the working folder, where it lies in there.

    Args:
        file: As its code object names it.

    Returns:
        A path that opens it from here.

    Example:
        >>> from_here(str(Path.cwd() / "net.py")), from_here("<string>")
        ('net.py', '<string>')
    """
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file
