"""`backward`, `step` and `zero_grad` in an order in which a step does not use its own batch's gradients."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from glassnet.checks.code import Code, called, codes, last_name, names, place, targets
from glassnet.checks.finding import Finding
from glassnet.checks.timeline import parameters_of, steps_of, trained_by, with_loader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Event, Optimizer, Seen

FEWEST = 2
SHARE = 0.5
FOLLOWS = (
    "weights-do-not-change",
    "plateau",
    "learning-rate-too-low",
    "cannot-overfit-batch",
    "graph-cut",
    "loss-without-gradient",
    "vanishing-gradients",
    "scheduler-misused",
)


def step_order(seen: Seen) -> Iterator[Finding]:
    """Find training loops whose order of calls, or a missing one, leaves steps without their gradients.

    Args:
        seen: Everything that was seen.

    Yields:
        An error at the call that stands wrongly, or next to which one is missing.
    """
    crashed = _crashed(seen)
    if crashed:
        yield crashed
        return
    for optimizer in seen.optimizers:
        steps = steps_of(seen, optimizer.number)
        if steps and steps[0][1].facts.get("closure"):
            continue
        finders = (
            (_never_stepped,)
            if not steps
            else (_empty_steps, _stepped_first, _twice, _once_per_epoch, _last_batch, _clipped_too_early)
        )
        found = next((one for one in (find(seen, optimizer, steps) for find in finders) if one), None)
        if found:
            yield found


def _finding(form: str, source: object, evidence: dict[str, object], severity: str = "error") -> Finding:
    return Finding("step-order", severity, source, evidence=evidence, form=form, explains=FOLLOWS)  # type: ignore[arg-type]


def _not_called(seen: Seen, name: str, evidence: dict[str, object]) -> Finding | None:
    """Find `loss.backward` or `optimizer.step` without parentheses."""
    for code in codes(seen):
        for node in code.uncalled(name):
            return _finding("not_called", code.source(node), {**evidence, "call": code.text(node)})
    return None


def _crashed(seen: Seen) -> Finding | None:
    """Find a step between a forward pass and its backward pass, which PyTorch refuses."""
    crash = seen.crash
    if not crash or "modified by an inplace operation" not in crash.message:
        return None
    for event in reversed(seen.events):
        if event.kind in {"network", "backward"}:
            return None if event.kind == "network" else _after_other_step(seen)
        if event.kind == "step":
            evidence = {"optimizer": seen.optimizers[event.who].type, "steps": seen.num_steps, "number": 1}
            return _finding("step_first", event.source, evidence)
    return None


def _after_other_step(seen: Seen) -> Finding | None:
    """Find the step of one optimizer that changed what the backward pass of another loss needed."""
    for event in reversed(seen.events):
        if event.kind == "network":
            return None
        if event.kind == "step":
            evidence = {"optimizer": seen.optimizers[event.who].type, "steps": seen.num_steps, "number": 1}
            return _finding("step_first", event.source, evidence)
    return None


def _since(seen: Seen, at: int, who: int) -> list[Event]:
    """Give the events since the previous step of this optimizer."""
    start = next(
        (n for n in range(at - 1, -1, -1) if seen.events[n].kind == "step" and seen.events[n].who == who), -1
    )
    return seen.events[start + 1 : at]


def _empty_steps(seen: Seen, optimizer: Optimizer, steps: list[tuple[int, Event]]) -> Finding | None:
    empty = [(at, event) for at, event in steps if event.facts.get("empty")]
    if len(empty) < FEWEST or len(empty) < SHARE * len(steps) or not trained_by(seen, optimizer):
        return None
    evidence: dict[str, object] = {"optimizer": optimizer.type, "number": len(empty), "steps": len(steps)}
    at, step = empty[-1]
    before = _since(seen, at, optimizer.number)
    backwards = [n for n, event in enumerate(before) if event.kind == "backward"]
    if not backwards:
        if any(event.kind == "backward" for event in seen.events):
            return None  # of another optimizer's loss, perhaps
        return _not_called(seen, "backward", evidence) or _finding("no_backward", step.source, evidence)
    clearing = [e for e in before[backwards[-1] :] if e.kind == "zero_grad" and e.facts.get("cleared", True)]
    clearing = [e for e in clearing if e.who in {optimizer.number, -1}] or clearing
    if not clearing:
        return None
    if _is_above(step, before[backwards[-1]]) and _is_above(clearing[-1], step):
        return _finding("step_first", step.source, evidence)
    return _finding("cleared", clearing[-1].source, evidence)


def _is_above(one: Event, other: Event) -> bool:
    """Tell whether a call stands before another one in the same function."""
    first, second = place(one.source), place(other.source)
    return bool(
        first
        and second
        and first[0] is second[0]
        and first[0].function(first[1]) is second[0].function(second[1])
        and first[1].lineno < second[1].lineno
    )


def _stepped_first(seen: Seen, optimizer: Optimizer, steps: list[tuple[int, Event]]) -> Finding | None:
    """Find forward, step, backward: each step uses the gradients of the batch before."""
    numbers = {net.number for net in trained_by(seen, optimizer)}
    late = 0
    for n, (at, _) in enumerate(steps[1:], 1):
        before = seen.events[steps[n - 1][0] + 1 : at]
        kinds = [
            e
            for e in before
            if e.kind == "backward"
            or (
                e.kind == "network"
                and e.who in numbers
                and e.facts.get("grad", True)
                and e.facts.get("training", True)
            )
        ]
        first_backward = next((k for k, e in enumerate(kinds) if e.kind == "backward"), None)
        late += first_backward == 0 and len(kinds) > 1 and kinds[-1].kind == "network"
    if late < max(FEWEST, 0.8 * (len(steps) - 1)):
        return None
    evidence: dict[str, object] = {"optimizer": optimizer.type, "number": late, "steps": len(steps)}
    return _finding("step_first", steps[-1][1].source, evidence)


def _twice(seen: Seen, optimizer: Optimizer, steps: list[tuple[int, Event]]) -> Finding | None:
    """Find a second step with the same gradients, at another line than the first."""
    again = [(at, e) for at, e in steps if e.facts.get("num_backward") == 0 and not e.facts.get("empty")]
    if len(again) < FEWEST or len(again) < 0.25 * len(steps) or any(e.kind == "scale" for e in seen.events):
        return None
    if _by_hand(seen):
        return None
    places = {e.source for _, e in again}
    others = {e.source for _, e in steps if e.facts.get("num_backward")}
    if not places - others:
        return None
    evidence: dict[str, object] = {"optimizer": optimizer.type, "number": len(again), "steps": len(steps)}
    return _finding("twice", again[-1][1].source, evidence)


def _never_stepped(seen: Seen, optimizer: Optimizer, steps: list[tuple[int, Event]]) -> Finding | None:
    """Find an optimizer that is never stepped although gradients of what it trains are computed."""
    backwards = [event for event in seen.events if event.kind == "backward"]
    held = parameters_of(optimizer)
    stepped = {e.who for e in seen.events if e.kind == "step"}
    if any(held & parameters_of(seen.optimizers[who]) for who in stepped if 0 <= who < len(seen.optimizers)):
        return None  # another one trains the same
    nets = trained_by(seen, optimizer)
    if len(backwards) < 3 or not nets or seen.ended == "crashed" or stepped:  # noqa: PLR2004
        if not (nets and stepped and seen.ended == "done" and len(backwards) >= 3):  # noqa: PLR2004
            return None
        if not any(e.kind == "zero_grad" and e.who == optimizer.number for e in seen.events):
            return None  # made, and not used at all: it may be there for later
    numbers = {net.number for net in nets}
    if not any(
        e.kind == "network" and e.who in numbers and e.facts.get("training") and e.facts.get("grad", True)
        for e in seen.events
    ):
        return None
    if any(e.kind == "scale" and e.facts.get("what") == "step" for e in seen.events) or _updated_by_hand(
        seen
    ):
        return None
    evidence: dict[str, object] = {"optimizer": optimizer.type, "number": len(backwards), "steps": 0}
    own = [event for event in backwards if event.source]
    return _not_called(seen, "step", evidence) or _finding(
        "no_step", own[0].source if own else optimizer.source, evidence
    )


def _by_hand(seen: Seen) -> bool:
    """Tell whether the code sets gradients itself, or takes them with `torch.autograd.grad`."""
    for code in codes(seen):
        assigned = (target for node in code.nodes for target in targets(node))
        if code.calls("grad") or any(isinstance(t, ast.Attribute) and t.attr == "grad" for t in assigned):
            return True
    return False


def _updated_by_hand(seen: Seen) -> bool:
    """Tell whether the code itself reads `.grad`, as it does to change parameters without an optimizer."""
    return any(
        isinstance(node, ast.Attribute) and node.attr == "grad" and isinstance(node.ctx, ast.Load)
        for code in codes(seen)
        for node in code.nodes
    )


def _once_per_epoch(seen: Seen, optimizer: Optimizer, steps: list[tuple[int, Event]]) -> Finding | None:
    """Find steps that stand after the loop over the batches instead of in it."""
    if any(event.facts.get("num_backward", 0) < 3 for _, event in steps):  # noqa: PLR2004
        return None
    last_at, last = steps[-1]
    before = _since(seen, last_at, optimizer.number)
    backwards = [event for event in before if event.kind == "backward" and event.source]
    step_place, backward_place = place(last.source), place(backwards[-1].source) if backwards else None
    if not step_place or not backward_place:
        return None
    cleared = [n for n, e in enumerate(before) if e.kind == "zero_grad" and e.facts.get("cleared", False)]
    first_backward = next(n for n, e in enumerate(before) if e.kind == "backward")
    wiped = [n for n in cleared if n > first_backward]
    whole_epoch = _after_epochs(seen, optimizer.number)
    outside = step_place[0] is backward_place[0] and len(step_place[0].loops(step_place[1])) < len(
        backward_place[0].loops(backward_place[1])
    )
    evidence: dict[str, object] = {
        "optimizer": optimizer.type, "number": len(backwards), "steps": len(steps), "wiped": len(wiped),
    }  # fmt: skip
    if wiped and (outside or whole_epoch):
        return _finding("outside_wiped", last.source, evidence)
    if whole_epoch and not _divided(backward_place):
        return _finding("outside", last.source, evidence, "warning")
    return None


def _last_batch(seen: Seen, optimizer: Optimizer, steps: list[tuple[int, Event]]) -> Finding | None:
    """Find backward and step after the loop over the batches: only the last batch of an epoch trains."""
    if len(steps) < FEWEST or any(event.facts.get("num_backward", 1) != 1 for _, event in steps):
        return None
    before = _since(seen, steps[-1][0], optimizer.number)
    numbers = {net.number for net in trained_by(seen, optimizer)}
    passes = [e for e in before if e.kind == "network" and e.who in numbers and e.facts.get("grad", True)]
    backwards = [e for e in before if e.kind == "backward"]
    here = place(backwards[-1].source) if backwards else None
    number = sum(e.count for e in passes)
    if here is None or number < 3:  # noqa: PLR2004
        return None
    code, statement = here
    inner = _inner_loops(code, statement, [one for one in map(place, {e.source for e in passes}) if one])
    lost = names(statement) - {"backward"}
    if not inner or not _made_anew(code, inner[-1], lost):
        return None
    evidence: dict[str, object] = {"optimizer": optimizer.type, "number": number, "steps": len(steps)}
    found = _finding("last_batch", code.source(statement), evidence)
    return replace(found, explains=(*FOLLOWS, "evaluating-in-train-mode"))


def _clipped_too_early(seen: Seen, optimizer: Optimizer, steps: list[tuple[int, Event]]) -> Finding | None:
    """Find gradients that are clipped before backward computes them."""
    if {event.who for event in seen.events if event.kind == "step"} != {optimizer.number}:
        return None
    early = []
    for at, _ in steps:
        before = _since(seen, at, optimizer.number)
        clips = [n for n, event in enumerate(before) if event.kind == "clip"]
        backwards = [n for n, event in enumerate(before) if event.kind == "backward"]
        if clips and backwards and clips[-1] < backwards[0]:
            early.append(before[clips[-1]])
    if len(early) < max(FEWEST, 0.8 * len(steps)):
        return None
    evidence: dict[str, object] = {"optimizer": optimizer.type, "number": len(early), "steps": len(steps)}
    return replace(_finding("clipped_first", early[-1].source, evidence, "warning"), explains=())


def _inner_loops(code: Code, statement: ast.stmt, calls: list[tuple[Code, ast.stmt]]) -> list[ast.AST]:
    """Give the loops around calls of a network that end before a statement of the same function."""
    around = code.loops(statement)
    return [
        loop
        for other, call in calls
        for loop in other.loops(call)[:1]
        if other is code and loop not in around and code.function(loop) is code.function(statement)
        and (getattr(loop, "end_lineno", None) or 0) < statement.lineno
    ]  # fmt: skip


def _made_anew(code: Code, loop: ast.AST, losses: set[str]) -> bool:
    """Tell whether a loop computes a loss anew each time, without adding to it."""
    made = [
        n for n in ast.walk(loop) if isinstance(n, ast.Assign) and losses & {last_name(t) for t in targets(n)}
    ]
    summed = [
        n for n in code.nodes
        if (isinstance(n, ast.AugAssign) and last_name(n.target) in losses)
        or (isinstance(n, ast.Call) and called(n) == "append" and losses & {last_name(a) for a in n.args})
    ]  # fmt: skip
    return bool(made) and not summed and not any(losses & names(n.value) for n in made)


def _after_epochs(seen: Seen, optimizer: int) -> bool:
    """Tell whether this optimizer was only ever stepped after a whole epoch of batches had gone backward."""
    inside = [
        loader is None
        for _, event, loader in with_loader(seen)
        if event.kind == "step" and event.who == optimizer
    ]
    backward_inside = [
        loader is not None for _, event, loader in with_loader(seen) if event.kind == "backward"
    ]
    return bool(inside) and all(inside) and bool(backward_inside) and all(backward_inside)


def _divided(backward: tuple) -> bool:
    """Tell whether the loss is divided somewhere in the function that calls backward."""
    code, statement = backward
    return any(
        (isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Div))
        or (isinstance(node, ast.Attribute) and node.attr in {"div", "div_"})
        for node in ast.walk(code.loops(statement)[0] if code.loops(statement) else code.function(statement))
    )
