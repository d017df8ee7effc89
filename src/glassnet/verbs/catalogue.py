"""The pages of the rules: what is wrong, why, how it is seen, what to do."""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.text import Text

from glassnet.checks.rules import RULES
from glassnet.checks.wording import page_of
from glassnet.errors import UsageError, did_you_mean
from glassnet.terminal import show_field
from glassnet.terminal.console import INDENT
from glassnet.terminal.lines import COLUMNS
from glassnet.texts import texts

if TYPE_CHECKING:
    from glassnet.terminal import Terminal

WIDE = "\u2e80-\u9fff\uff00-\uffef"  # characters of two columns, between which a line may end
OPENING, CLOSING = "（《", "，。；：、？！）》"  # end no line, begin no line  # noqa: RUF001
PIECE = re.compile(rf"[{OPENING}]*(?:`[^`]*`[^\s{WIDE}]*|[^\s{WIDE}]+|[{WIDE}])[{CLOSING}]*\s*")


def show_page(code: str, lang: str, terminal: Terminal) -> dict[str, Any]:
    """Show the page of a rule, or list all rules.

    Args:
        code: Of the rule, or `all`.
        lang: A key of `glassnet.texts.LANGUAGES`.
        terminal: Where to.

    Returns:
        The same as plain data.

    Raises:
        UsageError: There is no such rule.
    """
    words = texts(lang, "findings")
    if code == "all":
        width = max(len(rule.code) for rule in RULES)
        for rule in RULES:
            title = page_of(rule.code, lang)["title"]
            terminal.text.print(Text(f"{rule.row:2}  {rule.code:<{width}}  {title}"))
        return {"rules": [{"code": r.code, "row": r.row, "stages": r.stages} for r in RULES]}
    rule = next((rule for rule in RULES if rule.code == code), None)
    if rule is None:
        raise UsageError(
            "there is no such rule", got=repr(code),
            hint=did_you_mean(code, [rule.code for rule in RULES]) or "glassnet check --explain all",
        )  # fmt: skip
    page = page_of(code, lang)
    terminal.text.print(Text(page["title"], style="bold"), Text(f"  [{code}]", style="dim"), sep="")
    for name in ("why", "seen", "mend", "source"):
        text = in_general(page[name]) if name == "mend" else page[name]
        terminal.text.print()
        label = words[f"page_{name}"]
        for line in lines_of(text, COLUMNS - INDENT):
            show_field(label, line, terminal)
            label = ""
    return {"code": code, "row": rule.row, "stages": rule.stages, **page}


def in_general(mend: str) -> str:
    """Write a mend without a finding: its fields by their names, in capitals.

    Args:
        mend: A template of a rule's texts.

    Returns:
        What a page says.

    Example:
        >>> in_general("Try lr={better:g}: {{'lr': {better:g}}}")
        "Try lr=BETTER: {'lr': BETTER}"
    """
    parts = ((text, (name or "").upper()) for text, name, _, _ in Formatter().parse(mend))
    return "".join(text + name for text, name in parts)


def lines_of(text: str, columns: int) -> list[str]:
    """Set a text in lines; code of several lines stays as it is.

    Args:
        text: In any language: Chinese may break between any two characters, but not before a comma; what
            stands in backticks does not break.
        columns: The most that a line may have.

    Returns:
        The lines.

    Example:
        >>> lines_of("One line and another", 8)
        ['One line', 'and', 'another']
        >>> lines_of("梯度没有清零。", 12)
        ['梯度没有清', '零。']
    """
    if "\n" in text.strip():
        return text.strip().split("\n")
    lines = [""]
    for piece in PIECE.findall(text):
        if lines[-1] and cell_len((lines[-1] + piece).rstrip()) > columns:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]
