"""Findings that a person has silenced: by a comment in the line, or by a setting."""

from __future__ import annotations

import linecache
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from glassnet.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from glassnet.checks.finding import Finding

COMMENT = re.compile(r"#\s*glassnet:\s*ignore\[([\w\s,-]+)\]")


@dataclass(frozen=True)
class Silence:
    """What silences a finding: a comment in its line, or a setting."""

    by: Literal["comment", "setting"]


def silenced_by(finding: Finding, ignored: Collection[str]) -> Silence | None:
    """Tell what silences a finding.

    Args:
        finding: Any.
        ignored: Codes that a setting silences.

    Returns:
        What does; None where nothing does. A comment reads `# glassnet: ignore[softmax-twice]`.

    Example:
        >>> from glassnet.checks.finding import Finding
        >>> silenced_by(Finding("softmax-twice", "warning"), ["softmax-twice"])
        Silence(by='setting')
    """
    if finding.code in ignored:
        return Silence("setting")
    if finding.source is None:
        return None
    comment = COMMENT.search(linecache.getline(finding.source.file, finding.source.line))
    codes = [] if comment is None else [code.strip() for code in comment[1].split(",")]
    return Silence("comment") if finding.code in codes else None


def ignored_codes(folder: Path, known: Collection[str]) -> tuple[str, ...]:
    """Read the setting `ignore` under `[tool.glassnet]` of the `pyproject.toml` in a folder or above it.

    Args:
        folder: Where the script or the network lies.
        known: All codes.

    Returns:
        The codes.

    Raises:
        UsageError: The setting is no list of codes.

    Example:
        >>> from pathlib import Path
        >>> ignored_codes(Path("/"), ())
        ()
    """
    resolved = folder.resolve()
    for place in (resolved, *resolved.parents):
        file = place / "pyproject.toml"
        if not file.is_file():
            continue
        try:
            settings = tomllib.loads(file.read_text("utf-8")).get("tool", {}).get("glassnet", {})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError("the settings cannot be read", where=file, got=error) from None
        codes = settings.get("ignore", [])
        wrong = codes if not isinstance(codes, list) else [code for code in codes if code not in known]
        if wrong:
            raise UsageError(
                "ignore names what is no code of a rule", where=f"{file}, [tool.glassnet]", got=repr(wrong),
                expected="a list of codes", hint="glassnet check --explain lists them",
            )  # fmt: skip
        return tuple(codes)
    return ()
