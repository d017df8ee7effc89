"""One number worked by hand, as text: formula, window, kernel, products, sum, and PyTorch's value."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from glassnet.arithmetic.address import name_of
from glassnet.arithmetic.explain import largest
from glassnet.arithmetic.numbers import factor, short
from glassnet.arithmetic.operands import operands_of
from glassnet.terminal.console import INDENT, show_table
from glassnet.terminal.number_tables import beside, windows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from glassnet.arithmetic.expansion import Expansion, Term
    from glassnet.arithmetic.explain import Explained
    from glassnet.arithmetic.gradient import ExplainedGradient
    from glassnet.arithmetic.update import ExplainedUpdate, Rule
    from glassnet.terminal.console import Terminal
    from glassnet.terminal.number_tables import Window
    from glassnet.trace.trace import Trace

COLUMNS = 100  # all fits in them
NARROW_INDENT = 4  # for lines that are long
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
    _field(words["network"], network, terminal)
    _field(words["picture"], f"{picture}, {label}" if label else picture, terminal)
    if loss is not None:
        _field(words["loss"], loss, terminal)
    for place, note in enumerate(notes):
        _field("" if place else words["note"], note, terminal)
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
        line = f", {source.file}:{source.line}" if source and found.op.stage == "forward" else ""
        _field(words["operation"], f"{found.op.function}{line}", terminal)
    if found.expansion is None:
        _show_unworked(found, trace, words, terminal)
        return
    expansion = found.expansion
    _field(words["formula"], expansion.formula, terminal)
    _wrapped(words["reads"], _with_shapes(found.operands.items(), trace), terminal)
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
    _wrapped(words["with"], facts, terminal)
    if expansion.facts.get("padded"):
        key = f"padded_{expansion.kind}"
        outside = words[key if key in words else "padded"].format(count=expansion.facts["padded"])
        _field("", outside, terminal)
    _show_result(found.value, found.torch_value, found.difference, words, terminal)


def show_gradient(
    found: ExplainedGradient, listed: int, words: Mapping[str, str], terminal: Terminal
) -> None:
    """Show a gradient, worked out by the chain rule.

    Args:
        found: The gradient.
        listed: How many terms are shown.
        words: Of the part `explain`.
        terminal: Where to.
    """
    terminal.text.print(Text(words["gradient_by"].format(name=found.name), style="bold"))
    if not found.places and found.torch_value == 1.0:
        _field("", words["gradient_of_itself"], terminal)
    else:
        _field(words["formula"], words["chain_rule"], terminal)
        used = words["used"].format(
            places=f"{found.places:,}", adding=f"{len(found.terms):,}",
            operations=", ".join(found.operations) or "-",
        )  # fmt: skip
        _field(words["used_by"], used, terminal)
        _show_gradient_terms(found, listed, words, terminal, INDENT)
    for label, reason in found.missing:
        why = words["random"] if reason == "random" else reason
        _field(words["missing"], f"{label}: {why}", terminal)
    _show_result(found.value, found.torch_value, found.difference, words, terminal)
    if found.followed:
        terminal.text.print()
        for child in found.followed:
            _show_gradient_below(child, 1, listed, words, terminal)


def show_update(found: ExplainedUpdate, words: Mapping[str, str], terminal: Terminal) -> None:
    """Show the updates of one weight, step by step.

    Args:
        found: The updates.
        words: Of the part `explain`.
        terminal: Where to.
    """
    terminal.text.print(Text(found.name, style="bold"))
    _field(words["optimizer"], _rule_text(found.rule), terminal)
    if not found.rule.zero_grad:
        _field("", words["not_zeroed"], terminal)
    for step in found.steps:
        terminal.text.print()
        loss = words["step_loss"].format(loss=f"{step.loss:.6g}")
        _field(words["step"].format(step=step.step), f"{loss}, w = {short(step.before)}", terminal)
        rows = [
            (line.name, f"= {line.formula}", line.worked and f"= {line.worked}", f"= {short(line.value)}")
            for line in step.lines
        ]
        show_table(rows, ("bold", "dim", "", "bold"), terminal, indent=NARROW_INDENT)
        _show_result(step.value, step.torch_value, step.difference, words, terminal)


def _rule_text(rule: Rule) -> str:
    names = {"sgd": "SGD", "nesterov": "SGD, Nesterov", "adam": "Adam", "adamw": "AdamW"}
    adam = rule.kind in ("adam", "adamw")
    parts = [names[rule.kind], f"lr = {short(rule.lr)}"]
    if rule.momentum or adam:
        parts.append(f"{'β₁' if adam else 'μ'} = {short(rule.momentum)}")
    if adam:
        parts.append("β₂ = 0.999, ε = 1e-08")
    if rule.weight_decay:
        parts.append(f"λ = {short(rule.weight_decay)}")
    return ", ".join(parts)


def _show_unworked(found: Explained, trace: Trace, words: Mapping[str, str], terminal: Terminal) -> None:
    """Show a number that was there before, or one whose operation has no rule."""
    if found.unexpanded is None:
        _field("", words[f"kind_{found.kind}"], terminal)
        _field(words["value"], f"{found.torch_value:.9g}", terminal)
        return
    why = f" ({found.unexpanded})" if found.unexpanded else ""
    _field("", words["no_rule"].format(operation=found.op.name if found.op else "-") + why, terminal)
    _wrapped(words["reads"], _with_shapes(found.operands.items(), trace), terminal)
    _field(words["torch_value"], f"{found.torch_value:.9g}", terminal)


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
            _field(words["sum"], words["of_products"].format(sum=total, count=f"{count:,}"), terminal)
        for term in others:
            _field(_operand(term), _term_text(found, term), terminal)
    else:
        _list_terms(found, expansion, listed, words, terminal)
    if not windows or len(windows[0].tables) == 1:
        _folded(words["worked"], expansion.worked, terminal)


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
        _field("", words["more_channels"].format(count=f"{len(rest):,}", sum=total), terminal)


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
    _field(words["terms"], how_many, terminal)
    show_table(rows, ("", "dim", ""), terminal)


def _list_numbers(
    found: Explained, terms: Sequence[Term], listed: int, words: Mapping[str, str], terminal: Terminal
) -> None:
    """List the numbers of a formula that is no sum of products, each once."""
    numbers = list(dict.fromkeys(number for term in terms for number in term.numbers))
    rows = [(found.address(n) or n.operand, f"= {short(n.value)}") for n in numbers[: listed + 2]]
    if len(numbers) > listed + 2:
        rows[listed:] = [(words["more_terms"].format(count=f"{len(numbers) - listed:,}"), "")]
    _field(words["numbers"], f"{len(numbers):,}", terminal)
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
    checked = f"   ({words['off_by'].format(difference=_difference(off))})" if off else ""
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


def _show_gradient_terms(
    found: ExplainedGradient, listed: int, words: Mapping[str, str], terminal: Terminal, indent: int
) -> None:
    rows = [("", words["upstream"], words["local"], "")]
    for term in found.terms[:listed]:
        local = short(term.local) + (f" = {term.is_number}" if term.is_number else "")
        rows.append((term.output, short(term.upstream), f"· {local}", f"= {short(term.value)}"))
    if len(found.terms) > listed:
        rest = math.fsum(term.value for term in found.terms[listed:])
        more = words["more_terms"].format(count=f"{len(found.terms) - listed:,}")
        rows.append((more, "", "", f"= {short(rest)}"))
    if found.terms:
        show_table(rows, ("", "right", "", ""), terminal, indent=indent)


def _show_gradient_below(
    found: ExplainedGradient, level: int, listed: int, words: Mapping[str, str], terminal: Terminal
) -> None:
    """Show the gradient of a number further towards the loss."""
    title = f"{words['gradient_by'].format(name=found.name)} = {short(found.value)}"
    terminal.text.print(Text("  " * level + title, style="bold"))
    _show_gradient_terms(found, min(listed, 3), words, terminal, 2 * level + 2)
    for child in found.followed:
        _show_gradient_below(child, level + 1, listed, words, terminal)


def _show_result(
    value: float | None,
    torch_value: float | None,
    difference: float | None,
    words: Mapping[str, str],
    terminal: Terminal,
) -> None:
    _field(words["value"], "-" if value is None else f"{value:.10g}", terminal)
    _field(words["torch_value"], words["none"] if torch_value is None else f"{torch_value:.9g}", terminal)
    if difference is not None:
        _field(words["difference"], _difference(difference), terminal)


def _difference(difference: float) -> str:
    return "0" if difference == 0 else f"{difference:.2g}"


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


def _field(name: str, value: str, terminal: Terminal) -> None:
    """Show one line; Chinese names of fields count two columns a character."""
    gap = " " * max(INDENT - cell_len(name), 1)
    terminal.text.print(Text(name + gap, style="bold"), Text(value), sep="")


def _wrapped(name: str, parts: Sequence[str], terminal: Terminal) -> None:
    """Show parts in as many lines as they need."""
    line = ""
    for part in parts:
        longer = f"{line}, {part}" if line else part
        if line and INDENT + cell_len(longer) > COLUMNS:
            _field(name, f"{line},", terminal)
            name, line = "", part
        else:
            line = longer
    if line:
        _field(name, line, terminal)


def _folded(name: str, text: str, terminal: Terminal) -> None:
    """Show a long line in as many as it needs, cut at spaces."""
    for line in textwrap.wrap(text, COLUMNS - INDENT, break_long_words=False, break_on_hyphens=False):
        _field(name, line, terminal)
        name = ""
