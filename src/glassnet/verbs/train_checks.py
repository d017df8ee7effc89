"""The checks of `train`: everything before the first step, and at the end what the run itself shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassnet.checks.found import Found, find
from glassnet.checks.rules import RULES
from glassnet.checks.silence import ignored_codes
from glassnet.terminal import show_field
from glassnet.terminal.findings import show_found
from glassnet.texts import choose_language, texts
from glassnet.verbs.findings_data import found_as_data
from glassnet.verbs.surroundings import modes_kept, put_back
from glassnet.verbs.trial import try_recipe

if TYPE_CHECKING:
    from glassnet.audit.audit import Audit
    from glassnet.checks.finding import Finding
    from glassnet.terminal import Terminal
    from glassnet.verbs.prepare import Job
    from glassnet.watching.watcher import Watcher

CODES = tuple(rule.code for rule in RULES)
BEFORE = tuple(rule for rule in RULES if not rule.slow)
OF_THE_RUN = tuple(rule for rule in RULES if "R" in rule.stages and not rule.slow)


def check_before(job: Job, audit: Audit | None, terminal: Terminal) -> Found:
    """Check a training before its first step: a copy of the network takes three steps.

    Args:
        job: Its network, pictures and recipe; left as they are.
        audit: Of its source; None where nobody made one.
        terminal: Where to.

    Returns:
        What was found.
    """
    with put_back(), modes_kept(job.built.module):
        seen = try_recipe(job.built.module, job.splits.train, job.splits.val, job.recipe, job.scale)
        seen.splits, seen.classes, seen.audit = job.splits.named, job.splits.train.classes, audit
        found = find(seen, ignored=ignored_codes(Path.cwd(), CODES), rules=BEFORE)
    found = replace(found, findings=tuple(one for one in found.findings if not _is_small(one)))
    untold = tuple(one for one in found.findings if one.form != "unreadable")  # those were named when read
    _show(replace(found, findings=untold), terminal)
    return found


def check_run(watcher: Watcher, before: Found, terminal: Terminal) -> list[dict[str, Any]]:
    """Tell what the run itself showed, and give all findings.

    Args:
        watcher: It saw the run.
        before: What was found before the first step; it is not told again.
        terminal: Where to.

    Returns:
        The findings, as plain data in English.
    """
    found = find(watcher.seen(), ignored=ignored_codes(Path.cwd(), CODES), rules=OF_THE_RUN)
    told = {finding.code for finding in before.findings}
    new = tuple(finding for finding in found.findings if finding.code not in told)
    fresh = Found(new, (), ())
    if new:
        show_found(fresh, choose_language(), terminal)
    return [*found_as_data(before, "en")["findings"], *found_as_data(fresh, "en")["findings"]]


def _is_small(finding: Finding) -> bool:
    """Tell whether some near copies with one label are all: many sources have them; the report shows them."""
    return finding.form == "alike" and finding.severity == "note" and not finding.evidence.get("torn")


def _show(found: Found, terminal: Terminal) -> None:
    lang = choose_language()
    if found.findings:
        show_found(found, lang, terminal)
    else:
        show_field("check", texts(lang, "findings")["nothing"], terminal)
