"""`board`: runs in TensorBoard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.errors import UsageError
from glassnet.run import Run, open_run
from glassnet.tensorboard import serve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from subprocess import Popen


def board(runs: Sequence[Run | str | Path], *, port: int = 6006) -> Popen[bytes]:
    """Start the real TensorBoard server for runs, on this machine only.

    Args:
        runs: Runs or their folders.
        port: Of 127.0.0.1; 0 for one that is free.

    Returns:
        The server's process; end it with `terminate()`.

    Raises:
        UsageError: A folder is no run, or none is given.
    """
    opened = [run if isinstance(run, Run) else open_run(run) for run in runs]
    if not opened:
        raise UsageError("no run is given", expected="one or more run folders", hint="glassnet board runs/*")
    return serve([run.path for run in opened], port=port)
