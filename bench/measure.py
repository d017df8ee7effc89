"""One process run and measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Measured:
    """What one process took and told."""

    wall_seconds: float  # from its start to its end
    peak_bytes: int  # of its resident memory, children not counted
    told: dict[str, float] = field(default_factory=dict)  # its last line, where that is JSON

    @property
    def pictures_per_second(self) -> float:
        """Pictures by the seconds that the process itself told."""
        return self.told["pictures"] / self.told["seconds"]


def run(command: tuple[str, ...]) -> Measured:
    """Run a command of Python to its end.

    Args:
        command: Words after `python`; a script's name is one in this folder.

    Returns:
        What it took.

    Raises:
        RuntimeError: It failed; its last lines are in the text.
    """
    words = [str(HERE / command[0]), *command[1:]] if command[0].endswith(".py") else list(command)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, *words], stdout=out, stderr=err, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        lines = out.read().decode().splitlines()
        if process.returncode:
            told = "\n".join(err.read().decode().splitlines()[-8:])
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{told}")
    last = lines[-1] if lines else ""
    scale = 1 if sys.platform == "darwin" else 1024
    return Measured(seconds, usage.ru_maxrss * scale, json.loads(last) if last.startswith("{") else {})
