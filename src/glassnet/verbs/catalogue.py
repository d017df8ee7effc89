"""The pages of the rules: what is wrong, why, how it is seen, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from glassnet.checks.rules import RULES
from glassnet.checks.wording import page_of
from glassnet.errors import UsageError, did_you_mean
from glassnet.terminal import show_field
from glassnet.texts import texts

if TYPE_CHECKING:
    from glassnet.terminal import Terminal


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
        terminal.text.print()
        show_field(words[f"page_{name}"], page[name].strip(), terminal)
    return {"code": code, "row": rule.row, "stages": rule.stages, **page}
