"""Gradients that are not cleared between steps."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from glassnet.checks.code import called, codes, last_name, names, place, targets
from glassnet.checks.finding import Finding
from glassnet.checks.timeline import steps_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Event, Optimizer, Seen

FEWEST_STEPS = 2
NUM_CLOSE = 200  # steps of which every backward pass is noted; later only those in looks are
SHARE = 0.2  # of the steps: fewer may be one odd place
FOLLOWS = (
    "learning-rate-too-high",
    "exploding-gradients",
    "plateau",
    "not-finite",
    "cannot-overfit-batch",
    "dead-relus",
    "saturated-activations",
)


def zero_grad_missing(seen: Seen) -> Iterator[Finding]:
    """Find optimizers whose steps use gradients of earlier steps again.

    Args:
        seen: Everything that was seen.

    Yields:
        An error at the line where `zero_grad` stands wrongly, or at `backward` where it is missing.
    """
    for optimizer in seen.optimizers:
        steps = steps_of(seen, optimizer.number)
        close = [event for _, event in steps if event.step < NUM_CLOSE or event.look is not None]
        carried = [
            (at, event)
            for at, event in steps
            if event.facts.get("carried")
            and (event.step < NUM_CLOSE or event.look is not None)
            and event.facts.get("num_backward", 1)
            and not event.facts.get("closure")
        ]
        if len(carried) >= FEWEST_STEPS and len(carried) >= SHARE * len(close):
            yield _finding(seen, optimizer, carried, len(close))
    if not any(event.kind == "step" for event in seen.events):
        yield from _by_hand(seen)


def _by_hand(seen: Seen) -> Iterator[Finding]:
    """Find weights changed by hand with gradients that nothing clears: `w -= rate * w.grad`."""
    backwards = [event for event in seen.events if event.kind == "backward" and event.source]
    at = place(backwards[-1].source) if len(backwards) > FEWEST_STEPS else None
    if at is None:
        return
    code, statement = at
    loops = code.loops(statement)
    updates = [node for loop in loops for node in ast.walk(loop) if _changes_weights(node)]
    if not updates or any(_clears(node) for node in code.nodes):
        return
    evidence: dict[str, object] = {"update": code.text(updates[0]), "times": len(backwards)}
    yield Finding(
        "zero-grad-missing",
        "error",
        code.source(statement),
        evidence=evidence,
        form="by_hand",
        explains=FOLLOWS,
    )


def _changes_weights(node: ast.AST) -> bool:
    """Tell whether a node is an update such as `w -= rate * w.grad` or `p.data.add_(p.grad, alpha=-rate)`."""
    if isinstance(node, (ast.AugAssign, ast.Assign)):
        return (
            "grad" in names(node.value)
            and not names(node.value) & {"clone", "norm", "grad_fn", "autograd"}
            and isinstance(
                node.op if isinstance(node, ast.AugAssign) else getattr(node.value, "op", None), ast.Sub
            )
        )
    changes = {"sub_", "add_", "copy_"}
    return (
        isinstance(node, ast.Call) and called(node) in changes and any("grad" in names(a) for a in node.args)
    )


def _clears(node: ast.AST) -> bool:
    """Tell whether a node clears a gradient in one of the many ways."""
    if isinstance(node, ast.Call):
        if called(node) in {"zero_grad", "grad", "vjp", "backward_and_clear"}:
            return True
        return called(node) in {"zero_", "fill_", "detach_", "mul_", "zeros_like"} and "grad" in names(node)
    return any(last_name(target) == "grad" for target in targets(node))


def _finding(seen: Seen, optimizer: Optimizer, carried: list[tuple[int, Event]], num_steps: int) -> Finding:
    evidence: dict[str, object] = {
        "optimizer": optimizer.type, "carried": len(carried), "steps": num_steps, "cleared": 0,
    }  # fmt: skip
    forgotten = [(code, node) for code in codes(seen) for node in code.uncalled("zero_grad")]
    if forgotten:
        code, node = forgotten[0]
        return Finding(
            "zero-grad-missing",
            "error",
            code.source(node),
            evidence=evidence,
            form="not_called",
            explains=FOLLOWS,
        )
    own = [
        event
        for event in seen.events
        if event.kind == "zero_grad" and event.source and _of(event, optimizer, seen)
    ]
    if own:  # it is called, but too rarely
        evidence["cleared"] = len(own)
        return Finding(
            "zero-grad-missing",
            "error",
            own[-1].source,
            evidence=evidence,
            form="misplaced",
            explains=FOLLOWS,
        )
    before = [event for event in seen.events[: carried[0][0]] if event.kind == "backward"]
    source = before[-1].source if before else carried[0][1].source
    return Finding("zero-grad-missing", "error", source, evidence=evidence, explains=FOLLOWS)


def _of(event: Event, optimizer: Optimizer, seen: Seen) -> bool:
    return event.who == optimizer.number or (event.who == -1 and len(seen.optimizers) == 1)
