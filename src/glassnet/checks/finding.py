"""The noun `Finding`: a named mistake, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from glassnet.trace.trace import Source

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")  # worst first


@dataclass(frozen=True)
class Finding:
    """A named mistake: what, where, and what was seen of it in numbers.

    `code` names the rule; `severity` is `error` (the result is wrong), `warning` (the result is worse) or
    `note`. `form` is the message among those of the code's texts, and `evidence` holds its fields: numbers,
    and words that are the same in every language (names of functions, shapes). `explains` names codes of
    symptoms that follow from this mistake: they are not told beside it.
    """

    code: str
    severity: Severity
    source: Source | None = None
    module: str = ""  # path in the network; "" for the network itself or none
    evidence: dict[str, object] = field(default_factory=dict)
    form: str = "main"
    explains: tuple[str, ...] = ()
