"""Row 20: the path from a parameter to the loss is cut, so that no gradient comes back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.rules.descent import ancestors, held_names, network_of, stepping, was_loaded
from glassnet.checks.rules.numbers_written import where_gradient_is_off
from glassnet.checks.rules.series import trained_looks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op, Source, Trace

DETACHING = {
    "detach": ".detach()",
    "detach_": ".detach_()",
    "data": ".data",
    "tensor": "torch.tensor(...)",
    "as_tensor": "torch.as_tensor(...)",
    "new_tensor": ".new_tensor(...)",
    "numpy": ".numpy()",
}
CHOOSING = {
    "argmax",
    "argmin",
    "argsort",
    "max",
    "min",
    "topk",
    "sort",
    "multinomial",
    "gt",
    "lt",
    "ge",
    "le",
    "eq",
    "ne",
    "long",
    "int",
    "bool",
    "byte",
    "one_hot",
    "bernoulli",
    "nonzero",
    "isfinite",
    "sign_",
    "to",
    "type",
    "searchsorted",
    "bincount",
}
NO_GRADIENT = "does not require grad and does not have a grad_fn"


def graph_cut(seen: Seen) -> Iterator[Finding]:
    """Find the operation at which parameters that an optimizer steps lose their way to the loss.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    crashed = list(_crashed(seen))
    yield from crashed
    if crashed:
        return
    for look, names in _without_gradient(seen):
        cut = _first_cut(look, names, look.trace.loss)
        if cut is None:
            continue
        op, source, how, behind = cut
        frozen_on_purpose = was_loaded(seen, network_of(seen, behind[0]))
        form = _form(how)
        yield Finding(
            "graph-cut",
            "note" if frozen_on_purpose else "error",
            source=source,
            module=_module(look.trace, op),
            form=form,
            evidence={
                "how": how,
                "first": behind[0],
                "count": len(behind),
                "total": len(look.gradients),
                "op": op.name,
            },
            explains=(
                "loss-without-gradient",
                "weights-do-not-change",
                "plateau",
                "cannot-overfit-batch",
                "unused-result",
                "vanishing-gradients",
                "learning-rate-too-low",
            ),
        )
        return


def _without_gradient(seen: Seen) -> Iterator[tuple[Look, list[str]]]:
    """Give the looks with the parameters of the stepping optimizer that never get a gradient anywhere."""
    looks = trained_looks(seen)
    alive = {name for look in looks for name, gradient in look.gradients.items() if gradient is not None}
    for look in looks:
        held = {name for who in stepping(seen, look) for name in held_names(seen, who)}
        lost = [
            name
            for name, gradient in look.gradients.items()
            if gradient is None and name in held and name not in alive
        ]
        if lost:
            yield look, lost


def _crashed(seen: Seen) -> Iterator[Finding]:
    """Find the cut after which backward refused to run."""
    if seen.crash is None or NO_GRADIENT not in seen.crash.message or not seen.looks:
        return
    look = seen.looks[-1]
    trace = look.trace
    end = trace.loss
    if end is None:
        end = next(
            (
                event.facts.get("value")
                for event in reversed(seen.events)
                if event.kind == "backward"
                and event.facts.get("value") is not None
                and event.look == look.number
            ),
            None,
        )
    if end is None:
        end = next(
            (
                op.outputs[0]
                for op in reversed(trace.ops)
                if op.outputs and trace.values[op.outputs[0]].shape in ((), (1,))
            ),
            None,
        )
    names = [v.name for v in trace.values if v.kind == "parameter" and v.requires_grad]
    if end is None or not names:
        return
    cut = _first_cut(look, names, end)
    if cut is None:
        return
    op, source, how, behind = cut
    yield Finding(
        "graph-cut",
        "error",
        source=source,
        module=_module(trace, op),
        form=_form(how),
        evidence={
            "how": how,
            "first": behind[0],
            "count": len(behind),
            "total": len(set(names)),
            "op": op.name,
        },
        explains=("loss-without-gradient", "regression-loss-on-classes", "weights-do-not-change"),
    )


