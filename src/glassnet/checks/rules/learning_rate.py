"""Rows 45, 46, 49 and 58: steps too large, too small, spent on the regularisation, or without any effect."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.rules.descent import ancestors, held_names, ops_to_loss, stepping, was_loaded
from glassnet.checks.rules.gradients import huge_from_the_start
from glassnet.checks.rules.numbers_written import lost_updates, where_written
from glassnet.checks.rules.series import (
    Course,
    course_of,
    matrices,
    moved,
    only_optimizer,
    rates,
    relative_steps,
    trained_looks,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Look, Optimizer, Seen
    from glassnet.trace.trace import Op, Source

PLAIN = ("SGD", "ASGD")
FAR, TOO_FAR = 0.1, 0.3  # relative steps; 0.001 is usual
TOO_HIGH_FOLLOWS = (
    "not-finite",
    "dead-relus",
    "plateau",
    "exploding-gradients",
    "saturated-activations",
    "cannot-overfit-batch",
    "modes-disagree",
    "vanishing-gradients",
    "weights-do-not-change",
    "output-ignores-input",
)
TOO_LOW_FOLLOWS = ("plateau", "cannot-overfit-batch")


def learning_rate_too_high(seen: Seen) -> Iterator[Finding]:
    """Find steps so large that the loss suffers from them.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    optimizer, course = only_optimizer(seen), course_of(seen)
    if optimizer is None or course is None:
        return
    steps = relative_steps(seen, optimizer)
    lr = max((rate for _, rate in rates(seen, optimizer)), default=0.0)
    if not steps or lr <= 0 or huge_from_the_start(seen):
        return
    form = _suffers(course, [share for _, share in steps], lr, plain=optimizer.type in PLAIN)
    if form is None:
        return
    yield Finding(
        "learning-rate-too-high",
        "error" if form == "broke" else "warning",
        source=where_written(
            optimizer.source, "lr", optimizer.groups[0].get("lr", lr) if optimizer.groups else lr
        ),
        form=form,
        evidence={
            "lr": lr,
            "optimizer": optimizer.type,
            "share": 100 * max(share for _, share in steps[:5]),
            "first": course.first,
            "last": course.last,
            "peak": course.peak,
            "step": course.broke if course.broke is not None else seen.num_steps,
            "better": _better(lr, max(share for _, share in steps[:5])),
        },
        explains=TOO_HIGH_FOLLOWS,
    )


def _suffers(course: Course, shares: list[float], lr: float, *, plain: bool) -> str | None:
    """Tell how the loss suffers from steps of these sizes; None where it does not."""
    early, sustained = max(shares[:5]), median(shares[1:] or shares)
    usual = lr <= (0.1 if plain else 0.01)  # rates that sound scripts use
    if course.broke is not None:
        return "broke" if early > TOO_FAR or (course.peak > 10 * abs(course.first) and early > FAR) else None
    if early <= FAR or (usual and sustained <= TOO_FAR):
        return None
    level = abs(course.first)
    if early > 1 and course.peak > 10 * level + 1 and not usual:
        return "rose"
    if course.last > 1.5 * level + 0.1 or (course.peak > 5 * level + 1 and course.last > 0.9 * level):
        return "rose"
    stuck = course.last > 0.85 * level and course.steps >= 10  # noqa: PLR2004
    if stuck and (course.peak > 2 * level or (sustained > TOO_FAR or (not usual and sustained > FAR))):
        return "stuck"
    return None


def _better(lr: float, share: float) -> float:
    """Suggest a rate whose steps are about a hundredth of the weights, as a power of ten."""
    wanted = lr * min(0.1, 0.01 / max(share, 1e-12))
    return 10.0 ** math.floor(math.log10(max(wanted, 1e-12)) + 0.5)


