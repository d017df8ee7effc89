"""The variables of running code, read so that the code does not notice."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

LIVE = sys.version_info >= (3, 13)  # PEP 667: reading them changes nothing
READS_ITS_OWN = {"locals", "vars", "dir", "eval", "exec"}


def variables_of(frame: FrameType) -> dict[str, Any]:
    """Give the variables of a running function or module.

    Before Python 3.13 a function has one dict of its variables, which `locals()` gives and every reading
    brings up to date: it is left alone where the function may have it, and emptied elsewhere, for it keeps
    alive what the function has long forgotten.

    Args:
        frame: Of running code.

    Returns:
        Contents by name; nothing where reading would be noticed.

    Example:
        >>> thing = 3
        >>> variables_of(sys._getframe())["thing"]
        3
    """
    if LIVE or not frame.f_code.co_flags & inspect.CO_OPTIMIZED:
        return dict(frame.f_locals)
    if not READS_ITS_OWN.isdisjoint(frame.f_code.co_names):
        return {}
    held = frame.f_locals
    found = dict(held)
    held.clear()
    return found
