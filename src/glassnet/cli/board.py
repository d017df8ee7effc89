"""`glassnet board`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from glassnet.cli.app import write_json


def board(*runs: Path, port: int = 6006, json: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Open runs in TensorBoard, on this machine only, until Ctrl-C.

    Args:
        runs: Run folders.
        port: Of 127.0.0.1; 0 for one that is free.
        json: Write one JSON object to standard output, everything else to standard error.
    """
    from glassnet.verbs.board import board as board_verb  # noqa: PLC0415 — --help loads no torch

    server = board_verb(runs, port=port)
    try:
        if json:
            write_json({"runs": [str(run) for run in runs], "pid": server.pid})
        server.wait()
    finally:
        server.terminate()
        server.wait()
