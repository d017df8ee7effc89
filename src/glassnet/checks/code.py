"""A person's own source, read as a tree: what stands at a line, which loops and functions are around it."""

from __future__ import annotations

import ast
import linecache
import sysconfig
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from glassnet.trace.trace import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Seen

_LIBRARIES = tuple({*sysconfig.get_paths().values(), str(Path(__file__).parents[1])})
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, eq=False)
class Code:
    """One file of a person's code, as a tree."""

    file: str
    tree: ast.Module

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The node around each node."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes, from the outside in."""
        return tuple(ast.walk(self.tree))

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """Give the nodes around a node, from the inside out."""
        while (node := self.parents.get(node)) is not None:  # type: ignore[assignment]
            yield node

    def function(self, node: ast.AST) -> ast.AST:
        """Give the function a node stands in, or the whole file."""
        return next((outer for outer in self.around(node) if isinstance(outer, _FUNCTIONS)), self.tree)

    def loops(self, node: ast.AST) -> list[ast.AST]:
        """Give the loops around a node in its function, from the inside out."""
        found: list[ast.AST] = []
        inner = node
        for outer in self.around(node):
            if isinstance(outer, _FUNCTIONS):
                break
            if isinstance(outer, _LOOPS) and inner is not getattr(outer, "iter", None):
                found.append(outer)
            inner = outer
        return found

    def statement(self, line: int) -> ast.stmt | None:
        """Give the innermost statement that covers a line."""
        covering = [
            node
            for node in self.nodes
            if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
        ]
        return max(covering, key=lambda node: (node.lineno, -(node.end_lineno or 0)), default=None)

    def calls(self, name: str, *, inside: ast.AST | None = None) -> list[ast.Call]:
        """Give all calls of a function or method of this name."""
        nodes = self.nodes if inside is None else ast.walk(inside)
        return [node for node in nodes if isinstance(node, ast.Call) and called(node) == name]

    def call_at(self, line: int, name: str) -> ast.Call | None:
        """Give the call of this name that covers a line."""
        covering = [c for c in self.calls(name) if c.lineno <= line <= (c.end_lineno or c.lineno)]
        return covering[-1] if covering else None

    def uncalled(self, *names: str) -> list[ast.Expr]:
        """Give statements such as `optimizer.zero_grad`: a method without its parentheses."""
        return [
            node
            for node in self.nodes
            if isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Attribute)
            and node.value.attr in names
        ]

    @staticmethod
    def opens(node: ast.AST) -> bool:
        """Tell whether a statement has statements of its own: its line is only the head of a block."""
        return hasattr(node, "body")

    def source(self, node: ast.AST) -> Source:
        """Give the place of a node."""
        function = self.function(node)
        return Source(self.file, getattr(node, "lineno", 1), getattr(function, "name", "<module>"))

    def text(self, node: ast.AST) -> str:
        """Give a node as it would be written."""
        return ast.unparse(node)


def called(node: ast.Call) -> str:
    """Give the last name of what is called: `step` for `self.optimizer.step()`."""
    return last_name(node.func)


def last_name(node: ast.AST | None) -> str:
    """Give the last name of an expression: `loader` for `self.loader` and `loader[0]`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return last_name(node.value)
    return node.id if isinstance(node, ast.Name) else ""


def names(node: ast.AST | None) -> set[str]:
    """Give all names and attributes in an expression."""
    if node is None:
        return set()
    return {last_name(part) for part in ast.walk(node) if isinstance(part, (ast.Name, ast.Attribute))}


def targets(node: ast.AST) -> list[ast.expr]:
    """Give what a statement assigns to, tuples taken apart."""
    found: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        found = list(node.targets)
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        found = [node.target]
    return [part for one in found for part in (one.elts if isinstance(one, (ast.Tuple, ast.List)) else [one])]


def own(file: str) -> bool:
    """Tell whether a file is a person's own: neither Python's, nor installed, nor glassnet's."""
    return not file.startswith(_LIBRARIES) and "site-packages" not in file and "dist-packages" not in file


@lru_cache(maxsize=64)
def code_of(file: str) -> Code | None:
    """Read a file of a person's code; a cell of a notebook, too.

    Args:
        file: As a source names it.

    Returns:
        Its tree, or None where there is none to read.
    """
    if not own(file):
        return None
    text = "".join(linecache.getlines(file))
    try:
        return Code(file, ast.parse(text)) if text else None
    except (SyntaxError, ValueError, RecursionError):
        return None


def codes(seen: Seen) -> list[Code]:
    """Give the files that took part in a training: the script first.

    Args:
        seen: Everything that was seen.
    """
    files = [str(seen.script)] if seen.script else []
    files += [event.source.file for event in seen.events if event.source]
    read = [code_of(file) for file in dict.fromkeys(files)]
    return [code for code in read if code is not None]


def place(source: Source | None) -> tuple[Code, ast.stmt] | None:
    """Give the code and the statement at a source."""
    code = code_of(source.file) if source else None
    statement = code.statement(source.line) if code and source else None
    return (code, statement) if code and statement else None