def learning_rate_too_low(seen: Seen) -> Iterator[Finding]:
    """Find steps so small that the loss stands still.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    optimizer, course = only_optimizer(seen), course_of(seen)
    if optimizer is None or course is None or course.broke is not None:
        return
    all_rates = [rate for _, rate in rates(seen, optimizer)]
    lr, steps = max(all_rates, default=0.0), relative_steps(seen, optimizer)
    if not steps or lr <= 0 or any(was_loaded(seen, network) for network in seen.networks):
        return
    share = median(share for _, share in steps)
    plain = optimizer.type in PLAIN
    tiny = lr <= 1e-4 and share < 2e-5 if plain else lr <= 3e-6 and share < 5e-4  # noqa: PLR2004
    way = share * course.steps  # that the weights went, if every step went the same way
    stands = moved(seen) < 0.03 or way < 1e-3  # noqa: PLR2004
    if not tiny or not stands or course.steps < 10 or way > 0.02:  # noqa: PLR2004
        return
    if _gradient_size(trained_looks(seen)) < 1e-6:  # noqa: PLR2004
        return
    given = optimizer.groups[0].get("lr", lr) if optimizer.groups else lr
    yield Finding(
        "learning-rate-too-low",
        "warning",
        source=where_written(optimizer.source, "lr", given),
        evidence={
            "lr": lr,
            "optimizer": optimizer.type,
            "share": share,
            "first": course.first,
            "last": course.last,
            "steps": course.steps,
            "better": 0.01 if plain else 0.001,
        },
        explains=TOO_LOW_FOLLOWS,
    )


def _gradient_size(looks: list[Look]) -> float:
    """Give the median over looks of the largest relative gradient."""
    sizes = [
        max((u.gradient / u.weight for u in look.updates.values() if u.weight > 0), default=0.0)
        for look in looks
    ]
    return median(sizes) if sizes else 0.0


def weights_do_not_change(seen: Seen) -> Iterator[Finding]:  # noqa: C901
    """Find optimizers whose steps left every weight as it was, and updates by hand that write nothing.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    if not seen.num_steps and seen.networks:
        backward = [event for event in seen.events if event.kind == "backward"]
        place = next(iter(lost_updates(seen)), None)
        if len(backward) >= 5 and place and not any(e.facts.get("changed") for e in backward[1:]):  # noqa: PLR2004
            yield Finding(
                "weights-do-not-change",
                "error",
                source=place,
                form="by_hand",
                evidence={"steps": len(backward)},
                explains=("plateau",),
            )
    looks = trained_looks(seen)
    for optimizer in seen.optimizers:
        own = [look for look in looks if optimizer.number in stepping(seen, look)]
        if len(own) < 2:  # noqa: PLR2004
            continue
        held = held_names(seen, optimizer.number)
        moved = [update.change for look in own for name, update in look.updates.items() if name in held]
        if held and moved and any(change > 0 or math.isnan(change) for change in moved):
            continue
        all_rates = [rate for _, rate in rates(seen, optimizer)]
        step = next((e for e in seen.events if e.kind == "step" and e.who == optimizer.number), None)
        if not held:
            called = {n.number for n in seen.networks if any(p.requires_grad for p in n.module.parameters())}
            idle = all(
                e.facts.get("empty") for e in seen.events if e.kind == "step"
            )  # else it trains a picture
            if len(seen.optimizers) == 1 and called and idle:
                yield _unchanged(optimizer, "elsewhere", optimizer.source, seen)
        elif all_rates and max(all_rates) == 0.0:
            yield _unchanged(optimizer, "rate", _zero_rate(seen, optimizer), seen)
        elif moved and all(_is_zero(look, held) for look in own):
            yield _unchanged(optimizer, "gradients", step.source if step else optimizer.source, seen)
        elif moved and all_rates and max(all_rates) < 1e-7:  # noqa: PLR2004
            yield _unchanged(optimizer, "rate", _zero_rate(seen, optimizer), seen)


def _zero_rate(seen: Seen, optimizer: Optimizer) -> Source | None:
    """Find who set the rate to nothing: the optimizer's line, or its schedule's."""
    began = optimizer.groups[0].get("lr") if optimizer.groups else None
    if began:
        schedulers = [s for s in seen.schedulers if s.optimizer in (optimizer.number, -1)]
        if schedulers:
            return schedulers[0].source
    return where_written(optimizer.source, "lr", float(began or 0.0))


def _unchanged(optimizer: Optimizer, form: str, source: Source | None, seen: Seen) -> Finding:
    return Finding(
        "weights-do-not-change",
        "error",
        source=source,
        form=form,
        evidence={"optimizer": optimizer.type, "steps": seen.num_steps},
        explains=("plateau", "cannot-overfit-batch", "learning-rate-too-low"),
    )


def _is_zero(look: Look, held: set[str]) -> bool:
    gradients = [g for name, g in look.gradients.items() if name in held]
    return all(g is None or (g.minimum == 0 == g.maximum and not g.num_not_finite) for g in gradients)


