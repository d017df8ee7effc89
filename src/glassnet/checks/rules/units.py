"""Rows 54 and 55: units that always give zero, and activations pressed against their bounds."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.rules.descent import AFFINE, blamed_line, ops_to_loss
from glassnet.checks.rules.numbers_written import initialisations
from glassnet.checks.rules.series import trained_looks
from glassnet.trace.activity import BOUNDS, RECTIFIERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Activity, Op, Source, Trace

MANY_DEAD = 0.9  # of the units of a layer
FEWEST_UNITS, FEWEST_SAMPLES = 16, 8  # smaller ones are dead by chance
SATURATED = 0.8  # of all numbers


def bounded(look: Look) -> list[tuple[Op, Activity]]:
    """List the sigmoids and tanhs of a look.

    Args:
        look: A look.

    Returns:
        Operations with the activity of their results.
    """
    return _active(look, set(BOUNDS))


def _active(look: Look, names: set[str]) -> list[tuple[Op, Activity]]:
    trace, found = look.trace, []
    for number, activity in look.activity.items():
        made_by = trace.values[number].made_by
        if made_by is not None and trace.ops[made_by].name in names:
            found.append((trace.ops[made_by], activity))
    return found


def dead_relus(seen: Seen) -> Iterator[Finding]:
    """Find layers of which nearly every unit gave zero for every sample, in all later looks.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    looks = [look for look in trained_looks(seen) if _samples(look.trace) >= FEWEST_SAMPLES]
    history: dict[str, list[tuple[int, Op, Activity, Look]]] = defaultdict(list)
    for look in looks:
        on_path = {op.number for op in ops_to_loss(look)}
        for op, activity in _active(look, RECTIFIERS):
            if op.number in on_path and op.name not in ("clamp_min", "clamp_min_", "threshold"):
                history[op.label].append((look.step, op, activity, look))
    for label, met in history.items():
        last = met[-2:]
        dead = min(activity.dead / activity.units for _, _, activity, _ in last)
        units = last[-1][2].units
        if len(met) < 2 or units < FEWEST_UNITS or dead < MANY_DEAD:  # noqa: PLR2004
            continue
        _, op, activity, look = last[-1]
        if dead < 1 and not _whole_layer(look.trace, op):
            continue
        began = met[0][2].dead / met[0][2].units
        source = blamed_line(seen, look.trace, op)
        if began >= MANY_DEAD and (place := _bias_place(seen)) is not None:
            source = place
        yield Finding(
            "dead-relus",
            "warning",
            source=source,
            module=_module(look.trace, op),
            form="born" if began >= MANY_DEAD else "died",
            evidence={
                "dead": activity.dead,
                "units": activity.units,
                "step": last[-1][0],
                "label": label,
                "began": met[0][2].dead,
            },
            explains=(
                "plateau",
                "vanishing-gradients",
                "cannot-overfit-batch",
                "output-ignores-input",
                "weights-do-not-change",
                "learning-rate-too-low",
            ),
        )
        return  # one dead layer starves the others


def _bias_place(seen: Seen) -> Source | None:
    """Find a line that sets biases, by `fill_` or `constant_`."""
    for init in initialisations(seen, biases=True):
        if "bias" in init.text and any(number < 0 for number in init.numbers):
            return init.source
    return None


def _samples(trace: Trace) -> int:
    sizes = [trace.values[n].shape[0] for n in trace.inputs if trace.values[n].shape]
    return max(sizes, default=0)


def _whole_layer(trace: Trace, op: Op) -> bool:
    """Tell whether a rectifier stands on an affine operation of its own, not in a gate of few units."""
    number = op.inputs[0]
    for _ in range(4):
        made_by = trace.values[number].made_by
        if made_by is None:
            return False
        maker = trace.ops[made_by]
        if maker.name in AFFINE:
            return True
        if not maker.inputs:
            return False
        number = maker.inputs[0]
    return False


def saturated_activations(seen: Seen) -> Iterator[Finding]:
    """Find hidden sigmoids and tanhs pressed against their bounds from the first steps on.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    looks = [look for look in trained_looks(seen) if _samples(look.trace) >= FEWEST_SAMPLES]
    history: dict[str, list[tuple[int, Op, Activity, Look]]] = defaultdict(list)
    for look in looks:
        hidden = _feeds_affine(look, gates=look.step < 2)  # noqa: PLR2004
        for op, activity in bounded(look):
            if op.outputs and op.outputs[0] in hidden and op.name not in ("hardtanh", "hardsigmoid"):
                history[op.label].append((look.step, op, activity, look))
    for label, met in history.items():
        shares = [activity.low + activity.high for _, _, activity, _ in met]
        if len(met) < 2 or min(shares[-2:]) < SATURATED or met[-1][2].units < FEWEST_UNITS:  # noqa: PLR2004
            continue
        _, op, activity, look = met[-1]
        yield Finding(
            "saturated-activations",
            "warning",
            source=blamed_line(seen, look.trace, op),
            module=_module(look.trace, op),
            evidence={
                "function": op.name.rstrip("_"),
                "share": 100 * (activity.low + activity.high),
                "low": 100 * activity.low,
                "high": 100 * activity.high,
                "label": label,
                "began": 100 * shares[0],
            },
            explains=("plateau", "vanishing-gradients", "cannot-overfit-batch", "weights-do-not-change"),
        )
        return


def _feeds_affine(look: Look, *, gates: bool) -> set[int]:
    """Find the values that an affine operation reads, also through views, dropout and pooling."""
    found: set[int] = set()
    through = {
        "dropout",
        "flatten",
        "view",
        "reshape",
        "max_pool2d",
        "avg_pool2d",
        "squeeze",
        "contiguous",
        "permute",
        "transpose",
        "adaptive_avg_pool2d",
        "max_pool1d",
        "getitem",
        "unsqueeze",
    }
    for op in reversed(ops_to_loss(look)):
        if op.name in AFFINE and op.stage == "forward":
            data = [n for n in op.inputs if look.trace.values[n].kind != "parameter"]
            found.update(data[:1])
        elif gates and op.name in {"mul", "mul_"} and found.intersection(op.outputs):
            found.update(op.inputs)
        elif op.name in through and found.intersection(op.outputs):
            found.update(op.inputs[:1])
    return found


def _module(trace: Trace, op: Op) -> str:
    return trace.calls[op.call].path if op.call is not None else ""
