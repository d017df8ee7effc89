"""Where in a person's code a module of a network is made, and whether its class ever names it."""

from __future__ import annotations

import ast
import types

from torch import nn

from glassnet.checks.statements import last_name, statement_at, tree_of
from glassnet.trace.source_line import is_own
from glassnet.trace.trace import Source

# what may read any attribute without naming it
MAGIC = {"getattr", "children", "named_children", "modules", "_modules", "__dict__", "vars", "named_modules"}


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
            if not isinstance(node, ast.ClassDef) or node.name != kind.__name__:
                continue
            if node.lineno <= code.co_firstlineno <= (node.end_lineno or 0):
                return code.co_filename, node
    return None


def is_made_there(source: Source, module: nn.Module) -> bool:
    """Tell whether a line makes a module itself, not a library's network that has it inside.

    Args:
        source: The person's line that was running when it was made.
        module: Any.

    Returns:
        Whether the statement there names its class.
    """
    statement = statement_at(source)
    names = {kind.__name__ for kind in type(module).__mro__ if kind is not nn.Module}
    return statement is not None and any(last_name(node) in names for node in ast.walk(statement))


def assigned_at(module: nn.Module, name: str) -> Source | None:
    """Find the line of a module's class that gives it an attribute.

    Args:
        module: Any.
        name: Of the attribute.

    Returns:
        The first such line; None where the class is a library's, or has none.
    """
    owner = class_of(module)
    for part in ast.walk(owner[1]) if owner else ():
        targets = part.targets if isinstance(part, ast.Assign) else []
        targets = [part.target] if isinstance(part, ast.AnnAssign) else targets
        if owner and any(isinstance(target, ast.Attribute) and target.attr == name for target in targets):
            return Source(owner[0], part.lineno, owner[1].name)  # pyright: ignore
    return None


def mentions(node: ast.ClassDef, name: str) -> bool:
    r"""Tell whether a class reads one of its attributes, or something that may stand for all of them.

    Args:
        node: The class.
        name: Of the attribute.

    Returns:
        Whether it does.

    Example:
        >>> code = ast.parse("class A:\n def f(self):\n  return self.x").body[0]
        >>> mentions(code, "x"), mentions(code, "y")
        (True, False)
    """
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Load) and part.attr in {name, *MAGIC}:
            return True
        if isinstance(part, ast.Name) and part.id in MAGIC:
            return True
    return False
