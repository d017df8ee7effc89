"""Where a value of a script comes from: the statements behind a line, read from its source, not run.

A loader is made at one line, its pictures were divided by 255 at another, its transform stands at a third: to
name the right one, the names in the first line are followed backwards through assignments, the functions and
the classes of the same file.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from glassnet.trace.trace import Source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

MOST_NODES = 300
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, eq=False)
class Origin:
    """A statement or expression that a value comes from."""

    file: str
    node: ast.AST
    function: str

    def source(self, node: ast.AST | None = None) -> Source:
        """Give its line, or that of a part of it."""
        return Source(self.file, getattr(node or self.node, "lineno", 1), self.function)

    def walk(self) -> Iterator[ast.AST]:
        """List its parts; of a compound statement its head only."""
        for part in _own_parts(self.node):
            yield from ast.walk(part)


@dataclass(eq=False)
class _File:
    """A parsed file: what stands where."""

    name: str
    tree: ast.Module
    scope_of: dict[ast.AST, ast.AST]  # statement -> function or module around it
    class_of: dict[ast.AST, ast.ClassDef]  # function -> class around it
    statements: list[ast.stmt]
    functions: dict[str, list[ast.AST]]
    classes: dict[str, ast.ClassDef]


@lru_cache(maxsize=32)
def _parsed(name: str) -> _File | None:
    try:
        tree = ast.parse(Path(name).read_text("utf-8"))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    file = _File(name, tree, {}, {}, [], {}, {})
    _index(file, tree, tree, None)
    return file


def _index(file: _File, node: ast.AST, scope: ast.AST, inside: ast.ClassDef | None) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            file.scope_of[child] = scope
            file.statements.append(child)
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            file.functions.setdefault(child.name, []).append(child)
            if inside is not None:
                file.class_of[child] = inside
            _index(file, child, child, inside)
        elif isinstance(child, ast.ClassDef):
            file.classes[child.name] = child
            _index(file, child, scope, child)
        else:
            _index(file, child, scope, inside)


def _own_parts(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.For | ast.AsyncFor):
        return [node.target, node.iter]
    if isinstance(node, ast.With | ast.AsyncWith):
        return list(node.items)
    if isinstance(node, ast.If | ast.While):
        return [node.test]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Try):
        return []
    return [node]


def origins_of(source: Source | None, *, names: Collection[str] = ()) -> list[Origin]:
    """List the statements that the value made at a line comes from.

    Args:
        source: The line.
        names: If given, only these variables of the line are followed.

    Returns:
        The statement itself first, then those behind it, nearest first; empty where the file cannot be read.
    """
    file = _parsed(source.file) if source else None
    if source is None or file is None:
        return []
    start = _statement_at(file, source.line)
    if start is None:
        return []
    found: list[Origin] = []
    done: set[int] = set()
    waiting: list[tuple[ast.AST, ast.AST]] = [(start, file.scope_of.get(start, file.tree))]
    while waiting and len(found) < MOST_NODES:
        node, scope = waiting.pop(0)
        if id(node) in done:
            continue
        done.add(id(node))
        origin = Origin(file.name, node, getattr(scope, "name", "<module>"))
        found.append(origin)
        only = names if node is start else ()
        waiting.extend(_behind(file, origin, scope, only))
    return found


def names_given(source: Source | None) -> tuple[str, ...]:
    """Name the variables that the innermost call of a line is given.

    In `loss = criterion(net(images[i]), labels[i])` these are `images` and `i`: what goes into the network.
    """
    file = _parsed(source.file) if source else None
    start = _statement_at(file, source.line) if file is not None and source is not None else None
    if start is None:
        return ()
    parts = [part for own in _own_parts(start) for part in ast.walk(own) if isinstance(part, ast.Call)]
    call = parts[0] if parts else None
    while call is not None:
        first = [part for part in ast.walk(call.args[0]) if isinstance(part, ast.Call)] if call.args else []
        if not first:
            break
        call = first[0]
    if call is None:
        return ()
    inside = [*call.args, *([call.func.value] if isinstance(call.func, ast.Attribute) else [])]
    found = [part for one in inside for part in ast.walk(one)]
    names = [p.id for p in found if isinstance(p, ast.Name)] + [p.attr for p in found if _is_of_self(p)]
    return tuple(dict.fromkeys(name for name in names if name != "self"))


def _statement_at(file: _File, line: int) -> ast.stmt | None:
    """Find the smallest statement around a line."""
    around = [s for s in file.statements if s.lineno <= line <= (s.end_lineno or s.lineno)]
    return max(around, key=lambda s: (s.lineno, -(s.end_lineno or s.lineno)), default=None)


def _behind(
    file: _File, origin: Origin, scope: ast.AST, only: Collection[str]
) -> Iterator[tuple[ast.AST, ast.AST]]:
    for part in origin.walk():
        if isinstance(part, ast.Call):
            yield from _called(file, part)
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and (not only or part.id in only):
            yield from _assigned(file, part.id, scope, part.lineno)
        elif _is_of_self(part) and (not only or part.attr in only):
            yield from _assigned_to_self(file, part.attr, scope)


def _is_of_self(part: ast.AST) -> TypeGuard[ast.Attribute]:
    return (
        isinstance(part, ast.Attribute)
        and isinstance(part.ctx, ast.Load)
        and isinstance(part.value, ast.Name)
        and part.value.id == "self"
    )


def _called(file: _File, call: ast.Call) -> Iterator[tuple[ast.AST, ast.AST]]:
    name = last_name(call.func)
    for function in file.functions.get(name, ()):
        if function not in file.class_of or isinstance(call.func, ast.Attribute):
            yield from _body(file, function)
    made = file.classes.get(name)
    if made is not None:
        for function in ast.walk(made):
            if getattr(function, "name", "") in ("__init__", "__getitem__", "__iter__", "__call__"):
                yield from _body(file, function)


def _body(file: _File, function: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    for statement in file.statements:
        if file.scope_of[statement] is function:
            yield statement, function


def _assigned(file: _File, name: str, scope: ast.AST, line: int) -> Iterator[tuple[ast.AST, ast.AST]]:
    if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        own = [s for s in file.statements if file.scope_of[s] is scope and _assigns(s, name)]
        before = [s for s in own if s.lineno <= line] or own
        if before:
            yield from ((s, scope) for s in reversed(before))
            return
        arguments = [a.arg for a in (*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs)]
        if name in arguments:
            yield from _given(file, scope, arguments, name)
            return
        around = file.scope_of.get(scope, file.tree)
        yield from _assigned(file, name, around, 10**9)
        return
    own = [s for s in file.statements if file.scope_of[s] is file.tree and _assigns(s, name)]
    before = [s for s in own if s.lineno <= line] or own
    yield from ((s, file.tree) for s in reversed(before))


def _given(
    file: _File, function: ast.FunctionDef | ast.AsyncFunctionDef, arguments: list[str], name: str
) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Find what the only caller of a function gives as one of its arguments."""
    wanted = function.name
    if function in file.class_of:
        if function.name == "__init__":
            wanted = file.class_of[function].name
        arguments = arguments[1:]
    calls = [
        (statement, call)
        for statement in file.statements
        for part in _own_parts(statement)
        for call in ast.walk(part)
        if isinstance(call, ast.Call) and last_name(call.func) == wanted
    ]
    if len({id(call) for _, call in calls}) != 1:
        return
    statement, call = calls[0]
    scope = file.scope_of[statement]
    for keyword in call.keywords:
        if keyword.arg == name:
            yield keyword.value, scope
            return
    place = arguments.index(name) if name in arguments else len(call.args)
    if place < len(call.args):
        yield call.args[place], scope


