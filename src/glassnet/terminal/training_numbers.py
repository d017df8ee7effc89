"""A gradient and an update worked by hand, as text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from glassnet.arithmetic.numbers import short
from glassnet.terminal.console import INDENT, show_table
from glassnet.terminal.lines import show_folded, show_line, show_result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glassnet.arithmetic.gradient import ExplainedGradient
    from glassnet.arithmetic.update import ExplainedUpdate, Rule
    from glassnet.terminal.console import Terminal

NARROW_INDENT = 4  # for lines that are long


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
        show_line("", words["gradient_of_itself"], terminal)
    else:
        show_line(words["formula"], words["chain_rule"], terminal)
        used = words["used" if found.places or found.missing else "used_flat"].format(
            places=f"{found.places:,}", adding=f"{len(found.terms):,}",
            operations=", ".join(found.operations) or "-",
        )  # fmt: skip
        show_line(words["used_by"], used, terminal)
        _show_gradient_terms(found, listed, words, terminal, INDENT)
    for label, reason in found.missing:
        why = words.get(f"missing_{reason}", reason)
        show_folded(words["missing"], f"{label}: {why}" if label else why, terminal)
    show_result(found.value, found.torch_value, found.difference, words, terminal)
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
    show_line(words["optimizer"], _rule_text(found.rule), terminal)
    if not found.rule.zero_grad:
        show_line("", words["not_zeroed"], terminal)
    for step in found.steps:
        terminal.text.print()
        loss = words["step_loss"].format(loss=f"{step.loss:.6g}")
        show_line(words["step"].format(step=step.step), f"{loss}, w = {short(step.before)}", terminal)
        rows = [
            (line.name, f"= {line.formula}", line.worked and f"= {line.worked}", f"= {short(line.value)}")
            for line in step.lines
        ]
        show_table(rows, ("bold", "dim", "", "bold"), terminal, indent=NARROW_INDENT)
        show_result(step.value, step.torch_value, step.difference, words, terminal)


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
