"""Mixed precision: the scaler's calls missing or in the wrong order, half precision where it overflows."""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING

from glassnet.checks.code import called, codes, names, place
from glassnet.checks.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Event, Seen
    from glassnet.trace.trace import Source

FOLLOWS = (
    "not-finite",
    "exploding-gradients",
    "vanishing-gradients",
    "weights-do-not-change",
    "learning-rate-too-low",
    "learning-rate-too-high",
    "plateau",
)
SKIPPED = 0.2  # of the steps
CLIPS = ("clip_grad_norm_", "clip_grad_value_")


def amp_misused(seen: Seen) -> Iterator[Finding]:
    """Find mixed precision that is used so that steps are wrong, skipped or clipped at the wrong size.

    Args:
        seen: Everything that was seen.

    Yields:
        An error or a warning at the call that stands wrongly, or next to which one is missing.
    """
    scale = [e for e in seen.events if e.kind == "scale"]
    finders = (
        (_past_scaler, _not_scaled, _without_update, _clipped_scaled, _many_skipped)
        if scale
        else (_half_without_scaler,)
    )
    for find in finders:
        found = find(seen, scale)
        if found:
            yield found
            return
    yield from _backward_in_autocast(seen)


def _finding(form: str, severity: str, source: object, evidence: dict[str, object]) -> Finding:
    return Finding("amp-misused", severity, source, evidence=evidence, form=form, explains=FOLLOWS)  # type: ignore[arg-type]


def _whats(scale: list[Event]) -> set[str]:
    return {event.facts.get("what", "") for event in scale}


def _factor(scale: list[Event]) -> float:
    return max((float(e.facts.get("factor") or 1) for e in scale), default=1.0)


def _past_scaler(seen: Seen, scale: list[Event]) -> Finding | None:
    """Find optimizer steps that the scaler knows nothing of, with gradients still multiplied."""
    if "scale" not in _whats(scale):
        return None
    through, past = 0, []
    what = ""
    unscaled = False
    for event in seen.events:
        if event.kind == "scale":
            what = event.facts.get("what", "")
            unscaled = unscaled or what == "unscale"
        elif event.kind == "backward":
            unscaled = False
        elif event.kind == "step":
            if what == "step":
                through += 1
            elif not unscaled:
                past.append(event)
            what = ""
    if len(past) < 2 or not _scaled_before(seen, past[-1]):  # noqa: PLR2004
        return None
    evidence: dict[str, object] = {"steps": len(past), "factor": _factor(scale)}
    return _finding("past_scaler", "error", past[-1].source, evidence)


def _scaled_before(seen: Seen, step: Event) -> bool:
    """Tell whether a loss was scaled between the step before this one and it."""
    for event in reversed(seen.events[: seen.events.index(step)]):
        if event.kind == "scale" and event.facts.get("what") == "scale":
            return True
        if event.kind == "step" and event.who == step.who:
            return False
    return False


def _not_scaled(seen: Seen, scale: list[Event]) -> Finding | None:
    """Find losses that go backward without the scaler although it divides their gradients."""
    if "step" not in _whats(scale) and "unscale" not in _whats(scale):
        return None
    if seen.crash and "scaler.scale(" in seen.crash.message:
        lost = [e for e in seen.events if e.kind == "backward"]
        return _finding(
            "not_scaled",
            "error",
            lost[-1].source if lost else seen.crash.source,
            {"times": len(lost), "factor": _factor(scale)},
        )
    scaled, lost = False, []
    for event in seen.events:
        if event.kind == "scale":
            scaled = scaled or event.facts.get("what") == "scale"
        elif event.kind == "backward":
            if not scaled:
                lost.append(event)
            scaled = False
    if len(lost) < 2 or not any(e.facts.get("enabled", True) for e in scale) or _scales_several(lost[-1]):  # noqa: PLR2004
        return None
    return _finding("not_scaled", "error", lost[-1].source, {"times": len(lost), "factor": _factor(scale)})


def _scales_several(backward: Event) -> bool:
    """Tell whether several losses are scaled in one call, or this one in its own function."""
    at = place(backward.source)
    if at is None or "scale" in names(at[1]):
        return True
    loops = at[0].loops(at[1])
    return bool(loops) and "scale" in names(getattr(loops[0], "iter", None))


