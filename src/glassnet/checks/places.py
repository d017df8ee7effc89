"""Which line to tell a person of, where a layer was made in one place and runs in another."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from glassnet.checks.lines import own_line
from glassnet.trace.source_line import is_own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from glassnet.checks.finding import Finding
    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op, Source

CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")


def cause_line(seen: Seen, look: Look, op: Op) -> Source | None:
    """Find the line of an operation; of a layer that a container calls, the line that made the layer.

    Args:
        seen: What was seen.
        look: In which the operation is.
        op: It.

    Returns:
        The line.
    """
    calls, call = look.trace.calls, op.call
    if call is None or op.source is None:
        return own_line(op, look.trace)
    layer = calls[call]
    around = None if layer.parent is None else calls[layer.parent]
    made = seen.made.get(layer.path)
    in_container = around is not None and around.type in CONTAINERS
    if in_container and made is not None and is_own(made.file):
        return made
    return own_line(op, look.trace)


def once_a_line(find: Callable[[Seen], Iterator[Finding]]) -> Callable[[Seen], Iterator[Finding]]:
    """Let a rule tell of each line once, though a block that stands there may run many times.

    Args:
        find: The rule.

    Returns:
        The same, with the first finding of each line, or the first that is above a note.
    """

    @functools.wraps(find)
    def finds(seen: Seen) -> Iterator[Finding]:
        told: dict[object, Finding] = {}
        for found in find(seen):
            place = (found.source.file, found.source.line) if found.source else found.module
            known = told.get(place)
            if known is None or (known.severity == "note" and found.severity != "note"):
                told[place] = found
        yield from told.values()

    return finds
