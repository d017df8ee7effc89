"""Row 56: NaN or infinity, and the first operation that made it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from glassnet.checks.batches import groups_of
from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.rules.descent import ancestors, ops_to_loss
from glassnet.checks.rules.numbers_written import divisions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op, Source, Statistics, Trace, Value

LOGS = {"log", "log2", "log10", "log_", "log1p"}
ROOTS = {
    "sqrt",
    "rsqrt",
    "norm",
    "vector_norm",
    "std",
    "pow",
    "sqrt_",
    "rpow",
    "cdist",
    "pairwise_distance",
    "dist",
    "linalg_norm",
    "float_power",
}
QUOTIENTS = {"div", "truediv", "rtruediv", "div_", "itruediv", "reciprocal", "rdiv", "floor_divide"}
POWERS = {"exp", "exp_", "exp2", "expm1", "sinh", "cosh", "softplus", "logsumexp"}
ARCS = {"acos", "asin", "arccos", "arcsin", "atanh", "acosh", "logit"}
MASKING = {
    "masked_fill",
    "masked_fill_",
    "where",
    "full",
    "full_like",
    "new_full",
    "tensor",
    "setitem",
    "fill_",
    "scaled_dot_product_attention",
    "triu",
    "tril",
    "triu_",
    "tril_",
    "empty",
    "empty_like",
    "zeros_like",
    "repeat",
    "expand",
    "unsqueeze",
    "view",
    "reshape",
    "to",
    "masked_scatter",
}
FOLLOWS = (
    "plateau",
    "weights-do-not-change",
    "cannot-overfit-batch",
    "modes-disagree",
    "output-ignores-input",
)
NEAR = 1e-6


def not_finite(seen: Seen) -> Iterator[Finding]:
    """Find the first operation whose result, or whose gradient, is not finite.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    for look in seen.looks:
        if look.trace.loss is None and not look.losses:
            continue
        found = _in_forward(seen, look) or _in_backward(look)
        if found is not None:
            yield found
            return
        if _broken_weights(look):
            break
    yield from _between_looks(seen)


def _bad(numbers: Statistics | None) -> bool:
    return numbers is not None and numbers.num_not_finite > 0


def _in_forward(seen: Seen, look: Look) -> Finding | None:
    """Follow a loss that is not finite back to the first operation with finite inputs."""
    trace = look.trace
    ends = [
        number
        for number in dict.fromkeys((*look.losses, trace.loss))
        if number is not None and _bad(trace.values[number].statistics)
    ]
    if not ends:
        return None
    behind = ancestors(trace, ends)
    given = next(
        (
            v
            for v in trace.values
            if v.number in behind
            and v.made_by is None
            and v.kind != "parameter"
            and _bad(v.statistics)
            and _is_nan_or_data(v)
        ),
        None,
    )
    if given is not None:
        first = next((op for op in trace.ops if given.number in op.inputs), None)
        source = _first_line(look) if first is None else own_line(first, trace)
        source = next(divisions(seen), source)
        return Finding(
            "not-finite",
            "error",
            source=source,
            form="data",
            explains=FOLLOWS,
            evidence={"value": given.name, "count": _num_bad(given)},
        )
    for op in trace.ops:
        made = [n for n in op.outputs if n in behind and _bad(trace.values[n].statistics)]
        if not made or any(_bad(trace.values[n].statistics) for n in op.inputs) or op.name in MASKING:
            continue
        if op.parameters and any(_bad_weight(look, name) for name in op.parameters):
            return None
        return _finding(look, op, _reason(trace, op), trace.values[made[0]].statistics)
    return None


def _num_bad(value: Value) -> int:
    return value.statistics.num_not_finite if value.statistics is not None else 0


def _is_nan_or_data(value: Value) -> bool:
    return value.kind == "input" or len(value.shape) > 1


def _bad_weight(look: Look, name: str) -> bool:
    update = look.updates.get(name)
    return update is not None and not math.isfinite(update.weight)


def _broken_weights(look: Look) -> bool:
    return any(not math.isfinite(update.weight) for update in look.updates.values())


