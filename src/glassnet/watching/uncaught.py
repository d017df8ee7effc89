"""Show an exception that a script does not catch as Python does, without the lines of glassnet."""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from torch import overrides

from glassnet.watching.script import exit_code_of

if TYPE_CHECKING:
    from types import CodeType, TracebackType

OURS = f"{Path(__file__).parent.parent}{os.sep}"
DETOUR = overrides.__file__  # PyTorch goes through it where a recorder is on


def show_traceback(error: BaseException) -> int:
    """Show a script's own exception, by the script's own hook where it has one.

    Args:
        error: Not caught by the script.

    Returns:
        The exit code that Python would leave with.
    """
    clean(error)
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except SystemExit as end:
        return exit_code_of(end)
    except Exception as failure:  # noqa: BLE001 — the script's own hook
        clean(failure)
        print("Error in sys.excepthook:", file=sys.stderr)  # noqa: T201 — Python's words
        sys.__excepthook__(type(failure), failure, failure.__traceback__)
        print("\nOriginal exception was:", file=sys.stderr)  # noqa: T201
        sys.__excepthook__(type(error), error, error.__traceback__)
    return 1


def clean(error: BaseException) -> None:
    """Take our own lines out of an exception, and out of those that it followed.

    Args:
        error: Its traceback is changed.
    """
    waiting: list[BaseException] = [error]
    done: set[int] = set()
    while waiting:
        one = waiting.pop()
        if id(one) in done:
            continue
        done.add(id(one))
        one.__traceback__ = _without_ours(one.__traceback__)
        waiting.extend(other for other in (one.__cause__, one.__context__) if other is not None)
        if isinstance(one, BaseExceptionGroup):
            waiting.extend(one.exceptions)


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    kept: list[TracebackType] = []
    while trace is not None:
        if not _file(trace).startswith(OURS):
            kept.append(trace)
        elif kept and _file(kept[-1]) == DETOUR:
            kept.pop()
            if (
                kept
                and trace.tb_next is not None
                and kept[-1].tb_frame.f_code is trace.tb_next.tb_frame.f_code
            ):
                kept.pop()  # the function itself asked for the detour, and comes again
        trace = trace.tb_next
    for one, following in pairwise(kept):
        one.tb_next = following
    if kept:
        kept[-1].tb_next = None
    return kept[0] if kept else None


def _file(trace: TracebackType) -> str:
    return trace.tb_frame.f_code.co_filename


def _code(trace: TracebackType) -> CodeType:
    return trace.tb_frame.f_code