def _first_cut(
    look: Look, names: list[str], end: int | None
) -> tuple[Op, Source | None, str, list[str]] | None:
    """Find the last operation, before the end, that takes values with gradients and gives some without.

    Returns:
        The operation, its line, how it cuts, and the parameters that are behind it.
    """
    if end is None:
        return None
    trace = look.trace
    live = {
        v.number for v in trace.values if v.kind == "parameter" and v.name in set(names) and v.requires_grad
    }
    if not live:  # they took part in what came before this look, whose results it reads
        live = {
            v.number for v in trace.values if v.made_by is None and v.kind != "parameter" and v.requires_grad
        }
    cuts: list[Op] = []
    after: set[int] = set()
    reached = set(live)
    for op in trace.ops:
        if not reached.intersection(op.inputs):
            continue
        reached.update(op.outputs)
        if any(number in live for number in op.inputs):
            alive = [number for number in op.outputs if trace.values[number].requires_grad]
            live.update(alive)
            if not alive and op.outputs:
                cuts.append(op)
                after.update(op.outputs)
    behind_end = _ancestors_by_content(look, end)
    for op in reversed(cuts):
        if behind_end.intersection(op.outputs):
            how, source = _how(trace, op)
            return op, source, how, _parameters_behind(trace, op, names)
    return _escaped(look, live, behind_end, names)


def _how(trace: Trace, op: Op) -> tuple[str, Source | None]:
    line = own_line(op, trace)
    if op.name in DETACHING:
        return DETACHING[op.name], line
    if op.name in CHOOSING:
        return op.name, line
    lines, call = [op.source], op.call
    while call is not None:
        lines.append(trace.calls[call].source)
        call = trace.calls[call].parent
    switch = next((found for one in lines if (found := where_gradient_is_off(one)) is not None), None)
    return "no_grad", switch or line


def _form(how: str) -> str:
    if how == "no_grad":
        return "no_grad"
    return "choice" if how in CHOOSING else "main"


def _parameters_behind(trace: Trace, op: Op, names: list[str]) -> list[str]:
    behind = ancestors(trace, op.inputs)
    found = [trace.values[n].name for n in sorted(behind) if trace.values[n].kind == "parameter"]
    kept = [name for name in dict.fromkeys(found) if name in names]
    return kept or names


def _ancestors_by_content(look: Look, end: int) -> set[int]:
    """Find what the end was computed from, also across copies that nothing recorded (NumPy, Variable)."""
    trace = look.trace
    found: set[int] = set()
    waiting = [end]
    by_content: dict[tuple, list[int]] = {}
    for value in trace.values:
        made_from = trace.ops[value.made_by].inputs if value.made_by is not None else ()
        if value.kind == "result" and value.statistics is not None and made_from:
            by_content.setdefault(_content(trace, value.number), []).append(value.number)
    while waiting:
        new = ancestors(trace, [waiting.pop()]) - found
        found |= new
        for number in new:
            value = trace.values[number]
            made = value.kind == "result" and value.made_by is not None and trace.ops[value.made_by].inputs
            if made or value.kind not in ("constant", "result") or value.statistics is None:
                continue
            twins = [n for n in by_content.get(_content(trace, number), ()) if n < number]
            gone = [
                escape.value
                for escape in look.escapes
                if escape.value < number
                and _may_be(trace.values[escape.value].shape, value.shape)
                and "float" in value.dtype
                and "float" in trace.values[escape.value].dtype
            ]
            waiting += twins[-1:] or gone[-1:]
    return found


def _may_be(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Tell whether one may be computed from the other outside PyTorch: as large, or as many samples."""
    same = math.prod(before) == math.prod(after) > 1
    return same or (len(before) > 1 and len(after) > 1 and before[0] == after[0])


def _numel(trace: Trace, number: int) -> int:
    return math.prod(trace.values[number].shape)


def _content(trace: Trace, number: int) -> tuple:
    value = trace.values[number]
    size = _numel(trace, number)
    numbers = value.statistics
    if numbers is None or (numbers.deviation == 0 and size > 1):
        return (number,)  # constant: no sign of where it comes from
    return size, f"{numbers.minimum:.6g}", f"{numbers.maximum:.6g}", f"{numbers.mean:.5g}"


def _escaped(
    look: Look, live: set[int], behind_end: set[int], names: list[str]
) -> tuple[Op, Source | None, str, list[str]] | None:
    """Find a value with a gradient that left PyTorch and came back as a new tensor."""
    trace = look.trace
    for escape in reversed(look.escapes):
        value = trace.values[escape.value]
        if escape.value in live and escape.value in behind_end and value.made_by is not None:
            op = trace.ops[value.made_by]
            how = f".{escape.how}()"
            return op, escape.source or own_line(op, trace), how, _parameters_behind(trace, op, names)
    for number in sorted(behind_end & live, reverse=True):  # copied by something that is no PyTorch function
        value = trace.values[number]
        if value.made_by is not None and value.number != trace.loss:
            op = trace.ops[value.made_by]
            return op, own_line(op, trace), "a copy", _parameters_behind(trace, op, names)
    return None


def _module(trace: Trace, op: Op) -> str:
    return trace.calls[op.call].path if op.call is not None else ""
