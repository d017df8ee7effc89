"""Views whose code names the axes in another order than the tensor has: `view(b, w, c * h)` of B×C×H×W."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from glassnet.checks.code import Code, called, last_name, place

if TYPE_CHECKING:
    from glassnet.trace.trace import Op, Trace

VIEWS = ("view", "reshape")
MOVES = frozenset({"permute", "transpose", "movedim", "moveaxis", "swapaxes", "t", "T", "mT", "rearrange"})
REST, UNKNOWN = -1, -2


def is_reordered(trace: Trace, op: Op, value: int) -> bool:
    """Tell whether the line of a view says that it moves axes, which no view does.

    Args:
        trace: Of the pass.
        op: The view.
        value: What it views.

    Returns:
        True where the names in the call stand in another order than the axes that they are the lengths of.
    """
    here, shape = place(op.source), trace.values[value].shape
    if here is None:
        return False
    code, statement = here
    if any(node.lineno <= statement.lineno for node in _moves(code.function(statement))):
        return False
    for call in ast.walk(statement):
        if isinstance(call, ast.Call) and called(call) in VIEWS and isinstance(call.func, ast.Attribute):
            known = _axes_by_name(code, call)
            axes = [axis for given in _sides(call) for axis in sorted(_axes_in(given, known))]
            if axes.count(REST) == 1:
                at, rest = axes.index(REST), [n for n in range(len(shape)) if n not in axes]
                axes[at : at + 1] = rest
            if sorted(axes) == list(range(len(shape))):
                wide = [axis for axis in axes if shape[axis] > 1]
                return wide != sorted(wide)
    return False


def _moves(function: ast.AST) -> list[ast.Name | ast.Attribute]:
    return [
        n for n in ast.walk(function) if isinstance(n, ast.Name | ast.Attribute) and last_name(n) in MOVES
    ]


def _sides(call: ast.Call) -> list[ast.expr]:
    """Give the sides that a view is called with, also those in one tuple."""
    if len(call.args) == 1 and isinstance(call.args[0], ast.Tuple | ast.List):
        return call.args[0].elts
    return call.args


def _axes_by_name(code: Code, call: ast.Call) -> dict[str, int]:
    """Read `b, c, h, w = x.shape` in the function of a call that views x, the last one before it."""
    viewed = last_name(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    found: dict[str, int] = {}
    for node in ast.walk(code.function(call)):
        if not isinstance(node, ast.Assign) or node.lineno >= call.lineno or len(node.targets) != 1:
            continue
        target = node.targets[0]
        if isinstance(target, ast.Tuple) and _is_shape_of(node.value, viewed):
            found = {last_name(one): axis for axis, one in enumerate(target.elts)}
    return found


def _is_shape_of(node: ast.expr, name: str) -> bool:
    called_size = isinstance(node, ast.Call) and not node.args and called(node) == "size"
    of = node.func if isinstance(node, ast.Call) and called_size else node
    return (
        isinstance(of, ast.Attribute) and of.attr in ("shape", "size") and last_name(of.value) == name != ""
    )


def _axes_in(node: ast.expr, known: dict[str, int]) -> list[int]:
    """Give the axes whose sides make up one side of the result, in the order in which they are written."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*_axes_in(node.left, known), *_axes_in(node.right, known)]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return [REST]
    index = None
    if isinstance(node, ast.Call) and called(node) == "size" and len(node.args) == 1:  # x.size(2)
        index = node.args[0]
    elif isinstance(node, ast.Subscript) and last_name(node) == "shape":  # x.shape[2]
        index = node.slice
    if isinstance(index, ast.Constant) and isinstance(index.value, int):
        return [index.value]
    return [known.get(node.id, UNKNOWN)] if isinstance(node, ast.Name) else [UNKNOWN]
