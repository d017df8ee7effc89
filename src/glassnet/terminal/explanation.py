"""One number worked by hand, as text: formula, window, kernel, products, sum, and PyTorch's value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from glassnet.arithmetic.address import name_of
from glassnet.arithmetic.explain import largest
from glassnet.arithmetic.numbers import factor, short
from glassnet.arithmetic.operands import operands_of
from glassnet.terminal.console import INDENT, from_here, show_table
from glassnet.terminal.lines import (
    COLUMNS,
    difference_text,
    show_folded,
    show_line,
    show_parts,
    show_result,
)
from glassnet.terminal.number_tables import beside, windows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from glassnet.arithmetic.expansion import Expansion, Term
    from glassnet.arithmetic.explain import Explained
    from glassnet.terminal.console import Terminal
    from glassnet.terminal.number_tables import Window
    from glassnet.trace.trace import Trace

MOST_WINDOWS = 3  # channels of a window that are drawn
QUIET_FACTS = ("padded", "winner")  # told otherwise


def show_what(
    words: Mapping[str, str],
    terminal: Terminal,
    *,
    network: str,
    picture: str,
    label: str | None,
    loss: str | None,
    notes: Sequence[str],
) -> None:
    """Say what is explained: the network, the picture, the loss.

    Args:
        words: Of the part `explain`.
        terminal: Where to.
        network: In a few words.
        picture: In a few words.
        label: Name of its class, where known.
        loss: Its name, where there is one.
        notes: A sentence each.
    """
    show_line(words["network"], network, terminal)
    show_line(words["picture"], f"{picture}, {label}" if label else picture, terminal)
    if loss is not None:
        show_line(words["loss"], loss, terminal)
    for place, note in enumerate(notes):
        show_line("" if place else words["note"], note, terminal)
    terminal.text.print()


def show_number(
    found: Explained, trace: Trace, listed: int, words: Mapping[str, str], terminal: Terminal
) -> None:
    """Show one number, worked out.

    Args:
        found: The number.
        trace: That it stands in.
        listed: How many terms of a longer sum are shown.
        words: Of the part `explain`.
        terminal: Where to.
    """
    terminal.text.print(Text(found.name, style="bold"))
    if found.op is not None:
        source = found.op.source
        line = f", {from_here(source.file)}:{source.line}" if source and found.op.stage == "forward" else ""
        show_line(words["operation"], f"{found.op.function}{line}", terminal)
    if found.expansion is None:
        _show_unworked(found, trace, words, terminal)
        return
    expansion = found.expansion
    show_line(words["formula"], expansion.formula, terminal)
    show_parts(words["reads"], _with_shapes(found.operands.items(), trace), terminal)
    if found.branches:
        terminal.text.print()
        _show_tree(found, 0, words, terminal)
        terminal.text.print()
    else:
        _show_terms(found, expansion, trace, listed, words, terminal)
    facts = [
        f"{name} = {short(fact) if isinstance(fact, int | float) else fact}"
        for name, fact in expansion.facts.items()
        if name not in QUIET_FACTS
    ]
    show_parts(words["with"], facts, terminal)
    if expansion.facts.get("padded"):
        key = f"padded_{expansion.kind}"
        outside = words[key if key in words else "padded"].format(count=expansion.facts["padded"])
        show_line("", outside, terminal)
    show_result(found.value, found.torch_value, found.difference, words, terminal)


def _show_unworked(found: Explained, trace: Trace, words: Mapping[str, str], terminal: Terminal) -> None:
    """Show a number that was there before, or one whose operation has no rule."""
    if found.unexpanded is None:
        show_line("", words[f"kind_{found.kind}"], terminal)
        show_line(words["torch_value"], f"{found.torch_value:.9g}", terminal)
        return
    why = f" ({found.unexpanded})" if found.unexpanded else ""
    show_line("", words["no_rule"].format(operation=found.op.name if found.op else "-") + why, terminal)
    show_parts(words["reads"], _with_shapes(found.operands.items(), trace), terminal)
    show_line(words["torch_value"], f"{found.torch_value:.9g}", terminal)


def _show_terms(
    found: Explained,
    expansion: Expansion,
    trace: Trace,
    listed: int,
    words: Mapping[str, str],
    terminal: Terminal,
) -> None:
    weight = operands_of(found.op).get("weight") if found.op else None
    kernel = None if weight is None else trace.kept[weight]
    windows = windows_of(expansion.terms, found.operands, kernel)
    if windows:
        inside = {id(term) for window in windows for term in window.terms}
        _show_windows(windows, words, terminal)
        others = [term for term in expansion.terms if id(term) not in inside]
        if len(windows[0].tables) > 1:
            count = len(expansion.terms) - len(others)
            total = f"{math.fsum(window.value for window in windows):.9g}"
            show_line(words["sum"], words["of_products"].format(sum=total, count=f"{count:,}"), terminal)
        for term in others:
            show_line(_operand(term), _term_text(found, term), terminal)
    else:
        _list_terms(found, expansion, listed, words, terminal)
    if not windows or len(windows[0].tables) == 1:
        show_folded(words["worked"], expansion.worked, terminal)


def _show_windows(windows: Sequence[Window], words: Mapping[str, str], terminal: Terminal) -> None:
    """Draw the channels that add most, in their order, and tell of the rest."""
    drawn = sorted(range(len(windows)), key=lambda place: -abs(windows[place].value))[:MOST_WINDOWS]
    for place in sorted(drawn):
        window = windows[place]
        blocks = [table.lines() for table in window.tables]
        signs = [""]
        if len(blocks) > 1:
            blocks[-1][0] = words["products"].format(sum=short(window.value))
            signs = ["", "·", "="]
        for line in beside(blocks, signs, COLUMNS - INDENT):
            terminal.text.print(Text(" " * INDENT + line))
        terminal.text.print()
    if len(windows) > MOST_WINDOWS:
        rest = [window for place, window in enumerate(windows) if place not in drawn]
        total = short(math.fsum(window.value for window in rest))
        show_line("", words["more_channels"].format(count=f"{len(rest):,}", sum=total), terminal)


def _list_terms(
    found: Explained, expansion: Expansion, listed: int, words: Mapping[str, str], terminal: Terminal
) -> None:
    """List the terms: all in their order where they are few, else the largest and what the rest adds."""
    terms = list(expansion.terms)
    if not all(_is_product(term) for term in terms):
        _list_numbers(found, terms, listed, words, terminal)
        return
    few = len(terms) <= listed + 2
    shown = terms if few else largest(expansion, listed)
    rows = []
    for term in shown:
        part = "" if _is_number(term) else f"= {short(term.value)}"
        numbers = _product(term) if part else f"= {_product(term)}"
        rows.append((_addresses(found, term), numbers, part))
    if not few:
        picked = {id(term) for term in shown}
        rest = math.fsum(term.value for term in terms if id(term) not in picked)
        more = words["more_terms"].format(count=f"{len(terms) - len(shown):,}")
        rows.append((more, "", f"= {short(rest)}" if _adds_up(expansion) else ""))
    how_many = words["largest_of"].format(count=f"{len(terms):,}") if not few else f"{len(terms)}"
    show_line(words["terms"], how_many, terminal)
    show_table(rows, ("", "dim", ""), terminal)


def _list_numbers(
    found: Explained, terms: Sequence[Term], listed: int, words: Mapping[str, str], terminal: Terminal
) -> None:
    """List the numbers of a formula that is no sum of products, each once."""
    numbers = list(dict.fromkeys(number for term in terms for number in term.numbers))
    rows = [(found.address(n) or n.operand, f"= {short(n.value)}") for n in numbers[: listed + 2]]
    if len(numbers) > listed + 2:
        rows[listed:] = [(words["more_terms"].format(count=f"{len(numbers) - listed:,}"), "")]
    show_line(words["numbers"], f"{len(numbers):,}", terminal)
    show_table(rows, ("", ""), terminal)


def _addresses(found: Explained, term: Term) -> str:
    return " · ".join(found.address(number) or number.operand for number in term.numbers)


def _product(term: Term) -> str:
    first, *others = [number.value for number in term.numbers] or [term.value]
    return "·".join([short(first), *map(factor, others)])


def _is_number(term: Term) -> bool:
    """Tell whether a term is one number as it is."""
    return [number.value for number in term.numbers] == [term.value]


def _is_product(term: Term) -> bool:
    """Tell whether a term is the product of its numbers, or one number with what became of it."""
    if len(term.numbers) == 1:
        return True
    product = math.prod(number.value for number in term.numbers)
    return bool(term.numbers) and math.isclose(product, term.value, rel_tol=1e-9)


def _show_tree(found: Explained, level: int, words: Mapping[str, str], terminal: Terminal) -> None:
    """Show a number and, indented below it, the terms that are followed and what they are made of."""
    indent = "  " * level
    expansion = found.expansion
    formula = (
        expansion.formula if expansion else words["no_rule"].format(operation=found.op and found.op.name)
    )
    off = found.difference
    checked = f"   ({words['off_by'].format(difference=difference_text(off))})" if off else ""
    line = f"{indent}{found.name} = {short(found.torch_value)}   {formula}{checked}"
    terminal.text.print(Text(_cut(line), style="bold" if level == 0 else ""))
    if expansion is None:
        return
    if not found.branches:
        _tree_line(f"{indent}  = {expansion.worked}", terminal)
        return
    for branch in found.branches:
        _tree_line(f"{indent}  {_branch_text(found, expansion, branch.term)}", terminal)
        for child in branch.children:
            _show_tree(child, level + 2, words, terminal)
    if found.rest[0] and expansion.kind != "maximum":
        more = words["more_terms"].format(count=f"{found.rest[0]:,}")
        added = f" = {short(found.rest[1])}" if _adds_up(expansion) else ""
        _tree_line(f"{indent}  + {more}{added}", terminal)


def _branch_text(found: Explained, expansion: Expansion, term: Term) -> str:
    if len(expansion.terms) > 1 and _adds_up(expansion) and _is_product(term):
        return f"+ {_term_text(found, term)}"
    if expansion.kind == "copy" and expansion.formula == _operand(term):
        return f"= {_term_text(found, term)}"  # where it comes from, by its whole name
    return f"= {expansion.worked}"


def _tree_line(line: str, terminal: Terminal) -> None:
    terminal.text.print(Text(_cut(line), style="dim"))


def _cut(line: str) -> str:
    return line if cell_len(line) <= COLUMNS else f"{line[: COLUMNS - 2]} …"


def _term_text(found: Explained, term: Term) -> str:
    value = "" if _is_number(term) else f" = {short(term.value)}"
    return f"{_addresses(found, term)} = {_product(term)}{value}"


def _operand(term: Term) -> str:
    return "".join(number.operand for number in term.numbers[:1])


def _adds_up(expansion: Expansion) -> bool:
    total = math.fsum(term.value for term in expansion.terms)
    return bool(expansion.terms) and math.isclose(total, expansion.value, rel_tol=1e-9, abs_tol=1e-12)


def _shapes(trace: Trace) -> dict[str, tuple[int, ...]]:
    return {name_of(trace, value.number): value.shape for value in trace.values}


def _with_shapes(names: Iterable[tuple[str, str]], trace: Trace) -> list[str]:
    """Write `input = images (1×1×28×28)`; an operand without a name of its own is left out."""
    shapes, told = _shapes(trace), []
    for operand, name in names:
        sides = "×".join(map(str, shapes.get(name, ())))
        written = f"{name} ({sides})" if sides else name
        told.append(written if operand.startswith("#") else f"{operand} = {written}")
    return told
