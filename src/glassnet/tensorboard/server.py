"""The real TensorBoard server, on this machine only."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PATIENCE_SECONDS = 10  # for a server that was asked to end


@dataclass(frozen=True)
class Server:
    """A server's process, and the folder of links to the runs that it reads."""

    process: subprocess.Popen[bytes]
    folder: Path

    def close(self) -> None:
        """End the server and remove the links."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.forget()

    def forget(self) -> None:
        """Remove the links; the runs stay."""
        shutil.rmtree(self.folder, ignore_errors=True)


def serve(runs: Sequence[Path], *, port: int) -> tuple[Server, bool]:
    """Start the real TensorBoard server on this machine's loopback address.

    Runs are shown under their names through a folder of links: with TensorBoard's own option for names
    (`--logdir_spec`) it finds no projector.

    Args:
        runs: Run folders; each is shown under its name.
        port: One that is free.

    Returns:
        The server, whose prints go to standard error; and whether it can show the projector: False where the
        system makes no links.
    """
    names = [run.resolve().name for run in runs]
    names = [f"{name}-{i}" if names.count(name) > 1 else name for i, name in enumerate(names, 1)]
    folder = Path(tempfile.mkdtemp(prefix="glassnet-board-"))
    folders = {name: run.resolve() / "tensorboard" for name, run in zip(names, runs, strict=True)}
    linked = True
    try:
        for name, target in folders.items():
            (folder / name).symlink_to(target, target_is_directory=True)
        where = ["--logdir", str(folder)]
    except OSError:  # Windows, without the right to make links
        linked = False
        where = ["--logdir_spec", ",".join(f"{name}:{target}" for name, target in folders.items())]
    command = [sys.executable, "-m", "tensorboard.main", "--host", "127.0.0.1", "--port", str(port), *where]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 — our own command
    return Server(process, folder), linked
