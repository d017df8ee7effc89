"""Gradients of several batches in one step, summed instead of averaged."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from glassnet.checks.code import Code, names, place
from glassnet.checks.finding import Finding
from glassnet.checks.timeline import steps_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Event, Look, Optimizer, Seen

ADAPTIVE = re.compile(r"adam|rmsprop|adagrad|lion|lamb|nadam", re.IGNORECASE)
FOLLOWS = ("learning-rate-too-high", "exploding-gradients", "dead-relus", "saturated-activations", "plateau")
LOSSES = {
    "cross_entropy",
    "nll_loss",
    "mse_loss",
    "l1_loss",
    "smooth_l1_loss",
    "huber_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "kl_div",
    "multi_margin_loss",
    "mean",
}


def accumulation_not_scaled(seen: Seen) -> Iterator[Finding]:
    """Find steps that use the sum of several batches' gradients where their mean is meant.

    Args:
        seen: Everything that was seen.

    Yields:
        A warning at the line of `backward`.
    """
    for optimizer in seen.optimizers:
        steps = [(at, e) for at, e in steps_of(seen, optimizer.number) if not e.facts.get("closure")]
        several = [
            (at, e) for at, e in steps if e.facts.get("num_backward", 1) > 1 and not e.facts.get("carried")
        ]
        if len(several) < 2 or len(several) < 0.6 * len(steps):  # noqa: PLR2004
            continue
        found = _unscaled(seen, optimizer, several)
        if found:
            yield found


def _unscaled(seen: Seen, optimizer: Optimizer, several: list[tuple[int, Event]]) -> Finding | None:
    counts = sorted(e.facts["num_backward"] for _, e in several)
    number = counts[len(counts) // 2]
    at, step = several[-1]
    backwards = _backwards(seen, at, optimizer.number)
    lines = {event.source for event in backwards}
    if len(lines) != 1 or not backwards or backwards[0].source is None or len(backwards) < 2:  # noqa: PLR2004
        return None
    here, there = place(backwards[0].source), place(step.source)
    if here is None or there is None or not _on_purpose(here, there, seen, at):
        return None
    if _divided(here[0], here[1]) or any(_scaled(look) for look in seen.looks if look.losses):
        return None
    evidence: dict[str, object] = {"number": number, "optimizer": optimizer.type, "steps": len(several)}
    form = "adaptive" if ADAPTIVE.search(optimizer.type) else "main"
    return Finding(
        "accumulation-not-scaled", "warning", backwards[0].source, evidence=evidence, form=form,
        explains=FOLLOWS,
    )  # fmt: skip


def _backwards(seen: Seen, at: int, who: int) -> list[Event]:
    """Give the backward passes since the previous step of this optimizer."""
    found: list[Event] = []
    for event in reversed(seen.events[:at]):
        if event.kind == "step" and event.who == who:
            break
        if event.kind == "backward":
            found.append(event)
    return found


def _on_purpose(here: tuple[Code, ast.stmt], there: tuple[Code, ast.stmt], seen: Seen, at: int) -> bool:
    """Tell whether batches are gathered: a step under `if … % n`, or after a loop over parts of a batch."""
    code, statement = there
    for node in code.around(statement):
        if isinstance(node, ast.If) and here[1] not in ast.walk(node):
            counts = any(
                isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mod) for part in ast.walk(node.test)
            )
            named = any(
                re.search(r"accum|micro|step|count|update|sync", name, re.IGNORECASE)
                for name in names(node.test)
            )
            if counts or named:
                return True
        if isinstance(node, (ast.For, ast.While, ast.FunctionDef)):
            break
    inner = here[0].loops(here[1])
    if (
        here[0] is there[0]
        and inner
        and inner[0] not in code.loops(statement)
        and isinstance(inner[0], ast.For)
    ):
        words = here[0].text(inner[0].iter)
        return bool(re.search(r"chunk|split|micro|accum|range|next", words, re.IGNORECASE))
    del seen, at
    return False


def _divided(code: Code, statement: ast.stmt) -> bool:
    """Tell whether the loss is made smaller, in the code around the backward call."""
    loops = code.loops(statement)
    block = loops[0] if loops else code.function(statement)
    losses = names(statement)
    for node in ast.walk(block):
        if (
            isinstance(node, ast.AugAssign)
            and isinstance(node.op, (ast.Div, ast.Mult))
            and names(node.target) & losses
        ):
            return True
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Mult)):
            outer = next((o for o in code.around(node) if isinstance(o, ast.stmt)), None)
            if outer is statement or (
                isinstance(outer, ast.Assign) and {n for t in outer.targets for n in names(t)} & losses
            ):
                return True
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"div", "div_", "mul", "mul_", "grad"}
        ) and names(node.func.value) & (losses | {"grad"}):
            return True
    return False


def _scaled(look: Look) -> bool:
    """Tell whether a loss was divided or multiplied between the loss function and backward."""
    makers = {value: op for op in look.trace.ops for value in op.outputs}
    for loss in look.losses:
        value = loss
        for _ in range(6):
            op = makers.get(value)
            if op is None or op.name in LOSSES:
                break
            if op.name in {
                "div",
                "truediv",
                "div_",
                "itruediv",
                "true_divide",
                "mul",
                "mul_",
                "rmul",
                "imul",
            }:
                return True
            if not op.inputs:
                break
            value = op.inputs[0]
    return False
