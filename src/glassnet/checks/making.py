"""Where in a person's code a module of a network is made, and whether its class ever names it."""

from __future__ import annotations

import ast
import types
from typing import TYPE_CHECKING

from torch import nn

from glassnet.checks.statements import last_name, tree_of
from glassnet.trace.source_line import is_own
from glassnet.trace.trace import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CONTAINERS = {"Sequential", "ModuleList"}


def class_of(module: nn.Module) -> tuple[str, ast.ClassDef] | None:
    """Find the class of a module in a person's code.

    Args:
        module: Any.

    Returns:
        The file and the class statement; None for a class of a library.
    """
    kind = type(module)
    for content in vars(kind).values():
        code = getattr(content, "__code__", None)
        if not isinstance(code, types.CodeType) or not is_own(code.co_filename):
            continue
        tree = tree_of(code.co_filename)
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, ast.ClassDef) and node.name == kind.__name__:
                if node.lineno <= code.co_firstlineno <= (node.end_lineno or 0):
                    return code.co_filename, node
    return None


def made_at(root: nn.Module, path: str, files: Iterable[str] = ()) -> Source | None:
    """Find the line that makes a module.

    Args:
        root: The network.
        path: Of the module in it.
        files: Of the person, searched for containers and heads that no class of theirs holds.

    Returns:
        The line of `self.conv1 = …`, of the element of `nn.Sequential(…)`, or of `net.fc = …`; None where
        nothing of this kind is found.
    """
    parts = path.split(".") if path else []
    modules = [root]
    for part in parts:
        inner = modules[-1]._modules.get(part)  # noqa: SLF001 — get_submodule refuses odd names
        if inner is None:
            return None
        modules.append(inner)
    for depth in range(len(parts) - 1, -1, -1):
        owner = class_of(modules[depth])
        if owner is not None:
            file, node = owner
            value = _assigned(node, parts[depth])
            if value is None:
                return None
            return _source(file, _element(value, parts[depth + 1 :]), node.name)
    for depth in range(len(parts) + 1):
        if not isinstance(modules[depth], nn.Sequential) and depth < len(parts):
            name = parts[depth]
            found = _head(name, files)
            if found is not None:
                file, value = found
                return _source(file, _element(value, parts[depth + 1 :]), "")
            continue
        for file in files:
            for value in _calls(tree_of(file)):
                if _fits(value, modules[depth]):
                    return _source(file, _element(value, parts[depth:]), "")
    return None


def mentions(node: ast.ClassDef, name: str) -> bool:
    """Tell whether a class reads one of its attributes anywhere, or something that may stand for all of them.

    Args:
        node: The class.
        name: Of the attribute.

    Returns:
        Whether it does.

    Example:
        >>> code = ast.parse("class A:\\n def f(self):\\n  return self.x").body[0]
        >>> mentions(code, "x"), mentions(code, "y")
        (True, False)
    """
    magic = {
        "getattr",
        "children",
        "named_children",
        "modules",
        "_modules",
        "__dict__",
        "vars",
        "named_modules",
    }
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Load) and part.attr in {name, *magic}:
            return True
        if isinstance(part, ast.Name) and part.id in magic:
            return True
    return False


def _source(file: str, node: ast.AST, function: str) -> Source:
    return Source(file, node.lineno, function)  # pyright: ignore[reportAttributeAccessIssue]


def _assigned(node: ast.AST, name: str) -> ast.expr | None:
    """Find what a class gives to `self.name`, or to `add_module("name", …)`."""
    for part in ast.walk(node):
        if isinstance(part, ast.Assign) and any(
            isinstance(target, ast.Attribute) and target.attr == name for target in part.targets
        ):
            return part.value
        if (
            isinstance(part, ast.AnnAssign)
            and isinstance(part.target, ast.Attribute)
            and part.target.attr == name
        ):
            return part.value
        if isinstance(part, ast.Call) and last_name(part.func) in {
            "add_module",
            "register_module",
            "setattr",
        }:
            if any(isinstance(given, ast.Constant) and given.value == name for given in part.args):
                return part.args[-1]
    return None


def _element(value: ast.expr, parts: list[str]) -> ast.expr:
    """Go down into the arguments of containers, as far as they are written out."""
    for part in parts:
        if not isinstance(value, ast.Call) or last_name(value.func) not in CONTAINERS:
            return value
        found = None
        arguments = value.args
        if len(arguments) == 1 and isinstance(arguments[0], ast.List | ast.Tuple):
            arguments = arguments[0].elts
        if len(arguments) == 1 and last_name(getattr(arguments[0], "func", ast.Pass())) == "OrderedDict":
            found = _of_pairs(arguments[0], part)
        elif part.isdigit() and not any(isinstance(one, ast.Starred) for one in arguments):
            found = arguments[int(part)] if int(part) < len(arguments) else None
        if found is None:
            return value
        value = found
    return value


def _of_pairs(call: ast.expr, name: str) -> ast.expr | None:
    for part in ast.walk(call):
        if isinstance(part, ast.Tuple) and len(part.elts) == 2 and isinstance(part.elts[0], ast.Constant):  # noqa: PLR2004
            if part.elts[0].value == name:
                return part.elts[1]
        if isinstance(part, ast.Dict):
            for key, value in zip(part.keys, part.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == name:
                    return value
    return None


def _head(name: str, files: Iterable[str]) -> tuple[str, ast.expr] | None:
    """Find `net.fc = …` outside classes of networks."""
    for file in files:
        tree = tree_of(file)
        for part in ast.walk(tree) if tree is not None else ():
            if isinstance(part, ast.Assign) and any(
                isinstance(target, ast.Attribute)
                and target.attr == name
                and last_name(target.value) != "self"
                for target in part.targets
            ):
                return file, part.value
    return None


def _calls(tree: ast.Module | None) -> Iterator[ast.Call]:
    for part in ast.walk(tree) if tree is not None else ():
        if isinstance(part, ast.Call) and last_name(part.func) == "Sequential":
            yield part


def _fits(call: ast.Call, module: nn.Module) -> bool:
    """Tell whether a written container has the same kinds of layers in the same order."""
    arguments = call.args
    names = [last_name(one.func) if isinstance(one, ast.Call) else "" for one in arguments]
    kinds = [type(child).__name__ for child in module.children()]
    return len(names) == len(kinds) and all(
        name in {kind, ""} for name, kind in zip(names, kinds, strict=True)
    )