def _without_update(seen: Seen, scale: list[Event]) -> Finding | None:
    """Find `scaler.step` without `scaler.update`."""
    crashed = bool(seen.crash and "since the last update()" in seen.crash.message)
    steps = [e for e in scale if e.facts.get("what") == "step"]
    if crashed and seen.crash and "unscale_()" in seen.crash.message and "update" in _whats(scale):
        return None
    if steps and "update" not in _whats(scale) and (crashed or len(steps) > 1):
        return _finding(
            "no_update", "error", steps[-1].source, {"steps": len(steps), "factor": _factor(scale)}
        )
    return None


def _clipped_scaled(seen: Seen, scale: list[Event]) -> Finding | None:
    """Find gradients clipped before the scaler has divided them."""
    wrong: list[Event] = []
    good = 0
    unscaled = scaled = False
    for event in seen.events:
        if event.kind == "scale":
            what = event.facts.get("what")
            unscaled = what == "unscale" or (unscaled and what not in {"update", "scale"})
            scaled = what == "scale" or (scaled and what not in {"update", "step"})
        elif event.kind == "clip" and scaled:
            good += unscaled
            if not unscaled:
                wrong.append(event)
    if wrong and not good:
        evidence: dict[str, object] = {
            "times": len(wrong),
            "norm": wrong[-1].facts.get("norm", 0.0),
            "factor": _factor(scale),
        }
        return _finding("clipped", "error", wrong[-1].source, evidence)
    if not wrong and not good:
        return _clipped_by_code(seen, scale)
    return None


def _clipped_by_code(seen: Seen, scale: list[Event]) -> Finding | None:
    """Find the same where the clipping could not be seen: `clip_grad_value_`."""
    steps = [e for e in scale if e.facts.get("what") == "step" and e.source]
    at = place(steps[-1].source) if steps else None
    if at is None or "unscale" in _whats(scale):
        return None
    code, statement = at
    for name in CLIPS:
        calls = [c for c in code.calls(name, inside=code.function(statement)) if c.lineno < statement.lineno]
        if calls:
            evidence: dict[str, object] = {"times": len(steps), "norm": 0.0, "factor": _factor(scale)}
            return _finding("clipped", "error", code.source(calls[-1]), evidence)
    return None


def _many_skipped(seen: Seen, scale: list[Event]) -> Finding | None:
    steps = [e for e in scale if e.facts.get("what") == "step"]
    factors = [
        float(e.facts["factor"]) for e in scale if e.facts.get("what") == "update" and e.facts.get("factor")
    ]
    skipped = sum(later < earlier for earlier, later in itertools.pairwise(factors))
    if len(steps) < 20 or skipped < SKIPPED * len(steps):  # noqa: PLR2004
        return None
    evidence: dict[str, object] = {"skipped": skipped, "steps": len(steps), "factor": factors[-1]}
    return _finding("skipped", "warning", steps[-1].source, evidence)


def _half_without_scaler(seen: Seen, scale: list[Event]) -> Finding | None:
    """Find training in float16 without a scaler: small gradients become zero."""
    del scale
    for look in seen.looks:
        if not look.trained:
            continue
        half = [
            op for op in look.trace.ops
            if op.name in {"linear", "conv2d", "conv1d", "matmul"} and op.outputs
            and look.trace.values[op.outputs[0]].dtype == "float16"
        ]  # fmt: skip
        if half:
            source = _made_half(seen) or half[0].source
            return _finding("half", "warning", source, {"operations": len(half)})
    return None


def _made_half(seen: Seen) -> Source | None:
    """Find the line that asks for float16: `net.half()`, or `autocast(dtype=torch.float16)`."""
    for code in codes(seen):
        for node in code.nodes:
            call = node.value if isinstance(node, ast.Expr) else None
            if isinstance(call, ast.Call) and (
                called(call) == "half" or (called(call) == "to" and names(call) & {"float16", "half"})
            ):
                return code.source(node)
        for name in ("autocast", "half"):
            calls = code.calls(name)
            if calls:
                return code.source(calls[0])
    backward = [event.source for event in seen.events if event.kind == "backward" and event.source]
    return backward[0] if backward else None


def _backward_in_autocast(seen: Seen) -> Iterator[Finding]:
    """Find backward calls inside `with autocast()`."""
    for code in codes(seen):
        for call in code.calls("backward"):
            for outer in code.around(call):
                if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                    break
                if isinstance(outer, ast.With) and any(
                    "autocast" in names(item.context_expr) for item in outer.items
                ):
                    ran = any(
                        e.kind == "backward"
                        and e.source
                        and e.source.file == code.file
                        and call.lineno <= e.source.line <= (call.end_lineno or 0)
                        for e in seen.events
                    )
                    if ran:
                        yield Finding("amp-misused", "note", code.source(call), form="backward_inside")
                        return
