"""A command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys


def start(*words: object, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a command as a process of its own."""
    command = [sys.executable, "-m", "glassnet.cli.app", *map(str, words)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **(env or {})}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
