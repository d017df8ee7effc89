"""Lines of an explanation: a name and what stands beside it, within a hundred columns."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from glassnet.terminal.console import INDENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glassnet.terminal.console import Terminal

COLUMNS = 100  # all fits in them


def show_line(name: str, value: str, terminal: Terminal) -> None:
    """Show one line; Chinese names of fields count two columns a character.

    Args:
        name: Of the field; empty where the line goes on with the one above.
        value: Beside it.
        terminal: Where to.
    """
    gap = " " * max(INDENT - cell_len(name), 1)
    terminal.text.print(Text(name + gap, style="bold"), Text(value), sep="")


def show_parts(name: str, parts: Sequence[str], terminal: Terminal) -> None:
    """Show parts with commas between, in as many lines as they need.

    Args:
        name: Of the field.
        parts: None: nothing is shown.
        terminal: Where to.
    """
    line = ""
    for part in parts:
        longer = f"{line}, {part}" if line else part
        if line and INDENT + cell_len(longer) > COLUMNS:
            show_line(name, f"{line},", terminal)
            name, line = "", part
        else:
            line = longer
    if line:
        show_line(name, line, terminal)


def show_folded(name: str, text: str, terminal: Terminal) -> None:
    """Show a long line in as many as it needs, cut at spaces.

    Args:
        name: Of the field.
        text: A formula with its numbers.
        terminal: Where to.
    """
    for line in textwrap.wrap(text, COLUMNS - INDENT, break_long_words=False, break_on_hyphens=False):
        show_line(name, line, terminal)
        name = ""


def show_result(
    value: float | None,
    torch_value: float | None,
    difference: float | None,
    words: Mapping[str, str],
    terminal: Terminal,
) -> None:
    """Show a number beside PyTorch's.

    Args:
        value: Ours; None: no arithmetic.
        torch_value: PyTorch's; None: it computes none.
        difference: Ours minus PyTorch's.
        words: Of the part `explain`.
        terminal: Where to.
    """
    show_line(words["value"], "-" if value is None else f"{value:.10g}", terminal)
    show_line(words["torch_value"], words["none"] if torch_value is None else f"{torch_value:.9g}", terminal)
    if difference is not None:
        show_line(words["difference"], difference_text(difference), terminal)


def difference_text(difference: float) -> str:
    """Write a difference with two digits.

    Args:
        difference: Any.

    Returns:
        Its text.

    Example:
        >>> difference_text(0.0), difference_text(-1.2345e-8)
        ('0', '-1.2e-08')
    """
    return "0" if difference == 0 else f"{difference:.2g}"
