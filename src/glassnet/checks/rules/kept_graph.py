"""Graphs of earlier steps that are kept alive."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from glassnet.checks.code import Code, called, codes, last_name, names, place, targets
from glassnet.checks.finding import Finding
from glassnet.checks.timeline import passes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Seen
    from glassnet.trace.trace import Source

MANY_ALIVE = 5  # losses of earlier steps: more than a person keeps at hand
FREED = {"item", "detach", "detach_", "data", "tolist", "numpy", "float", "int", "no_grad"}
COMPUTES = re.compile(r"loss|criterion|cross_entropy|objective", re.IGNORECASE)
TWICE = "backward through the graph a second time"


def graph_kept_alive(seen: Seen) -> Iterator[Finding]:
    """Find losses that are summed or collected with their graphs, and graphs that are kept for no reason.

    Args:
        seen: Everything that was seen.

    Yields:
        A warning at the line that keeps the graph, a note for a needless `retain_graph=True`.
    """
    if seen.crash and TWICE in seen.crash.message:
        number = sum(event.kind == "backward" for event in seen.events)
        yield Finding(
            "graph-kept-alive", "error", seen.crash.source, evidence={"number": number}, form="twice",
            explains=("loss-without-gradient", "step-order"),
        )  # fmt: skip
        return
    growing = _growing(seen)
    if growing:
        yield growing
        return
    found = False
    for code, node, loss in _gathered(seen):
        found = True
        evidence: dict[str, object] = {"loss": loss, "line": code.text(node), "steps": seen.num_steps}
        form = "collected" if isinstance(node, ast.Expr) else "summed"
        yield Finding("graph-kept-alive", "warning", code.source(node), evidence=evidence, form=form)
    if not found:
        yield from _retained(seen)


def _lost_lines(seen: Seen) -> dict[str, list[tuple[Code, ast.stmt, bool]]]:
    """Give the lines of backward calls by file, and passes with gradients that had none."""
    found: dict[str, list[tuple[Code, ast.stmt, bool]]] = {}
    for source, trained in _lines(seen).items():
        at = place(source)
        if at:
            found.setdefault(source.file, []).append((*at, trained))
    return found


def _lines(seen: Seen) -> dict[Source, bool]:
    lines: dict[Source, bool] = {}
    for event in seen.events:
        if event.kind == "backward" and event.source:
            lines[event.source] = True
    for one in passes(seen):
        if one.event.source and one.event.facts.get("grad", True) and not one.backward:
            lines.setdefault(one.event.source, False)
    return lines


def _gathered(seen: Seen) -> Iterator[tuple[Code, ast.stmt, str]]:
    """Give statements in a loop with backward (or an evaluation with graphs) that gather losses whole."""
    told: set[ast.AST] = set()
    for places in _lost_lines(seen).values():
        for code, statement, trained in places:
            loops = code.loops(statement)
            block = loops[0] if loops else code.function(statement)
            losses = _loss_names(code, block, statement, trained=trained)
            for node in ast.walk(block):
                if (
                    node in told
                    or not isinstance(node, (ast.AugAssign, ast.Assign, ast.Expr))
                    or _without_graph(code, node)
                ):
                    continue
                loss = _keeps(node, losses) or ("" if trained else _computed(node))
                if loss and not _goes_backward(code, node, block) and _outlives(code, node, block):
                    told.add(node)
                    yield code, node, loss


def _loss_names(code: Code, block: ast.AST, statement: ast.stmt, *, trained: bool) -> set[str]:
    """Give the variables that hold a loss with its graph."""
    if trained:
        backward = [
            node for node in ast.walk(statement) if isinstance(node, ast.Call) and called(node) == "backward"
        ]
        found = {last_name(node.func.value) for node in backward if isinstance(node.func, ast.Attribute)}
        found |= {
            n
            for node in backward
            if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call)
            for a in node.func.value.args
            for n in names(a)
        }
    else:
        found = {
            last_name(target)
            for node in ast.walk(block)
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and COMPUTES.search(called(node.value))
            for target in targets(node)
        }
    detached = {
        last_name(target)
        for node in ast.walk(block)
        if isinstance(node, ast.Assign) and names(node.value) & FREED
        for target in targets(node)
    }
    del code
    return {name for name in found if name and name not in detached}


def _keeps(node: ast.stmt, losses: set[str]) -> str:
    """Give the loss that a statement adds to something, whole."""
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        return _whole(node.value, losses)
    if (
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.BinOp)
        and isinstance(node.value.op, ast.Add)
    ):
        target = last_name(node.targets[0])
        sides = (node.value.left, node.value.right)
        if target and target not in losses and any(last_name(side) == target for side in sides):
            return next((loss for side in sides if (loss := _whole(side, losses))), "")
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and called(node.value) == "append":
        return _whole(node.value.args[0], losses) if node.value.args else ""
    return ""


def _computed(node: ast.stmt) -> str:
    """Give the call that computes a loss, where a statement adds it up whole: `total += criterion(…)`."""
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and isinstance(node.value, ast.Call):
        return called(node.value) if COMPUTES.search(called(node.value)) else ""
    return ""


def _whole(value: ast.expr, losses: set[str]) -> str:
    """Give the loss in an expression that keeps its graph."""
    if names(value) & FREED or any(
        isinstance(part, ast.Call)
        and called(part) in FREED | {"size", "len", "append"}
        and last_name(part.func) not in {"size", "len"}
        for part in ast.walk(value)
    ):
        return ""
    if isinstance(value, ast.BinOp):
        return _whole(value.left, losses) or _whole(value.right, losses)
    if isinstance(value, (ast.Name, ast.Attribute)):
        return last_name(value) if last_name(value) in losses else ""
    return ""


def _goes_backward(code: Code, node: ast.stmt, block: ast.AST) -> bool:
    """Tell whether what is summed is itself a loss: backward is called on it, or it goes into one."""
    if isinstance(node, ast.Expr):
        call = node.value
        gathered = (
            last_name(call.func.value)
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
            else ""
        )
    else:
        gathered = last_name(targets(node)[0])
    function = code.function(block)
    for call in code.calls("backward", inside=function):
        if isinstance(call.func, ast.Attribute) and gathered in names(call.func.value):
            return True
    for other in ast.walk(function):  # total = sum(losses); total.backward()
        if isinstance(other, ast.Assign) and gathered in names(other.value) and other is not node:
            made = {last_name(target) for target in targets(other)}
            if any(
                isinstance(c.func, ast.Attribute) and last_name(c.func.value) in made
                for c in code.calls("backward", inside=function)
            ):
                return True
    return False


def _outlives(code: Code, node: ast.stmt, block: ast.AST) -> bool:
    """Tell whether what gathers was there before the loop over the batches."""
    if isinstance(node, ast.Expr):
        call = node.value
        name = (
            last_name(call.func.value)
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
            else ""
        )
    else:
        target = targets(node)[0]
        if isinstance(target, (ast.Attribute, ast.Subscript)):
            return True
        name = last_name(target)
    inside = any(
        isinstance(other, ast.Assign) and other is not node and name in {last_name(t) for t in targets(other)}
        and not names(other.value) & {name}
        for other in ast.walk(block)
    )  # fmt: skip
    return bool(name) and (not inside or not isinstance(block, (ast.For, ast.While)))


def _without_graph(code: Code, node: ast.AST) -> bool:
    """Tell whether a line runs under `no_grad`."""
    for outer in code.around(node):
        if isinstance(outer, ast.With) and any(
            names(item.context_expr) & {"no_grad", "inference_mode", "set_grad_enabled"}
            for item in outer.items
        ):
            return "set_grad_enabled" not in {n for item in outer.items for n in names(item.context_expr)}
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return any(names(one) & {"no_grad", "inference_mode"} for one in outer.decorator_list)
    return False


def _growing(seen: Seen) -> Finding | None:
    """Find losses that stay alive from step to step, as the watch counted, and are gathered elsewhere."""
    alive = [e for e in seen.events if e.kind == "backward" and e.facts.get("alive") is not None]
    most = max((e.facts["alive"] for e in alive), default=0)
    if most < MANY_ALIVE or next(_gathered(seen), None) is not None:
        return None
    evidence: dict[str, object] = {"alive": most, "steps": seen.num_steps}
    source = _gatherer(seen) or alive[-1].source
    return Finding("graph-kept-alive", "warning", source, evidence=evidence, form="growing")


def _gatherer(seen: Seen) -> Source | None:
    """Find a line that appends or adds up something called a loss, whole."""
    for code in codes(seen):
        for node in code.nodes:
            if isinstance(node, (ast.Expr, ast.AugAssign)) and not _without_graph(code, node):
                value = node.value
                if isinstance(node, ast.Expr):
                    if not isinstance(value, ast.Call) or called(value) != "append" or not value.args:
                        continue
                    value = value.args[0]
                if any(COMPUTES.search(name) for name in names(value)) and not names(value) & FREED:
                    return code.source(node)
    return None


def _retained(seen: Seen) -> Iterator[Finding]:
    """Find `retain_graph=True` where only one backward pass uses the graph."""
    told: set[ast.AST] = set()
    for code in codes(seen):
        for call in code.calls("backward"):
            keeps = [
                k
                for k in call.keywords
                if k.arg == "retain_graph" and isinstance(k.value, ast.Constant) and k.value.value is True
            ]
            if not keeps or call in told:
                continue
            loops = code.loops(call)
            block = loops[0] if loops else code.function(call)
            others = [one for one in code.calls("backward", inside=block) if one is not call]
            others += code.calls("grad", inside=block)
            ran = [
                e
                for e in seen.events
                if e.kind == "backward"
                and e.source
                and e.source.file == code.file
                and call.lineno <= e.source.line <= (call.end_lineno or call.lineno)
            ]
            if ran and not others:
                told.add(call)
                state = _hidden_state(code, block)
                yield Finding(
                    "graph-kept-alive", "warning" if state else "note", code.source(call),
                    evidence={"steps": seen.num_steps, "state": state}, form="state" if state else "retained",
                )  # fmt: skip


def _hidden_state(code: Code, block: ast.AST) -> str:
    """Give the variable that carries the graph of one batch into the next: `out, h = net(x, h)`."""
    for node in ast.walk(block):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            given = {last_name(a) for a in [*node.value.args, *(k.value for k in node.value.keywords)]} - {""}
            for target in targets(node):
                name = last_name(target)
                if name in given and not any(
                    name in names(call.func)
                    for call in [*code.calls("detach", inside=block), *code.calls("detach_", inside=block)]
                ):
                    return name
    return ""
