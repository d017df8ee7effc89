"""`board`: runs in TensorBoard."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glassnet.errors import RunError, UsageError
from glassnet.run import Run, open_run
from glassnet.tensorboard.server import serve
from glassnet.terminal import Terminal, open_terminal, show_field, show_next
from glassnet.verbs.complete_board import complete_board

if TYPE_CHECKING:
    from collections.abc import Sequence
    from subprocess import Popen

    from glassnet.tensorboard.server import Server

HOST = "127.0.0.1"
START_SECONDS = 120  # a server that has not answered by then never will


@dataclass(frozen=True)
class Board:
    """A TensorBoard server that runs until `close`."""

    url: str
    server: Server

    @property
    def process(self) -> Popen[bytes]:
        """The server's process."""
        return self.server.process

    def wait(self) -> int:
        """Wait until the server ends.

        Returns:
            Its exit code.
        """
        return self.process.wait()

    def close(self) -> None:
        """End the server."""
        self.server.close()


def board(
    runs: Run | str | Path | Sequence[Run | str | Path], *, port: int = 6006, terminal: Terminal | None = None
) -> Board:
    """Start the real TensorBoard server for runs, on this machine only, and wait until it answers.

    What a finished run should show and does not have yet is written first, from the run alone.

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
    for run in opened:
        for trouble in complete_board(run, terminal):
            show_field("note", trouble, terminal)
    server, linked = serve([run.path for run in opened], port=port)
    if not linked:
        show_field("note", "this system makes no links, so TensorBoard shows no projector", terminal)
    started = Board(f"http://{HOST}:{port}/", server)
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
