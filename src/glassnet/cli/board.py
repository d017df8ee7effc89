"""`glassnet board`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from glassnet.cli.output import output

Flag = Annotated[bool, Parameter(negative="", show_default=False)]


def board(*runs: Path, port: int = 6006, json: Flag = False) -> int:
    """Open runs in TensorBoard, on this machine only, until Ctrl-C.

    Args:
        runs: Run folders.
        port: Of 127.0.0.1; 0 for one that is free.
        json: Write one JSON object to standard output, everything else to standard error.
    """
    from glassnet.verbs.board import board as board_verb  # noqa: PLC0415 — --help loads no torch

    with output(json=json) as out:
        server = board_verb(runs, port=port, terminal=out.terminal)
        try:
            out.json({"url": server.url, "pid": server.process.pid, "runs": [str(run) for run in runs]})
            return server.wait()
        finally:
            server.close()
