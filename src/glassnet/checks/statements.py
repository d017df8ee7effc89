"""What stands in a person's code around a line: the statement, and whether it throws its result away."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from glassnet.trace.trace import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

Fate = Literal["thrown away", "never read", "unknown"]

LOOPS = (ast.For, ast.While, ast.AsyncFor)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# they do something with what they are given, so that a bare statement of them throws nothing away
CONSUMERS = {
    "print", "append", "extend", "insert", "update", "add", "save", "setattr", "write", "info", "debug",
    "format",
    "setdefault", "put", "hist", "plot", "imshow", "show", "backward", "step", "register_buffer", "exit",
}  # fmt: skip
CONSUMER_STARTS = (
    "add_",
    "log",
    "print_",
    "set_",
    "save_",
    "register_",
    "plot_",
    "show_",
    "record",
    "check",
    "assert",
)


@lru_cache(maxsize=64)
def tree_of(file: str) -> ast.Module | None:
    """Parse a file.

    Args:
        file: Its path.

    Returns:
        Its syntax tree; None where it cannot be read or is no Python.
    """
    try:
        return ast.parse(Path(file).read_text("utf-8", errors="replace"))
    except (OSError, SyntaxError, ValueError):
        return None


def statement_at(source: Source) -> ast.stmt | None:
    """Find the innermost statement around a line.

    Args:
        source: The line.

    Returns:
        The statement; None where the file cannot be read.
    """
    return _innermost(source.file, source.line, ast.stmt)


def _innermost(file: str, line: int, kinds: type | tuple[type, ...]) -> Any:
    tree = tree_of(file)
    if tree is None:
        return None
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, kinds) and node.lineno <= line <= (node.end_lineno or node.lineno)  # pyright: ignore
    ]
    return max(around, key=lambda node: (node.lineno, -(node.end_lineno or 0)), default=None)  # pyright: ignore


def last_name(node: ast.AST) -> str:
    """Give the last part of a dotted name.

    Args:
        node: An expression.

    Returns:
        `relu` of `torch.nn.functional.relu`; empty for anything else.

    Example:
        >>> last_name(ast.parse("nn.functional.relu", mode="eval").body)
        'relu'
    """
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


@dataclass(frozen=True, slots=True)
class Lost:
    """What becomes of a result in the code: its fate, the line, and the line that overwrites its name."""

    fate: Fate
    source: Source
    name: str = ""
    overwritten: int | None = None


def fate_of(source: Source) -> Lost:
    """Read from the code what becomes of a result that no operation reads.

    Args:
        source: The line that made it.

    Returns:
        `thrown away` where the line is a statement by itself; `never read` where it gets a name that nobody
        reads before it is given to something else; `unknown` otherwise: kept as an attribute, printed, ….
    """
    statement = statement_at(source)
    unknown = Lost("unknown", source)
    if isinstance(statement, ast.Expr):
        return Lost("thrown away", source) if _throws_away(statement.value) else unknown
    if isinstance(statement, ast.Return):
        line = _called_for_nothing(source)
        return unknown if line is None else Lost("thrown away", Source(source.file, line, ""))
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        return unknown
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    if len(names) != 1 or len(targets) != 1 or names[0].startswith("_"):
        return unknown
    return _of_name(source, statement, names[0])


def _throws_away(value: ast.expr) -> bool:
    if isinstance(value, ast.BinOp | ast.UnaryOp | ast.Compare):
        return True
    if not isinstance(value, ast.Call):
        return False
    name = last_name(value.func)
    if isinstance(value.func, ast.Subscript | ast.Call):
        return True
    return bool(name) and name not in CONSUMERS and not name.startswith(CONSUMER_STARTS)


def _called_for_nothing(source: Source) -> int | None:
    """Find a statement that calls a function of this file by itself."""
    tree = tree_of(source.file)
    if tree is None or source.function in {"forward", "__call__"}:
        return None
    lines = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and last_name(node.value.func) == source.function
    ]
    return lines[0] if len(lines) == 1 else None


def _of_name(source: Source, statement: ast.stmt, name: str) -> Lost:
    unknown = Lost("unknown", source)
    scope = _innermost(source.file, source.line, FUNCTIONS) or tree_of(source.file)
    if scope is None:
        return unknown
    if any(isinstance(node, ast.Global | ast.Nonlocal) and name in node.names for node in ast.walk(scope)):
        return unknown
    reads = [
        node.lineno
        for node in ast.walk(scope)
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Store)
    ]
    reads += [
        node.lineno
        for node in ast.walk(scope)
        if isinstance(node, ast.AugAssign) and last_name(node.target) == name
    ]
    end = statement.end_lineno or statement.lineno
    overwriting = _overwritten(scope, statement, name)
    last = (overwriting.end_lineno or overwriting.lineno) if overwriting else sys.maxsize
    after = [line for line in reads if end < line <= last]
    loop = _innermost(source.file, source.line, LOOPS)
    if loop is not None and overwriting is None and loop.lineno >= getattr(scope, "lineno", 0):  # pyright: ignore
        after += [line for line in reads if loop.lineno <= line < statement.lineno]  # pyright: ignore
    if after:
        return unknown
    return Lost("never read", source, name, overwriting.lineno if overwriting else None)


def _overwritten(scope: ast.AST, statement: ast.stmt, name: str) -> ast.stmt | None:
    """Find the next statement that gives the name to something else, whichever way the code goes."""
    for block in _blocks_around(scope, statement):
        place = next(
            i for i, node in enumerate(block) if node.lineno <= statement.lineno <= (node.end_lineno or 0)
        )
        for node in block[place + 1 :]:
            if isinstance(node, ast.Assign) and any(
                isinstance(part, ast.Name) and part.id == name
                for target in node.targets
                for part in ast.walk(target)
            ):
                return node
    return None


def _blocks_around(scope: ast.AST, statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """List the blocks that hold a statement, the innermost first."""
    blocks = []
    for node in ast.walk(scope):
        for part in ("body", "orelse", "finalbody"):
            block = getattr(node, part, None)
            if isinstance(block, list) and any(
                one.lineno <= statement.lineno <= (one.end_lineno or 0) for one in block
            ):
                blocks.append(block)
    yield from sorted(blocks, key=lambda block: -block[0].lineno)