def _in_backward(look: Look) -> Finding | None:
    """Find the operation that turned a finite gradient into one that is not."""
    trace = look.trace
    if _broken_weights(look) or not any(_bad(gradient) for gradient in look.gradients.values()):
        return None
    if any(_bad(trace.values[number].statistics) for number in look.losses):
        return None
    wanted = ops_to_loss(look)
    for op in reversed(wanted):
        after = [trace.values[n].gradient for n in op.outputs]
        before = [trace.values[n].gradient for n in op.inputs]
        parameters = [look.gradients.get(name) for name in op.parameters]
        if any(_bad(g) for g in (*before, *parameters)) and not any(_bad(g) for g in after):
            return _finding(look, op, "gradient_" + _reason(trace, op), None)
    return None


def _reason(trace: Trace, op: Op) -> str:
    """Name what a family of functions does at the border of where it is defined."""
    for family, reason in (
        (LOGS, "log"),
        (ROOTS, "root"),
        (QUOTIENTS, "quotient"),
        (POWERS, "power"),
        (ARCS, "arc"),
    ):
        if op.name in family:
            return reason
    return "other"


def _finding(look: Look, op: Op, form: str, numbers: Statistics | None) -> Finding:
    trace = look.trace
    given = [trace.values[n].statistics for n in op.inputs if trace.values[n].kind != "parameter"]
    known = [one for one in given if one is not None]
    low = min((one.minimum for one in known), default=math.nan)
    high = max((one.maximum for one in known), default=math.nan)
    return Finding(
        "not-finite",
        "error",
        source=own_line(op, trace),
        form=form,
        explains=FOLLOWS,
        module=trace.calls[op.call].path if op.call is not None else "",
        evidence={
            "op": op.name,
            "count": numbers.num_not_finite if numbers else 0,
            "low": low,
            "high": high,
            "step": look.step,
        },
    )


def _first_line(look: Look) -> Source | None:
    return own_line(look.trace.ops[0], look.trace) if look.trace.ops else None


def _between_looks(seen: Seen) -> Iterator[Finding]:
    """Where the loss broke between looks, find the operation nearest to the border of where it is defined."""
    broke = next((loss.step for loss in seen.losses if not math.isfinite(loss.value)), None)
    if broke is None:
        return
    given = _given_bad(seen)
    if given is not None:
        yield given
        return
    before = [look for look in seen.looks if look.step <= broke and look.trace.loss is not None
              and not any(_bad(look.trace.values[n].statistics) for n in look.losses)]  # fmt: skip
    for look in reversed(before):
        for op in reversed(ops_to_loss(look)):
            if (form := _risky(look.trace, op)) is not None:
                yield _finding(look, op, f"later_{form}", None)
                return
    backward = next((e for e in seen.events if e.kind == "backward"), None)
    yield Finding(
        "not-finite",
        "error",
        source=backward.source if backward else None,
        form="later",
        evidence={"step": broke},
        explains=FOLLOWS,
    )


def _given_bad(seen: Seen) -> Finding | None:
    """Find training pictures that hold numbers that are none."""
    for group in groups_of(seen):
        count = int((~torch.isfinite(group.images)).sum()) if group.images.is_floating_point() else 0
        if group.role == "train" and count:
            return Finding("not-finite", "error", source=next(divisions(seen), group.source), form="data",
                           explains=FOLLOWS, evidence={"value": "images", "count": count})  # fmt: skip
    return None


def _risky(trace: Trace, op: Op) -> str | None:
    """Tell whether an operation stands at the border of where it is defined."""
    form = _reason(trace, op)
    if form == "other" or not op.inputs:
        return None
    place = op.inputs[-1] if form == "quotient" else op.inputs[0]
    numbers = trace.values[place].statistics
    if numbers is None:
        return None
    match form:
        case "log":
            return form if op.name != "log1p" and numbers.minimum < 1e-4 else None  # noqa: PLR2004
        case "root" | "quotient":
            return form if min(abs(numbers.minimum), abs(numbers.maximum)) < NEAR else None
        case "power":
            return form if numbers.maximum > 30 and op.name not in ("softplus", "logsumexp") else None  # noqa: PLR2004
    return form if numbers.minimum < -0.999 or numbers.maximum > 0.999 else None  # noqa: PLR2004
