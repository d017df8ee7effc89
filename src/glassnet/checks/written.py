"""Lines of a script found by what is written there, where nothing that ran tells the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.trace.source_line import is_own
from glassnet.trace.trace import Source

if TYPE_CHECKING:
    import re

    from glassnet.checks.seen import Seen


def line_written(seen: Seen, pattern: re.Pattern[str]) -> Source | None:
    """Find the first line of the person's own files that says something.

    Args:
        seen: What was seen; its script and the files of its networks are read.
        pattern: What is sought; comments do not count.

    Returns:
        The line; None where nobody says it.
    """
    files = [str(seen.script)] if seen.script else []
    files += [network.source.file for network in seen.networks if network.source]
    files += [source.file for source in seen.made.values()]
    for file in dict.fromkeys(files):
        if not is_own(file):
            continue
        try:
            with open(file, encoding="utf-8") as script:
                lines = script.read().splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for number, line in enumerate(lines, 1):
            if pattern.search(line.partition("#")[0]):
                return Source(file, number, "")
    return None
