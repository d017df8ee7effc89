"""Which files of networks this person has named before, so that a stranger's code never runs.

A run folder can come from anybody, and so can a path and a checksum written in it. What decides is a list of
this person's own, outside all runs: a file's absolute path and SHA-256 are noted there when the person names
the file in a NET, and a run may run a file again only where both are found there, unchanged.
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


def remember(path: Path, sha256: str) -> str | None:
    """Note that the person named this file.

    Args:
        path: Its absolute path.
        sha256: The checksum of its content, as hex digits.

    Returns:
        None, or the reason why it could not be noted.
    """
    if is_remembered(path, sha256):
        return None
    try:
        list_path().parent.mkdir(parents=True, exist_ok=True)
        with list_path().open("a", encoding="utf-8") as file:
            file.write(_line(path, sha256) + "\n")
    except OSError as error:
        return f"{list_path()} cannot be written ({error.strerror}), so a run will ask for its --net again"
    return None


def is_remembered(path: Path, sha256: str) -> bool:
    """Tell whether the person has named a file of this path with this content before.

    Args:
        path: Its absolute path.
        sha256: The checksum of its content, as hex digits.

    Returns:
        True where the list holds both together.

    Example:
        >>> is_remembered(Path("/never/named.py"), "f" * 64)
        False
    """
    try:
        return _line(path, sha256) in list_path().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False


def _line(path: Path, sha256: str) -> str:
    return f"{sha256}  {os.fspath(path)!r}"  # repr: a path may hold a line break
