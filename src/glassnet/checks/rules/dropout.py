"""Dropout that is on where nothing may be dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.origins import given, plain
from glassnet.checks.places import once_a_line
from glassnet.checks.probes import probes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.probes import Probe
    from glassnet.checks.seen import Seen
    from glassnet.trace.trace import ModuleCall, Op, Source, Trace

DROPOUTS = frozenset(
    {
        "dropout",
        "dropout1d",
        "dropout2d",
        "dropout3d",
        "alpha_dropout",
        "feature_alpha_dropout",
        "feature_dropout",
    }
)
MANY_PASSES = 3  # over the same pictures: dropout is left on for its spread


@once_a_line
def dropout_in_eval(seen: Seen) -> Iterator[Finding]:
    """Find dropout that is on in eval mode.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    told = set()
    for probe in probes_of(seen) if _drops_by_function(seen) else ():
        trace = probe.trace(probe.few, "base")
        if trace is None:
            continue
        for op in trace.ops:
            rate = rate_of(op, trace)
            if not rate:
                continue
            call = trace.calls[op.call] if op.call is not None else None
            if call is not None and call.training and not _is_made_in_forward(call):
                continue  # a layer that is kept in train mode, or is not registered, is another matter
            source = own_line(op, trace)
            told.add(source)
            path = call.path if call else ""
            yield _dropout(op, source, rate, meant=_spread_is_meant(seen, probe), path=path)
    for look in seen.looks:
        for op in look.trace.ops:
            call = look.trace.calls[op.call] if op.call is not None else None
            rate = rate_of(op, look.trace)
            source = own_line(op, look.trace)
            if call is None or call.training or not call.registered or not rate or source in told:
                continue
            yield _dropout(op, source, rate, meant=False, path=call.path)


def _drops_by_function(seen: Seen) -> bool:
    """Tell whether something else than a dropout layer drops numbers; layers know their mode."""
    for look in seen.looks:
        for op in look.trace.ops:
            call = look.trace.calls[op.call] if op.call is not None else None
            if call is None or not rate_of(op, look.trace):
                continue
            if "Dropout" not in call.type or _is_made_in_forward(call):
                return True
    return False


def _is_made_in_forward(call: ModuleCall) -> bool:
    """Tell whether a module is held by no other: then nobody can tell it the mode."""
    return not call.registered and call.path.endswith(">")


def _dropout(op: Op, source: Source | None, rate: float, *, meant: bool, path: str) -> Finding:
    attention = op.name.startswith("scaled_dot")
    return Finding(
        "dropout-in-eval",
        "note" if meant else "warning",
        source,
        path,
        {"operation": op.name, "rate": rate},
        form="attention" if attention else ("made" if path.endswith(">") else "main"),
        explains=("modes-disagree",),
    )


def rate_of(op: Op, trace: Trace) -> float:
    """Give the share that an operation drops.

    Args:
        op: Any.
        trace: In which it is.

    Returns:
        The share; 0 where it drops nothing.
    """
    if op.name.startswith("scaled_dot_product"):
        rate = given(op, 4, "dropout_p", 0.0)
        return rate if isinstance(rate, float | int) else 0.0
    if plain(op) not in DROPOUTS:
        return 0.0
    functional = op.function.startswith("torch.nn.functional")
    rate = given(op, 1, "p", 0.5)
    on = given(op, 2, "training" if functional else "train", True)
    return float(rate) if on is True and isinstance(rate, float | int) else 0.0


def _spread_is_meant(seen: Seen, probe: Probe) -> bool:
    """Tell whether the same pictures go through the network again and again in evaluation."""
    for look in seen.looks:
        calls = [c for c in look.trace.calls if c.parent is None and not c.training and c.inputs]
        counts = [sum(other.inputs == call.inputs for other in calls) for call in calls]
        if max(counts, default=0) >= MANY_PASSES:
            return True
    return False
