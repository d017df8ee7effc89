"""What a run wrote down in English, in the reader's language: reasons of the recipe, findings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from glassnet.checks.wording import page_of
from glassnet.texts import texts

if TYPE_CHECKING:
    from collections.abc import Mapping

QUIET = ("memory_format", "onednn", "strict", "step_epochs", "step_factor", "early_stop", "class_weights")


@dataclass(frozen=True)
class Choice:
    """One field of a recipe: its value, and who chose it why."""

    name: str
    value: str
    reason: str
    chosen: bool  # by glassnet, not by the person
    quiet: bool  # off, or of little use to a reader


@dataclass(frozen=True)
class Mistake:
    """A finding in the reader's language."""

    code: str
    severity: str
    title: str
    message: str
    mend: str
    place: str


def choices_of(info: Mapping[str, Any], lang: str) -> list[Choice]:
    """List the recipe of a run with the reason of each choice.

    Args:
        info: From `run.json`.
        lang: Of the reasons.

    Returns:
        Fields in the order of the recipe, without the network.
    """
    chosen, reasons, words = set(info.get("chosen", ())), info.get("reasons", {}), texts(lang, "report")
    return [
        Choice(
            name=name.replace("_", "-"),
            value=value_text(value, words),
            reason=reason_in(str(reasons.get(name, "")), lang),
            chosen=name in chosen,
            quiet=name in chosen and (name in QUIET or (not value and name not in ("seed", "flip"))),
        )
        for name, value in info.get("recipe", {}).items()
        if name != "net"
    ]


def value_text(value: object, words: Mapping[str, str]) -> str:
    """Write a value of a recipe.

    Args:
        value: A number, a word, or a truth value.
        words: Texts of the table `report`.

    Returns:
        Text.

    Example:
        >>> value_text(0.0010, {}), value_text(True, {"yes": "yes"})
        ('0.001', 'yes')
    """
    if isinstance(value, bool):
        return words["yes"] if value else words["no"]
    return f"{value:g}" if isinstance(value, float) else str(value)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """Make of each English template what finds its fields in a sentence, the longest template first."""
    found = {}
    templates = texts("en", "reasons")
    for key in sorted(templates, key=lambda key: -len(re.sub(r"\{\w+\}", "", templates[key]))):
        parts = re.split(r"\{(\w+)\}", templates[key])
        fields = [
            re.escape(part) if place % 2 == 0 else f"(?P<{part}>.+)" for place, part in enumerate(parts)
        ]
        found[key] = re.compile("".join(fields))
    return found


def reason_in(reason: str, lang: str) -> str:
    """Tell a reason that a run wrote down in the reader's language.

    Args:
        reason: In English.
        lang: A key of `glassnet.texts.LANGUAGES`.

    Returns:
        The reason; one that is not known stays as it is.

    Example:
        >>> reason_in("usual with adamw", "zh")
        'adamw 的常用值'
    """
    for key, pattern in _patterns().items():
        if found := pattern.fullmatch(reason):
            return texts(lang, "reasons")[key].format(**found.groupdict())
    return reason


def mistakes_of(info: Mapping[str, Any], lang: str) -> list[Mistake]:
    """List a run's findings.

    Args:
        info: From `run.json`.
        lang: A key of `glassnet.texts.LANGUAGES`.

    Returns:
        Worst first; a finding of a rule that is no longer known stays in English.
    """
    found = []
    for finding in (info.get("result") or {}).get("findings") or ():
        title, message, mend = _in_words(finding, lang)
        where = finding.get("module") or ""
        if finding.get("file"):
            where = f"{finding['file']}:{finding.get('line')}"
        severity = str(finding.get("severity"))
        found.append(Mistake(str(finding.get("code")), severity, title, message, mend, where))
    return found


def _in_words(finding: Mapping[str, Any], lang: str) -> tuple[str, str, str]:
    """Find the form of a rule that gave the English sentence, and give the same form in the language."""
    message, evidence = str(finding.get("message")), finding.get("evidence") or {}
    saved = str(finding.get("title")), message, str(finding.get("mend") or "")
    if not re.fullmatch(r"[a-z0-9-]+", str(finding.get("code"))):  # it becomes the name of a file
        return saved
    try:
        english, page = (page_of(str(finding.get("code")), language) for language in ("en", lang))
        form = next(f for f, text in english["message"].items() if text.format(**evidence) == message)
        mend = page.get("mends", {}).get(form, page["mend"])
        return page["title"], page["message"][form].format(**evidence), mend.format(**evidence).strip()
    except (OSError, KeyError, ValueError, TypeError, StopIteration):
        return saved
