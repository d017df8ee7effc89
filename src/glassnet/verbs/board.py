"""`board`: runs in TensorBoard."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from pathlib import Path
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING

from glassnet.errors import RunError, UsageError
from glassnet.run import Run, open_run
from glassnet.tensorboard import serve
from glassnet.terminal import Terminal, open_terminal, show_field, show_next

if TYPE_CHECKING:
    from collections.abc import Sequence
    from subprocess import Popen

HOST = "127.0.0.1"
START_SECONDS = 120  # a server that has not answered by then never will
PATIENCE_SECONDS = 10  # for a server that was asked to end


@dataclass(frozen=True)
class Board:
    """A TensorBoard server that runs until `close`."""

    url: str
    process: Popen[bytes]

    def wait(self) -> int:
        """Wait until the server ends.

        Returns:
            Its exit code.
        """
        return self.process.wait()

    def close(self) -> None:
        """End the server."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_SECONDS)
        except TimeoutExpired:
            self.process.kill()
            self.process.wait()


def board(
    runs: Run | str | Path | Sequence[Run | str | Path], *, port: int = 6006, terminal: Terminal | None = None
) -> Board:
    """Start the real TensorBoard server for runs, on this machine only, and wait until it answers.

    Args:
        runs: One or more runs or their folders.
        port: Of 127.0.0.1; 0 for one that is free.
        terminal: Where the address is told; None for standard error.

    Returns:
        The server; end it with `close()`.

    Raises:
        UsageError: A folder is no run, none is given, or the port is taken.
        RunError: The server does not start.
    """
    terminal = terminal or open_terminal(json=True)
    given = [runs] if isinstance(runs, Run | str | Path) else runs
    opened = [run if isinstance(run, Run) else open_run(run) for run in given]
    if not opened:
        raise UsageError("no run is given", expected="one or more run folders", hint="glassnet board runs/*")
    port = _free(port)
    started = Board(f"http://{HOST}:{port}/", serve([run.path for run in opened], port=port))
    try:
        _wait_for_answer(started, port)
    except BaseException:
        started.close()
        raise
    names = ", ".join(run.path.resolve().name for run in opened)
    show_field("board", f"{started.url}  {names}", terminal)
    show_next(["open the address in a browser; Ctrl-C ends the server"], terminal)
    return started


def _free(port: int) -> int:
    """Give the port, or a free one for 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            got = getattr(error, "strerror", None) or error
            raise UsageError(
                f"port {port} cannot be used", where=HOST, got=got, hint="--port 0 takes a free one"
            ) from None
        return probe.getsockname()[1]


def _wait_for_answer(started: Board, port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if (code := started.process.poll()) is not None:
            raise RunError("TensorBoard has ended at once", where=started.url, got=f"exit code {code}")
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RunError("TensorBoard does not answer", where=started.url, got=f"nothing in {START_SECONDS} s")
