"""Findings as plain data for `--json`."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from glassnet.checks.sarif import sarif
from glassnet.checks.wording import in_words
from glassnet.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from glassnet.checks.finding import Finding
    from glassnet.checks.found import Found
    from glassnet.checks.seen import Seen
    from glassnet.verbs.check import Checked
    from glassnet.verbs.watch import Watched


def found_as_data(found: Found, lang: str) -> dict[str, Any]:
    """Give findings as plain data.

    Args:
        found: From `find`.
        lang: Of the messages.

    Returns:
        `findings`, `silenced`, and `unseen`.
    """
    return {
        "findings": [_as_data(finding, lang) for finding in found.findings],
        "silenced": [{**_as_data(finding, lang), "by": silence.by} for finding, silence in found.silenced],
        "unseen": [
            {
                "what": unseen.what,
                "module": unseen.module,
                "file": unseen.source.file if unseen.source else None,
                "line": unseen.source.line if unseen.source else None,
            }
            for unseen in found.unseen
        ],
    }


def watched_as_data(watched: Watched, script: str, lang: str) -> dict[str, Any]:
    """Give what was watched as plain data.

    Args:
        watched: It is over.
        script: Its name.
        lang: Of the messages.

    Returns:
        `script`, `exit_code`, `ended`, `steps`, `networks`, and those of `found_as_data`.
    """
    seen, found = watched.seen, watched.found
    if seen is None or found is None:
        raise AssertionError("the watch is not over")
    return {
        "script": script,
        "exit_code": watched.exit_code,
        "ended": seen.ended,
        "steps": seen.num_steps,
        "networks": [network.name for network in seen.networks],
        "crash": _crash(seen),
        **found_as_data(found, lang),
    }


def checked_as_data(checked: Checked, source: str | None, lang: str) -> dict[str, Any]:
    """Give what `check` found as plain data.

    Args:
        checked: From `check`.
        source: The pictures' name, or None.
        lang: Of the messages.

    Returns:
        `net`, `source`, `seconds`, and those of `found_as_data`.
    """
    head = {"net": checked.net, "source": source, "seconds": round(checked.seconds, 3)}
    return {**head, **found_as_data(checked.found, lang)}


def write_sarif(found: Found, lang: str, path: Path) -> None:
    """Write findings into a file, for code hosts.

    Args:
        found: From `find`.
        lang: Of the messages.
        path: The file.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        path.write_text(json.dumps(sarif(found, lang), indent=1, ensure_ascii=False), "utf-8")
    except OSError as error:
        raise UsageError("the findings cannot be written", where=path, got=error.strerror) from None


def _crash(seen: Seen) -> dict[str, Any] | None:
    crash = seen.crash
    if crash is None:
        return None
    return {
        "type": crash.type,
        "message": crash.message,
        "file": crash.source.file if crash.source else None,
        "line": crash.source.line if crash.source else None,
        "operation": crash.what,
        "before": list(crash.before),
    }


def _as_data(finding: Finding, lang: str) -> dict[str, Any]:
    words = in_words(finding, lang)
    return {
        "code": finding.code,
        "severity": finding.severity,
        "title": words.title,
        "message": words.message,
        "file": finding.source.file if finding.source else None,
        "line": finding.source.line if finding.source else None,
        "module": finding.module or None,
        "evidence": {name: _plain(value) for name, value in finding.evidence.items()},
        "mend": words.mend.strip(),
    }


def _plain(value: object) -> object:
    """Give what JSON can hold; numbers that are not finite as text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str | int | bool) or value is None:
        return value
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return str(value)
