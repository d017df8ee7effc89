"""Run a script as `python SCRIPT.py ARGS` would."""

from __future__ import annotations

import linecache
import os
import runpy
import sys
import traceback
import types
from pathlib import Path
from typing import TYPE_CHECKING

from glassnet.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

OURS = f"{Path(__file__).parent.parent}{os.sep}"
RUNPY = runpy.__file__


def compiled(script: str) -> types.CodeType:
    """Read a script.

    Args:
        script: Its path, as the person wrote it.

    Returns:
        Its code, of that name.

    Raises:
        UsageError: There is no such file, or it is no Python.
    """
    path = Path(script)
    if path.is_dir():
        path = path / "__main__.py"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError("the script cannot be read", where=script, got=error.strerror) from None
    try:
        return compile(content, str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f"{script}:{line}" if line else script
        got = f"{type(error).__name__}: {getattr(error, 'msg', error)}"
        raise UsageError("this is no Python", where=where, got=got) from None


def run_script(code: types.CodeType, args: Sequence[str]) -> None:
    """Run a script as the main program: its arguments, its folder first on the path, `__main__`.

    Args:
        code: From `compiled`.
        args: Its arguments.
    """
    main = types.ModuleType("__main__")
    main.__dict__.update(__file__=code.co_filename, __cached__=None, __builtins__=__builtins__)
    linecache.getlines(code.co_filename)  # the script may go to another folder
    sys.argv[:] = [code.co_filename, *args]
    sys.path[0:1] = [str(Path(code.co_filename).resolve().parent)]
    sys.modules["__main__"] = main
    exec(code, main.__dict__)  # noqa: S102 — what the person asked for


def run_module(name: str, args: Sequence[str]) -> None:
    """Run a module as `python -m NAME ARGS` would.

    Args:
        name: Of the module.
        args: Its arguments.

    Raises:
        UsageError: There is no such module.
    """
    sys.argv[:] = [name, *args]
    sys.path[0:1] = [str(Path.cwd())]
    try:
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    except ImportError as error:
        frames = traceback.extract_tb(error.__traceback__)
        if all(frame.filename.startswith((OURS, "<frozen")) or frame.filename == RUNPY for frame in frames):
            hint = "the working folder and the installed packages are searched"
            raise UsageError("there is no such module", where=name, got=error, hint=hint) from None
        raise


def show_traceback(error: BaseException) -> None:
    """Show a script's own exception as Python does, without the lines of glassnet.

    Args:
        error: Not caught by the script.
    """
    if sys.excepthook is not sys.__excepthook__:  # the script's own
        sys.excepthook(type(error), error, error.__traceback__)
        return
    told = traceback.TracebackException.from_exception(error)
    waiting = [told]
    while waiting:
        one = waiting.pop()
        one.stack = traceback.StackSummary.from_list([f for f in one.stack if not _is_ours(f.filename)])
        waiting.extend(inner for inner in (one.__cause__, one.__context__) if inner is not None)
        waiting.extend(one.exceptions or ())
    print("".join(told.format()), end="", file=sys.stderr)  # noqa: T201 — the script's own words


def _is_ours(file: str) -> bool:
    return file.startswith((OURS, "<frozen runpy")) or file == RUNPY


def exit_code_of(end: SystemExit) -> int:
    """Tell the exit code that Python would leave with, and print what it would print.

    Args:
        end: Raised by `sys.exit`.

    Returns:
        The code.

    Example:
        >>> exit_code_of(SystemExit(None)), exit_code_of(SystemExit(3))
        (0, 3)
    """
    if end.code is None:
        return 0
    if isinstance(end.code, int):
        return end.code & 0xFF
    print(end.code, file=sys.stderr)  # noqa: T201 — as Python does
    return 1