def _assigned_to_self(file: _File, name: str, scope: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    inside = file.class_of.get(scope)
    for statement in file.statements:
        around = file.scope_of[statement]
        if file.class_of.get(around) is not inside or inside is None:
            continue
        for target in _targets(statement):
            if isinstance(target, ast.Attribute) and target.attr == name:
                yield statement, around


def _assigns(statement: ast.stmt, name: str) -> bool:
    """Tell whether a statement sets a variable, changes it, or something of it."""
    for target in _targets(statement):
        root = target
        while isinstance(root, ast.Attribute | ast.Subscript | ast.Starred):
            root = root.value
        if isinstance(root, ast.Name) and root.id == name:
            return True
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        root = statement.value.func
        while isinstance(root, ast.Attribute | ast.Subscript | ast.Call):
            root = root.func if isinstance(root, ast.Call) else root.value
        return (
            isinstance(root, ast.Name) and root.id == name and isinstance(statement.value.func, ast.Attribute)
        )
    return False


def _targets(statement: ast.stmt) -> Iterator[ast.AST]:
    targets: list[ast.AST] = []
    if isinstance(statement, ast.Assign):
        targets = list(statement.targets)
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign | ast.For | ast.AsyncFor):
        targets = [statement.target]
    elif isinstance(statement, ast.With | ast.AsyncWith):
        targets = [item.optional_vars for item in statement.items if item.optional_vars]
    while targets:
        target = targets.pop()
        if isinstance(target, ast.Tuple | ast.List):
            targets.extend(target.elts)
        else:
            yield target


def last_name(function: ast.AST) -> str:
    """Give the last part of a called name: `Normalize` of `transforms.Normalize`."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def calls_in(origins: list[Origin], names: Collection[str]) -> Iterator[tuple[Origin, ast.Call]]:
    """List the calls of functions with these last names, in the order of the origins."""
    for origin in origins:
        for part in origin.walk():
            if isinstance(part, ast.Call) and last_name(part.func) in names:
                yield origin, part


def without_other_keys(origins: list[Origin], names: Collection[str]) -> list[Origin]:
    """Leave out what stands under other keys, where one of these names is a key of a dict.

    `{"train": …, "val": …}` is read for `val` only as what stands under `"val"`.
    """
    kept: list[Origin] = []
    for origin in origins:
        matching = [
            value
            for part in origin.walk()
            if isinstance(part, ast.Dict)
            for key, value in zip(part.keys, part.values, strict=True)
            if isinstance(key, ast.Constant) and key.value in names
        ]
        kept.extend(Origin(origin.file, value, origin.function) for value in matching)
        if not matching:
            kept.append(origin)
    return kept


def line_of_call(origins: list[Origin], names: Collection[str]) -> Source | None:
    """Find the line of the first call of one of these functions."""
    for origin, call in calls_in(origins, names):
        return origin.source(call)
    return None


def line_of_class(type_: type, method: str = "__getitem__") -> Source | None:
    """Find the line where a person's class defines a method."""
    function = type_.__dict__.get(method)
    code = getattr(function, "__code__", None)
    return Source(code.co_filename, code.co_firstlineno, method) if code else None


def line_that_sets(file: str, name: str) -> Source | None:
    """Find the first line that sets a variable of a file's top level, or an attribute such as `self.rng`."""
    parsed = _parsed(file)
    if parsed is None:
        return None
    own, _, attribute = name.partition(".")
    for statement in parsed.statements:
        scope = parsed.scope_of[statement]
        if attribute:
            found = any(isinstance(t, ast.Attribute) and t.attr == attribute for t in _targets(statement))
        else:
            found = scope is parsed.tree and _assigns(statement, own)
        if found:
            return Source(file, statement.lineno, getattr(scope, "name", "<module>"))
    return None
