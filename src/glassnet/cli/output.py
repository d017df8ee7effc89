"""Standard output of a command: texts for people, or, with `--json`, one JSON object and nothing else."""

from __future__ import annotations

import json as json_module
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.terminal import Terminal


@dataclass(frozen=True)
class Output:
    """Where a command writes."""

    terminal: Terminal
    json_to: int | None  # file descriptor of the real standard output; None without `--json`

    def json(self, content: dict[str, Any]) -> None:
        """Write the one JSON object, where it is asked for.

        Args:
            content: Plain data.
        """
        if self.json_to is not None:
            write_json(content, self.json_to)


@contextmanager
def output(*, json: bool) -> Iterator[Output]:
    """Open the output of a command.

    With `json`, all else that is printed meanwhile, also by a person's own network, by C code or by a child
    process, goes to standard error.

    Args:
        json: Whether `--json` was given.

    Yields:
        Where to write.
    """
    from glassnet.terminal import open_terminal  # noqa: PLC0415 — --help loads no rich texts

    if not json:
        yield Output(open_terminal(json=False), None)
        return
    sys.stdout.flush()
    sys.stderr.flush()
    real = os.dup(1)
    os.dup2(2, 1)
    try:
        yield Output(open_terminal(json=True), real)
    finally:
        sys.stdout.flush()
        os.dup2(real, 1)
        os.close(real)


def write_json(content: dict[str, Any], descriptor: int = 1) -> None:
    """Write a JSON object in ASCII, on one line.

    Args:
        content: Plain data.
        descriptor: Of an open file.
    """
    data = (json_module.dumps(content, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")
    while data:
        data = data[os.write(descriptor, data) :]
