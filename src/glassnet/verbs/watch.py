"""`watch`: run a training script unmodified, and name its mistakes."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from glassnet.checks.found import find
from glassnet.checks.rules import RULES
from glassnet.checks.silence import ignored_codes
from glassnet.errors import UsageError
from glassnet.terminal import Terminal, open_terminal
from glassnet.terminal.findings import show_found, show_watched
from glassnet.terminal.symbols import fall_back
from glassnet.texts import choose_language
from glassnet.watching.observe import observe
from glassnet.watching.script import exit_code_of, read_script, run_module, run_script
from glassnet.watching.uncaught import show_traceback
from glassnet.watching.watcher import StopWatchingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType
    from typing import NoReturn

    from glassnet.checks.found import Found
    from glassnet.checks.seen import Seen
    from glassnet.watching.script import Program
    from glassnet.watching.watcher import Watcher

INTERRUPTED = 130
CODES = tuple(rule.code for rule in RULES)


@dataclass(eq=False)
class Watched:
    """What was seen and found; both are there when the watch is over.

    Attributes:
        seen: Everything that was seen.
        found: The findings.
        exit_code: Of the script; 0 for a block.
    """

    seen: Seen | None = None
    found: Found | None = None
    exit_code: int = 0


@contextmanager
def watch(*, lang: str | None = None, terminal: Terminal | None = None) -> Iterator[Watched]:
    """Watch the training in a block, and show at its end which mistakes were made.

    Args:
        lang: `en` or `zh`, see `choose_language`.
        terminal: Where texts go; None for standard error.

    Yields:
        What was watched; filled at the end, also after an error, which is passed on.

    Example:
        >>> import torch
        >>> net = torch.nn.Linear(4, 3)
        >>> with watch(lang="en") as watched:
        ...     _ = net(torch.ones(2, 4))
        >>> watched.found.findings
        ()
    """
    lang, terminal = choose_language(lang), terminal or open_terminal(json=True)
    ignored = ignored_codes(Path.cwd(), CODES)
    watched = Watched()
    with observe() as watcher:
        try:
            yield watched
        except Exception as error:
            watcher.crashed(error)
            raise
        finally:
            watched.seen = watcher.seen()
            watched.found = find(watched.seen, ignored=ignored)
            show_watched(watched.seen, lang, terminal)
            show_found(watched.found, lang, terminal)


def watch_script(
    script: str,
    args: Sequence[str] = (),
    *,
    module: bool = False,
    steps: int | None = None,
    lang: str | None = None,
    tell: Callable[[Watched], None] | None = None,
    terminal: Terminal | None = None,
) -> Watched:
    """Run a training script as Python would, and show at its end which mistakes it makes.

    Args:
        script: A file, or with `module` the name of a module.
        args: Its arguments.
        module: Whether it is run as `python -m` does.
        steps: It is stopped after that many optimizer steps; None to let it run to its end.
        lang: `en` or `zh`, see `choose_language`.
        tell: Gets what was watched where the script ends the process itself, which nothing survives.
        terminal: Where texts go; None for standard error.

    Returns:
        What was watched, with the script's exit code.

    Raises:
        UsageError: There is no such script, or it is no Python.
    """
    lang = choose_language(lang)
    program = None if module else read_script(script)
    ignored = ignored_codes(Path.cwd() if module else Path(script).resolve().parent, CODES)
    path = None if program is None else Path(program.code.co_filename)
    open_to = _own_terminal() if terminal is None else nullcontext(terminal)
    with open_to as to, observe(script=path, stop_after=steps) as watcher:
        report = _Report(watcher, ignored, lang, to, tell)
        with _sudden_ends(report):
            code = _ran(watcher, program, script, args)
        if report.process != os.getpid():  # the script forked, and this is its child
            sys.exit(code)
        with contextlib.suppress(Exception):  # the script may have closed it, or put something else there
            sys.stdout.flush()
        report.give(code)
    return report.watched


@dataclass(eq=False)
class _Report:
    """What is told when a script ends, however it does: once, and by the process that was started."""

    watcher: Watcher
    ignored: tuple[str, ...]
    lang: str
    terminal: Terminal
    tell: Callable[[Watched], None] | None
    watched: Watched = field(default_factory=Watched)
    process: int = field(default_factory=os.getpid)

    def give(self, exit_code: int) -> None:
        seen = self.watcher.seen(interrupted=exit_code == INTERRUPTED)
        found = find(seen, ignored=self.ignored)
        self.watched.seen, self.watched.found, self.watched.exit_code = seen, found, exit_code
        show_watched(seen, self.lang, self.terminal)
        show_found(found, self.lang, self.terminal)

    def give_now(self, exit_code: int) -> None:
        """Give the report of a process that ends at this moment."""
        if os.getpid() == self.process and self.watcher.on:
            self.give(exit_code)
            if self.tell is not None:
                self.tell(self.watched)


@contextmanager
def _sudden_ends(report: _Report) -> Iterator[None]:
    """Give the report also where nothing of the process runs on: `os._exit`, SIGTERM."""
    leave = os._exit

    def leaves(status: int) -> NoReturn:
        os._exit = leave
        report.give_now(status)
        leave(status)

    def ends(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        report.give_now(128 + number)
        os.kill(os.getpid(), number)

    here = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, ends) if here else None
    os._exit = leaves
    try:
        yield
    finally:
        os._exit = leave
        if here and signal.getsignal(signal.SIGTERM) is ends:
            signal.signal(signal.SIGTERM, before)


def _ran(watcher: Watcher, program: Program | None, script: str, args: Sequence[str]) -> int:
    """Run a script to its end; give its exit code."""
    try:
        code, uncaught = 0, None
        try:
            if program is None:
                run_module(script, args)
            else:
                run_script(program, args)
        except SystemExit as end:
            code = exit_code_of(end)
        except (StopWatchingError, KeyboardInterrupt, UsageError):
            raise
        except BaseException as error:  # noqa: BLE001 — the script's own, told in its own words
            watcher.crashed(error)
            uncaught = error
        if uncaught is not None:  # handled no more: what its hook raises does not come "during" it
            code = show_traceback(uncaught)
        _wait_for_threads()
    except StopWatchingError:
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _wait_for_threads() -> None:
    """Wait for the threads of the script, as Python does at its end."""
    pools = getattr(
        sys.modules.get("concurrent.futures.thread"), "_threads_queues", {}
    )  # they wait for Python's end
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon and thread not in pools:
            thread.join()


@contextmanager
def _own_terminal() -> Iterator[Terminal]:
    """Open standard error for the report, whatever the script makes of `sys.stderr`."""
    stream = open(os.dup(2), "w", encoding=sys.stderr.encoding)  # noqa: SIM115 — closed below
    fall_back(stream)
    console = Console(file=stream, highlight=False, soft_wrap=True)
    try:
        yield Terminal(console, console)
    finally:
        with contextlib.suppress(OSError):  # the script may have closed every file, as daemons do
            stream.close()
