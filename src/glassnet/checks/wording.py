"""Findings in words: what was seen, what follows from it, and the mend, in a person's language."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import glassnet.texts

if TYPE_CHECKING:
    from glassnet.checks.finding import Finding

RULES = Path(glassnet.texts.__file__).parent / "rules"


@dataclass(frozen=True)
class Words:
    """A finding in words.

    Attributes:
        title: The mistake in a few words.
        message: What was seen, in numbers, and what follows from it.
        mend: What to do, as code where that is possible.
    """

    title: str
    message: str
    mend: str


@cache
def page_of(code: str, lang: str) -> dict[str, Any]:
    """Read all texts of a rule.

    Args:
        code: Of the rule.
        lang: A key of `glassnet.texts.LANGUAGES`.

    Returns:
        `title`, `why`, `seen`, `mend`, `source`, and the tables `message` and `mends` by form.

    Example:
        >>> page_of("softmax-before-cross-entropy", "en")["title"]
        'Softmax before cross-entropy'
    """
    return tomllib.loads((RULES / lang / f"{code}.toml").read_text("utf-8"))


def in_words(finding: Finding, lang: str) -> Words:
    """Put a finding into words.

    Args:
        finding: The finding.
        lang: A key of `glassnet.texts.LANGUAGES`.

    Returns:
        Its words.

    Example:
        >>> from glassnet.checks.finding import Finding
        >>> found = Finding("softmax-before-cross-entropy", "error", form="function",
        ...     evidence={"softmax": "softmax", "loss": "cross_entropy", "least": 2.19})
        >>> in_words(found, "en").title
        'Softmax before cross-entropy'
    """
    page = page_of(finding.code, lang)
    message = page["message"][finding.form].format(**finding.evidence)
    mend = page.get("mends", {}).get(finding.form, page["mend"])
    return Words(page["title"], message, mend.format(**finding.evidence))
