"""Run a script as `python SCRIPT.py ARGS` would."""

from __future__ import annotations

import builtins
import importlib.util
import linecache
import os
import sys
import types
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassnet.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, eq=False)
class Program:
    """A script that can be run; `folder` is put first on the path of modules."""

    code: types.CodeType
    name: str
    folder: str
    spec: ModuleSpec | None = None  # of a folder, an archive, a module
    loader: Any = None


def read_script(script: str) -> Program:
    """Read a script.

    Args:
        script: Its path, as the person wrote it; a folder or archive with a `__main__.py` is one, too.

    Returns:
        The program.

    Raises:
        UsageError: There is no such file, or it is no Python.
    """
    path = os.path.join(os.getcwd(), script)  # not pathlib's: Python, too, keeps `./`
    package = PathFinder.find_spec("__main__", [path]) if not _is_source(script) else None
    try:
        if package is not None and package.loader is not None:
            code = package.loader.get_code("__main__")  # type: ignore[attr-defined]
            return Program(code, script, path, package, package.loader)
        content = Path(path).read_bytes()
        code = compile(content, path, "exec", dont_inherit=True)
    except OSError as error:
        raise UsageError("the script cannot be read", where=script, got=error.strerror) from None
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f"{script}:{line}" if line else script
        got = f"{type(error).__name__}: {getattr(error, 'msg', error)}"
        raise UsageError("this is no Python", where=where, got=got) from None
    return Program(code, script, str(Path(path).resolve().parent), None, SourceFileLoader("__main__", path))


def _is_source(script: str) -> bool:
    return Path(script).is_file() and script.endswith((".py", ".pyw"))


def run_script(program: Program, args: Sequence[str]) -> None:
    """Run a script as the main program: its arguments, its folder first on the path, `__main__`.

    Args:
        program: From `read_script`.
        args: Its arguments.
    """
    sys.argv[:] = [program.name, *args]
    _go_to(program.folder)
    _run(program.code, program.spec, program.loader)


def run_module(name: str, args: Sequence[str]) -> None:
    """Run a module as `python -m NAME ARGS` would.

    Args:
        name: Of the module.
        args: Its arguments.

    Raises:
        UsageError: There is no such module.
    """
    sys.argv[:] = ["-m", *args]
    _go_to(str(Path.cwd()))
    spec = _spec_of(name)
    get_code = getattr(spec.loader, "get_code", None)
    code = get_code(spec.name) if get_code is not None else None
    if code is None:
        raise UsageError("this module is no Python", where=name, got=spec.origin)
    sys.argv[0] = spec.origin or name
    _run(code, spec, spec.loader)


def _spec_of(name: str) -> ModuleSpec:
    """Find a module; of a package its `__main__`."""
    why: object = None
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
    except (ValueError, TypeError, ModuleNotFoundError) as error:
        if isinstance(error, ModuleNotFoundError) and not f"{name}.".startswith(f"{error.name}."):
            raise  # the package's own
        spec, why = None, error
    if spec is None:
        hint = "the working folder and the installed packages are searched"
        raise UsageError("there is no such module", where=name, got=why, hint=hint)
    return spec


def _go_to(folder: str) -> None:
    """Put a folder where Python has that of the main program."""
    if not sys.flags.safe_path:
        sys.path[0:1] = [folder]


def _run(code: types.CodeType, spec: ModuleSpec | None, loader: Any) -> None:
    main = types.ModuleType("__main__")
    main.__dict__.update(
        __file__=code.co_filename, __cached__=getattr(spec, "cached", None), __builtins__=builtins,
        __annotations__={}, __spec__=spec, __loader__=loader,
        __package__=spec.parent if spec is not None else None,
    )  # fmt: skip
    linecache.getlines(code.co_filename, main.__dict__)  # the script may go to another folder
    sys.modules["__main__"] = main
    exec(code, main.__dict__)  # noqa: S102 — what the person asked for


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
