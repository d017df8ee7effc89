"""Which line of a person's code is running."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from glassnet.trace.trace import Source

if TYPE_CHECKING:
    from types import FrameType

TORCH = f"{Path(torch.__file__).parent}{os.sep}"  # torchvision lies beside it
RECORDER = str(Path(__file__).parent)
GLASSNET = f"{Path(__file__).parent.parent}{os.sep}"
STANDARD = f"{Path(os.__file__).parent}{os.sep}"
LIBRARIES = {"site-packages", "dist-packages"}
WATCHING = str(Path(__file__).parent.parent / "watching")


def source_line() -> Source | None:
    """Find the innermost running line that is neither PyTorch's nor the recorder's.

    Returns:
        The line, or None where only PyTorch's own code runs between `record` and the recorder.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 — CPython's own way to look up
    while frame is not None and frame.f_code.co_filename.startswith(RECORDER):
        frame = frame.f_back
    while frame is not None and not is_a_persons(frame.f_code.co_filename):
        if frame.f_code.co_filename.startswith(RECORDER):
            return None
        frame = frame.f_back
    return frame and Source(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


def own_line() -> Source | None:
    """Find the innermost running line of a person's own files, libraries left out.

    Returns:
        The line; None where only libraries run.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
    while frame is not None and not is_own(frame.f_code.co_filename):
        frame = frame.f_back
    return frame and Source(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


@cache
def is_own(file: str) -> bool:
    """Tell whether code is a person's own: no library's, not Python's and not glassnet's.

    Args:
        file: As a code object names it.

    Returns:
        Whether it is.

    Example:
        >>> is_own("net.py"), is_own(torch.nn.__file__), is_own(os.__file__)
        (True, False, False)
    """
    if file.startswith("<"):
        return file.startswith(("<ipython", "<string>", "<stdin>", "<doctest"))
    if any(part in LIBRARIES for part in Path(file).parts):
        return False
    return not file.startswith((TORCH, GLASSNET, STANDARD))


@cache
def is_a_persons(file: str) -> bool:
    """Tell whether code is a person's (or a library's), not PyTorch's, Python's own or the recorder's.

    Args:
        file: As a code object names it.

    Returns:
        Whether it is.

    Example:
        >>> is_a_persons("net.py"), is_a_persons(torch.nn.__file__)
        (True, False)
    """
    return not file.startswith((TORCH, RECORDER, WATCHING, "<frozen"))
