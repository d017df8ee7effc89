"""`watch`: run a training script unmodified, and name its mistakes."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glassnet.checks.found import find
from glassnet.checks.rules import RULES
from glassnet.checks.silence import ignored_codes
from glassnet.terminal import open_terminal
from glassnet.terminal.findings import show_found, show_watched
from glassnet.texts import choose_language
from glassnet.watching.observe import observe
from glassnet.watching.script import compiled, exit_code_of, run_module, run_script, show_traceback
from glassnet.watching.watcher import StopWatchingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import NoReturn

    from glassnet.checks.found import Found
    from glassnet.checks.seen import Seen
    from glassnet.terminal import Terminal

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
        tell: Gets what was watched where the script ends the process by `os._exit`, which nothing survives.
        terminal: Where texts go; None for standard error.

    Returns:
        What was watched, with the script's exit code.

    Raises:
        UsageError: There is no such script, or it is no Python.
    """
    lang, terminal = choose_language(lang), terminal or open_terminal(json=True)
    folder = Path.cwd() if module else Path(script).resolve().parent
    code = None if module else compiled(script)
    ignored = ignored_codes(folder, CODES)
    watched, process, leave = Watched(), os.getpid(), os._exit

    with observe(script=None if module else Path(script), stop_after=steps) as watcher:

        def finish(*, interrupted: bool = False) -> None:
            watched.seen = watcher.seen(interrupted=interrupted)
            watched.found = find(watched.seen, ignored=ignored)
            show_watched(watched.seen, lang, terminal)
            show_found(watched.found, lang, terminal)

        def leaves(code: int) -> NoReturn:
            if os.getpid() == process and watcher.on:
                os._exit = leave
                watched.exit_code = code
                finish()
                if tell is not None:
                    tell(watched)
            leave(code)

        interrupted, os._exit = False, leaves
        try:
            if code is None:
                run_module(script, args)
            else:
                run_script(code, args)
            _wait_for_threads()
        except SystemExit as end:
            watched.exit_code = exit_code_of(end)
        except StopWatchingError:
            pass
        except KeyboardInterrupt:
            interrupted, watched.exit_code = True, INTERRUPTED
        except Exception as error:  # noqa: BLE001 — the script's own, told in its own words
            watched.exit_code = 1
            watcher.crashed(error)
            show_traceback(error)
        finally:
            os._exit = leave
        if os.getpid() != process:  # the script forked, and this is its child
            sys.exit(watched.exit_code)
        sys.stdout.flush()
        finish(interrupted=interrupted)
    return watched


def _wait_for_threads() -> None:
    """Wait for the threads of the script, as Python does at its end."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