def regularisation_dominates(seen: Seen) -> Iterator[Finding]:
    """Find a weight decay, or a term of the loss, that outweighs the data.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    yield from _decay(seen)
    yield from _term(seen)


def _decay(seen: Seen) -> Iterator[Finding]:
    optimizer, course, looks = only_optimizer(seen), course_of(seen), trained_looks(seen)
    if optimizer is None or course is None or not looks or not optimizer.groups:
        return
    decay = max(float(group.get("weight_decay", 0.0) or 0.0) for group in optimizer.groups)
    lr = max((rate for _, rate in rates(seen, optimizer)), default=0.0)
    names = set(matrices(seen)) & held_names(seen, optimizer.number)
    shares = [
        decay * u.weight / u.gradient
        for look in looks[:5]
        for name, u in look.updates.items()
        if name in names and u.gradient > 0
    ]
    decoupled = optimizer.type == "AdamW" or bool(optimizer.groups[0].get("decoupled_weight_decay"))
    if not shares or decay <= 0:
        return
    per_step = lr * decay
    outweighs = per_step > 0.01 if decoupled else decay >= 0.05 and median(shares) > 1  # noqa: PLR2004
    shrunk = _shrunk(looks, names)
    if outweighs and (shrunk < 0.7 or course.fell < 0.1):  # noqa: PLR2004
        yield Finding(
            "regularisation-dominates",
            "warning",
            source=where_written(optimizer.source, "weight_decay", decay),
            form="decay",
            evidence={
                "decay": decay,
                "times": median(shares),
                "optimizer": optimizer.type,
                "left": 100 * shrunk,
                "last": course.last,
            },
            explains=(
                "plateau",
                "vanishing-gradients",
                "cannot-overfit-batch",
                "learning-rate-too-high",
                "dead-relus",
                "learning-rate-too-low",
                "output-ignores-input",
            ),
        )


def _shrunk(looks: list[Look], names: set[str]) -> float:
    """Give the median share of their norm that weights kept from the first look to the last."""
    first, last = looks[0].updates, looks[-1].updates
    kept = [
        last[name].weight / first[name].weight
        for name in names
        if name in first and name in last and first[name].weight > 0
    ]
    return median(kept) if kept else 1.0


def _term(seen: Seen) -> Iterator[Finding]:
    """Find a term computed from weights alone that is many times the rest of the loss."""
    looks = trained_looks(seen)
    found = [_largest_term(look) or _penalty(look) for look in looks]
    if not looks or any(one is None for one in found[:3]):
        return
    op, term, rest = found[0] or (None, 0.0, 0.0)
    if op is None or term < 5 * rest:
        return
    _, last_term, last_rest = found[-1] or (None, 0.0, 0.0)
    began, ended = rest, last_rest
    if ended < 0.7 * began and last_term < 5 * last_rest:
        return
    yield Finding(
        "regularisation-dominates",
        "warning",
        source=own_line(op, looks[0].trace),
        form="term",
        evidence={"term": term, "rest": rest, "times": term / max(rest, 1e-12)},
        explains=(
            "plateau",
            "cannot-overfit-batch",
            "initial-loss",
            "learning-rate-too-high",
            "dead-relus",
            "exploding-gradients",
            "vanishing-gradients",
            "learning-rate-too-low",
        ),
    )


def _penalty(look: Look) -> tuple[Op, float, float] | None:
    """Find a summand beside a cross-entropy that knows no labels and is twenty times as large."""
    trace = look.trace
    for op in reversed(ops_to_loss(look)):
        if op.name.strip("_") not in {"add", "radd", "iadd"} or len(op.inputs) != 2:  # noqa: PLR2004
            continue
        behind = [
            {trace.ops[m].name for n in ancestors(trace, [i]) if (m := trace.values[n].made_by) is not None}
            for i in op.inputs
        ]
        known = [bool(names & {"cross_entropy", "nll_loss"}) for names in behind]
        terms = [trace.values[i] for i in op.inputs]
        if known.count(True) != 1 or any(term.shape or term.statistics is None for term in terms):
            continue
        data, other = terms[known.index(True)], terms[known.index(False)]
        if other.statistics is None or data.statistics is None or other.made_by is None:
            continue
        if any(name.endswith("_loss") or "kl" in name for name in behind[known.index(False)]):
            continue
        if abs(other.statistics.mean) > 20 * abs(data.statistics.mean):
            return op, abs(other.statistics.mean), abs(data.statistics.mean)
    return None


def _largest_term(look: Look) -> tuple[Op, float, float] | None:
    """Split the loss at its last additions: the largest summand made of parameters alone, and the rest."""
    trace = look.trace
    from_data: set[int] = set()
    for value in trace.values:
        if value.kind == "input" or (value.kind == "constant" and value.shape):
            from_data.add(value.number)
    pure: set[int] = {value.number for value in trace.values if value.kind == "parameter"}
    for op in trace.ops:
        if from_data.intersection(op.inputs) or (op.call is not None and not pure.intersection(op.inputs)):
            from_data.update(op.outputs)
        elif pure.intersection(op.inputs) and op.call is None:
            pure.update(op.outputs)
    best = None
    for op in ops_to_loss(look):
        if (
            op.name.strip("_") not in {"add", "radd", "iadd"}
            or not op.outputs
            or trace.values[op.outputs[0]].shape
        ):
            continue
        own = [n for n in op.inputs if n in pure and n not in from_data]
        data = [n for n in op.inputs if n in from_data]
        if (
            own
            and data
            and (one := trace.values[own[-1]].statistics)
            and (two := trace.values[data[-1]].statistics)
        ):
            term = (op, abs(one.mean), abs(two.mean))
            best = term if best is None or term[1] > best[1] else best
    return best
