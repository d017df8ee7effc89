"""Which networks from files this person has named before, so that a stranger's code never runs.

A run folder can come from anybody, and so can a path, a checksum and arguments written in it. What decides
is a list of this person's own, outside all runs: when the person names a file in a NET, the NET in full
(absolute path and every argument) is noted there with the SHA-256 of the file, and a run may run a file again
by itself only where both are found there together.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def list_path() -> Path:
    """Say where the list lies: in `GLASSNET_STATE`, else where the system keeps a program's state.

    Returns:
        The file; it need not exist.

    Example:
        >>> list_path().name
        'named-net-files.txt'
    """
    if given := os.environ.get("GLASSNET_STATE"):
        folder = Path(given)
    elif sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "glassnet"
    elif sys.platform == "darwin":
        folder = Path.home() / "Library" / "Application Support" / "glassnet"
    else:
        folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "glassnet"
    return folder / "named-net-files.txt"


def remember(resolved: str, sha256: str) -> str | None:
    """Note that the person named this network.

    Args:
        resolved: The NET in full.
        sha256: The checksum of the file's content, as hex digits.

    Returns:
        None, or the reason why it could not be noted.
    """
    if is_remembered(resolved, sha256):
        return None
    try:
        list_path().parent.mkdir(parents=True, exist_ok=True)
        with list_path().open("a", encoding="utf-8") as file:
            file.write(_line(resolved, sha256) + "\n")
    except OSError as error:
        return f"{list_path()} cannot be written ({error.strerror}), so a run will ask for its --net again"
    return None


def is_remembered(resolved: str, sha256: str) -> bool:
    """Tell whether the person has named this network, with its file in this content, before.

    Args:
        resolved: The NET in full.
        sha256: The checksum of the file's content, as hex digits.

    Returns:
        True where the list holds both together.

    Example:
        >>> is_remembered("/never/named.py:Net()", "f" * 64)
        False
    """
    try:
        return _line(resolved, sha256) in list_path().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False


def _line(resolved: str, sha256: str) -> str:
    return f"{sha256}  {resolved!r}"  # repr: a path may hold a line break
