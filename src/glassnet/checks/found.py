"""All rules over everything that was seen: what is told, what is silenced, what could not be checked."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glassnet.checks.folding import folded
from glassnet.checks.rules import RULES
from glassnet.checks.silence import Silence, silenced_by
from glassnet.nets.untouched import untouched
from glassnet.trace.trace import Unseen

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from glassnet.checks.finding import Finding
    from glassnet.checks.rules import Rule
    from glassnet.checks.seen import Seen


@dataclass(frozen=True, eq=False)
class Found:
    """What the rules found.

    Attributes:
        findings: Worst first.
        silenced: Findings that a comment or a setting silences, and which.
        unseen: What could not be seen or checked.
    """

    findings: tuple[Finding, ...]
    silenced: tuple[tuple[Finding, Silence], ...]
    unseen: tuple[Unseen, ...]

    @property
    def bad(self) -> bool:
        """Whether there is an error or a warning."""
        return any(finding.severity != "note" for finding in self.findings)


def find(seen: Seen, *, ignored: Collection[str] = (), rules: Sequence[Rule] = RULES) -> Found:
    """Run the rules.

    The networks are left as they were; what they print meanwhile is not shown.

    Args:
        seen: Everything that was seen.
        ignored: Codes that a setting silences.
        rules: All by default.

    Returns:
        What they found.

    Example:
        >>> from glassnet.checks.seen import Seen
        >>> find(Seen("check")).findings
        ()
    """
    findings, unseen = [], list(seen.unseen)
    with contextlib.ExitStack() as stack:
        nothing = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
        stack.enter_context(contextlib.redirect_stdout(nothing))
        for network in seen.networks:
            stack.enter_context(untouched(network.module))
        for rule in rules:
            try:
                findings.extend(rule.find(seen))
            except Exception as error:  # noqa: BLE001 — a person's network may raise anything; the others go on
                what = f"{rule.code} could not be checked: {type(error).__name__}: {error}"
                unseen.append(Unseen(what.rstrip(": "), "", None))
    told, silenced = [], []
    for finding in folded(findings):
        silence = silenced_by(finding, ignored)
        if silence is None:
            told.append(finding)
        else:
            silenced.append((finding, silence))
    return Found(tuple(told), tuple(silenced), tuple(unseen))
