"""Findings in SARIF 2.1.0, the format in which code hosts show findings beside the code.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import glassnet
from glassnet.checks.wording import in_words, page_of

if TYPE_CHECKING:
    from glassnet.checks.finding import Finding
    from glassnet.checks.found import Found

SUPPRESSIONS = {"comment": "inSource", "setting": "external"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(found: Found, lang: str) -> dict[str, Any]:
    """Give findings as one SARIF log; silenced ones are in it, as suppressed.

    Args:
        found: From `find`.
        lang: Of the messages.

    Returns:
        Plain data for JSON.

    Example:
        >>> from glassnet.checks.found import Found
        >>> sarif(Found((), (), ()), "en")["runs"][0]["results"]
        []
    """
    silenced = [finding for finding, _ in found.silenced]
    codes = sorted({finding.code for finding in (*found.findings, *silenced)})
    results = [_result(finding, lang) for finding in found.findings]
    results += [
        {**_result(finding, lang), "suppressions": [{"kind": SUPPRESSIONS[silence.by]}]}
        for finding, silence in found.silenced
    ]
    driver = {
        "name": "glassnet",
        "version": glassnet.__version__,
        "rules": [
            {
                "id": code,
                "shortDescription": {"text": page_of(code, lang)["title"]},
                "fullDescription": {"text": page_of(code, lang)["why"].strip()},
            }
            for code in codes
        ],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _result(finding: Finding, lang: str) -> dict[str, Any]:
    words = in_words(finding, lang)
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": finding.severity,
        "message": {"text": f"{words.message}\n{words.mend.strip()}"},
    }
    if finding.source is not None:
        path = Path(finding.source.file)
        here = Path.cwd()
        inside = path.is_absolute() and path.is_relative_to(here)
        where = path.relative_to(here).as_posix() if inside else path.as_posix()
        place = {"artifactLocation": {"uri": where}, "region": {"startLine": finding.source.line}}
        result["locations"] = [{"physicalLocation": place}]
    return result
