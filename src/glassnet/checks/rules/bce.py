"""Binary cross-entropy of numbers that are not in its range, and of targets that are not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.origins import NEAR, PARTS, SAME, given_value, kept, losses_of, origin, plain
from glassnet.checks.places import cause_line, once_a_line
from glassnet.checks.rules.softmax import SOFTMAX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op

CODE = "bce-wrong-range"
SIGMOIDS = frozenset({"sigmoid", "hardsigmoid"})
THROUGH = SAME | NEAR | PARTS
LOGITS = "binary_cross_entropy_with_logits"
BETWEEN = "elements of input should be between 0 and 1"
BETWEEN_TARGETS = "elements of target should be between 0 and 1"
CLAMPS = frozenset({"clamp", "clip", "hardtanh", "clamp_min", "clamp_max"})
AFFINE = frozenset({"linear", "conv2d", "conv1d", "conv_transpose2d", "addmm", "matmul", "bmm", "batch_norm"})
SLACK = 1e-4  # of targets beyond 0 and 1, after augmentation in float
FOLLOWS = ("initial-loss", "plateau", "vanishing-gradients", "loss-sign-or-sum", "learning-rate-too-low")


@once_a_line
def bce_wrong_range(seen: Seen) -> Iterator[Finding]:
    """Find probabilities where binary cross-entropy takes logits, logits where it takes probabilities.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    yield from _crashed(seen)
    for look, op in losses_of(seen, {LOGITS}):
        value = given_value(op, 0, "input")
        first = None if value is None else origin(look.trace, value, THROUGH)
        if first is not None and plain(first) in SIGMOIDS | SOFTMAX:
            floor = _least_of_probabilities(look, op)
            evidence: dict[str, object] = {"sigmoid": plain(first), "loss": LOGITS, "least": floor}
            yield _finding(seen, look, first, "twice", evidence)
    for look, op in losses_of(seen, {LOGITS, "binary_cross_entropy"}):
        yield from _targets(seen, look, op)
    for look, op in losses_of(seen, {"binary_cross_entropy"}):
        yield from _shared_probabilities(seen, look, op)
        yield from _clamped(seen, look, op)


def _crashed(seen: Seen) -> Iterator[Finding]:
    crash = seen.crash
    if crash is None:
        return
    form = None
    if BETWEEN in crash.message:
        form = "crash"
    elif BETWEEN_TARGETS in crash.message:
        form = "crash_targets"
    if form:
        yield Finding(CODE, "error", crash.source, "", {"loss": "binary_cross_entropy"}, form=form)


def _least_of_probabilities(look: Look, op: Op) -> float:
    """Give the loss of the best possible answer, where what is taken for a logit stays from 0 to 1."""
    target = kept(look, given_value(op, 1, "target"))
    share = 0.5 if target is None or not target.numel() else min(1.0, max(0.0, float(target.double().mean())))
    return share * math.log(1 + 1 / math.e) + (1 - share) * math.log(2)


def _targets(seen: Seen, look: Look, op: Op) -> Iterator[Finding]:
    """Targets of a binary cross-entropy are from 0 to 1."""
    number = given_value(op, 1, "target")
    numbers = None if number is None else look.trace.values[number].statistics
    if numbers is None or (numbers.minimum >= -SLACK and numbers.maximum <= 1 + SLACK):
        return
    yield _finding(
        seen, look, op, "targets", {"loss": op.name, "low": numbers.minimum, "high": numbers.maximum}
    )


def _shared_probabilities(seen: Seen, look: Look, op: Op) -> Iterator[Finding]:
    """Several labels a sample: a softmax cannot say yes to all of them."""
    trace = look.trace
    value, number = given_value(op, 0, "input"), given_value(op, 1, "target")
    first = None if value is None else origin(trace, value)
    target = kept(look, number)
    if first is None or plain(first) not in SOFTMAX or target is None or target.dim() != 2:  # noqa: PLR2004
        return
    if target.shape[1] == 1:
        return  # told as a softmax over one number
    most = float(target.double().sum(1).max())
    if most > 1 + SLACK:
        yield _finding(seen, look, first, "shared", {"softmax": plain(first), "loss": op.name, "most": most})


def _clamped(seen: Seen, look: Look, op: Op) -> Iterator[Finding]:
    """Scores that were cut off at 0 and 1 instead of going through a sigmoid have no gradient beyond."""
    trace, value = look.trace, given_value(op, 0, "input")
    cut = None if value is None else origin(trace, value)
    if cut is None or plain(cut) not in CLAMPS:
        return
    below = origin(trace, cut.inputs[0], THROUGH) if cut.inputs else None
    if below is not None and plain(below) in AFFINE:
        yield _finding(seen, look, cut, "clamped", {"operation": plain(cut), "loss": op.name})


def _finding(seen: Seen, look: Look, op: Op, form: str, evidence: dict[str, object]) -> Finding:
    module = look.trace.calls[op.call].path if op.call is not None else ""
    severity = "warning" if form == "twice" else "error"
    return Finding(CODE, severity, cause_line(seen, look, op), module, evidence, form=form, explains=FOLLOWS)
