"""Which line of a person's own code an error came through."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

NOT_THEIRS = tuple(
    str(Path(folder).resolve())
    for folder in (
        *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
        Path(__file__).parent.parent,
    )
)


def line_of_users_code(error: BaseException) -> tuple[str, str | None] | None:
    """Find the last line of a person's own code below glassnet in an error's traceback.

    Args:
        error: Caught by glassnet.

    Returns:
        `file:line` and the text of the line; None where only glassnet and libraries took part.
    """
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [f for f in frames if not f.filename.startswith("<") and not _is_ours(f.filename)]
    return (f"{theirs[-1].filename}:{theirs[-1].lineno}", theirs[-1].line or None) if theirs else None


def _is_ours(filename: str) -> bool:
    path = Path(filename).resolve()
    return "site-packages" in path.parts or any(path.is_relative_to(folder) for folder in NOT_THEIRS)
