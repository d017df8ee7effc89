"""Which line of a person's own code an operation belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.trace.source_line import is_own

if TYPE_CHECKING:
    from glassnet.trace.trace import Op, Source, Trace


def own_line(op: Op, trace: Trace) -> Source | None:
    """Find the line to tell a person of: in a library's network that is the line that calls it.

    Args:
        op: An operation.
        trace: It is in.

    Returns:
        The innermost line of the operation, or of the module calls around it, that is in a person's own file;
        else the operation's own line.
    """
    if op.source is not None and is_own(op.source.file):
        return op.source
    call = op.call
    while call is not None:
        source = trace.calls[call].source
        if source is not None and is_own(source.file):
            return source
        call = trace.calls[call].parent
    return op.source
