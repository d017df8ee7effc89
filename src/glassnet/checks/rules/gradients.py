"""Rows 52 and 53: gradients that vanish or explode on their way back."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.rules.descent import (
    NORMALISING,
    affine_ops,
    blamed_line,
    first_cross_entropy,
    network_of,
    ops_to_loss,
    was_loaded,
    weight_name,
)
from glassnet.checks.rules.series import course_of, trained_looks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op, Statistics, Trace

DEPTH = 4  # affine operations between the first and the last
VANISHED = 1e-4  # of the last layer's gradient is left at the first
HUGE = 100.0  # norm of all gradients in norms of all weights
SQUASHING = {"sigmoid", "sigmoid_", "tanh", "tanh_", "logsigmoid", "hardsigmoid"}


def vanishing_gradients(seen: Seen) -> Iterator[Finding]:
    """Find networks whose first layers get next to nothing of the gradient that the last ones get.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    looks = trained_looks(seen)
    early = [look for look in looks if _depth(look) and not _normalised(look)][:5]
    if len(early) < 2:  # noqa: PLR2004
        return
    faint = [found for look in early if (found := _fading(look)) is not None]
    if len(faint) < len(early):
        return
    left, first, last, op = faint[-1]
    if was_loaded(seen, network_of(seen, first)):
        return
    look = early[-1]
    squash = _most_squashing(look)
    source = blamed_line(seen, look.trace, squash) if squash is not None else own_line(op, look.trace)
    yield Finding(
        "vanishing-gradients",
        "warning",
        source=source,
        module=first.rpartition(".")[0],
        form="squash" if squash is not None else "main",
        evidence={
            "first": first,
            "last": last,
            "left": left,
            "depth": len(affine_ops(look)),
            "function": squash.name.rstrip("_") if squash is not None else "",
        },
        explains=("plateau", "cannot-overfit-batch", "learning-rate-too-low", "output-ignores-input"),
    )


def _depth(look: Look) -> bool:
    return len({weight_name(look.trace, op) for op in affine_ops(look)}) > DEPTH


def _normalised(look: Look) -> bool:
    """Tell whether something puts activations back to one size, which keeps gradients alive, too."""
    return any(op.name in NORMALISING for op in ops_to_loss(look))


def _size(numbers: Statistics | None) -> float | None:
    if numbers is None or numbers.num_not_finite:
        return None
    return math.hypot(numbers.mean, numbers.deviation)


def _fading(look: Look) -> tuple[float, str, str, Op] | None:
    """Compare the relative gradients of the first affine layers with the last one's."""
    ops, seen_names = [], []
    for op in affine_ops(look):
        name = weight_name(look.trace, op)
        if name is not None and name not in seen_names and look.gradients.get(name) is not None:
            ops.append(op)
            seen_names.append(name)
    sizes = [(name, op, _size(look.gradients[name]) or 0.0) for name, op in zip(seen_names, ops, strict=True)]
    if len(sizes) <= DEPTH:
        return None
    last_name, _, last = sizes[-1]
    early = sizes[: max(2, len(sizes) // 4)]
    first_name, op, first = max(early, key=lambda one: one[2])
    if last <= 1e-12 or first >= VANISHED * last:  # noqa: PLR2004
        return None
    return first / last, first_name, last_name, op


def _most_squashing(look: Look) -> Op | None:
    """Give the first squashing function of the forward pass, where there are several on the way."""
    found = [op for op in ops_to_loss(look) if op.name in SQUASHING and op.stage == "forward"]
    return found[0] if len(found) >= DEPTH else None


def exploding_gradients(seen: Seen) -> Iterator[Finding]:
    """Find gradients many times as large as the weights, from the first steps on, that nothing clips.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    looks, course = trained_looks(seen)[:5], course_of(seen)
    if not looks or course is None or any(event.kind == "clip" for event in seen.events):
        return
    harmed = (
        course.broke is not None
        or course.last > 1.5 * abs(course.first)
        or course.peak > 10 * abs(course.first)
    )
    harmed = harmed or _absurd(looks[0])
    ratios = [one for look in looks if (one := _ratio(look)) is not None and math.isfinite(one)]
    if not ratios:
        return
    grows = _growth(looks[0])
    growing = grows is not None and grows[0] > 1e3  # noqa: PLR2004
    if not harmed or (median(ratios) < HUGE and not growing):
        return
    op = grows[1] if grows is not None and growing else None
    backward = next((event for event in seen.events if event.kind == "backward"), None)
    source = own_line(op, looks[0].trace) if op is not None else None
    yield Finding(
        "exploding-gradients",
        "warning",
        source=backward.source if backward is not None else source,
        form="growth" if growing else "main",
        evidence={
            "ratio": max(ratios),
            "growth": grows[0] if grows else 1.0,
            "first": course.first,
            "last": course.last,
            "peak": course.peak,
        },
        explains=(
            "not-finite",
            "plateau",
            "cannot-overfit-batch",
            "initial-loss",
            "dead-relus",
            "saturated-activations",
            "modes-disagree",
        ),
    )


def _absurd(look: Look) -> bool:
    """Tell whether the first loss of a classifier is a hundred times that of guessing, before any step."""
    found = first_cross_entropy(look)
    return look.step == 0 and found is not None and found[0] > 100 * math.log(found[1])


def huge_from_the_start(seen: Seen) -> bool:
    """Tell whether gradients were huge before any step was taken: no learning rate is to blame for that.

    Args:
        seen: What was seen.

    Returns:
        Whether they were.
    """
    look = next(iter(trained_looks(seen)), None)
    if look is None or look.step > 0:
        return False
    ratio, grows = _ratio(look), _growth(look)
    return (ratio is not None and ratio >= HUGE) or (grows is not None and grows[0] > 1e3)  # noqa: PLR2004


def _ratio(look: Look) -> float | None:
    """Give the norm of all gradients in norms of all weights."""
    weights = math.hypot(*(u.weight for u in look.updates.values()), 0.0)
    gradients = math.hypot(*(u.gradient for u in look.updates.values()), 0.0)
    return gradients / weights if weights > 0 else None


def _growth(look: Look) -> tuple[float, Op] | None:
    """Give how much larger the gradient of the first affine results is than that of the last ones."""
    trace: Trace = look.trace
    sizes = [
        (op, size)
        for op in affine_ops(look)
        if op.outputs and (size := _size(trace.values[op.outputs[0]].gradient)) and size > 0
    ]
    if len(sizes) <= DEPTH:
        return None
    return sizes[0][1] / sizes[-1][1], sizes[0][0]
