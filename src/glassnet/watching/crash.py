"""The exception that ended a script, with what was recorded of the way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from glassnet.checks.seen import Crash
from glassnet.trace.source_line import is_own
from glassnet.trace.trace import Source, shape_text

if TYPE_CHECKING:
    from glassnet.trace.recorder import Recorder

LAST_OPS = 3


def crash_of(error: BaseException, recorder: Recorder | None) -> Crash:
    """Describe an exception.

    Args:
        error: It ended the script.
        recorder: That of the look that is open.

    Returns:
        What it is, the person's own innermost line, and the operation that raised it where it was seen.

    Example:
        >>> crash_of(ValueError("no"), None).message
        'no'
    """
    failure = recorder.failure if recorder is not None else None
    if recorder is None or failure is None or failure.error is not error:
        return Crash(type(error).__name__, str(error), _line_of(error), None, _forwards_of(error))
    before = tuple(
        f"{op.label} → {', '.join(shape_text(recorder.tensors.values[n].shape) for n in op.outputs)}"
        for op in recorder.ops[-LAST_OPS:]
    )
    return Crash(type(error).__name__, str(error), _line_of(error), failure.what, before)


def _forwards_of(error: BaseException) -> tuple[str, ...]:
    """List the modules whose forward was running, with the shapes of what they got."""
    found, trace = [], error.__traceback__
    while trace is not None:
        names = trace.tb_frame.f_code.co_varnames
        if trace.tb_frame.f_code.co_name == "forward" and names[:1] == ("self",):
            held = trace.tb_frame.f_locals
            given = [held.get(name) for name in names[1 : trace.tb_frame.f_code.co_argcount]]
            shapes = [shape_text(tensor.shape) for tensor in given if isinstance(tensor, torch.Tensor)]
            if isinstance(held.get("self"), nn.Module) and shapes:
                found.append(f"{type(held['self']).__name__}({', '.join(shapes)})")
        trace = trace.tb_next
    return tuple(found)


def _line_of(error: BaseException) -> Source | None:
    found, trace = None, error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if is_own(code.co_filename):
            found = Source(code.co_filename, trace.tb_lineno, code.co_name)
        trace = trace.tb_next
    return found
