"""Likelihoods of what are no log-probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from glassnet.checks.finding import Finding
from glassnet.checks.origins import (
    SAME,
    ancestors,
    first_value,
    given_value,
    kept,
    losses_of,
    origin,
    plain,
    walk_back,
)
from glassnet.checks.places import cause_line, once_a_line
from glassnet.checks.rules.softmax import CLOSE, FEW, LOG_SOFTMAX, SOFTMAX, THROUGH, are_probabilities

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op, Trace

LOGARITHMS = {*LOG_SOFTMAX, "log", "logsumexp", "logsigmoid"}
LOOSE = 0.05  # how far the sum of probabilities may be from one, on a log scale: clamping, half precision


@once_a_line
def nll_without_log_softmax(seen: Seen) -> Iterator[Finding]:
    """Find a negative log-likelihood, or a KL divergence, of what are no log-probabilities.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    yield from _picked_by_hand(seen)
    for look, op in losses_of(seen, {"nll_loss", "nll_loss_nd"}):
        value = given_value(op, 0, "input")
        if value is None:
            continue
        shape = look.trace.values[value].shape
        axis = 1 if len(shape) > 1 else 0
        yield from _no_log_probabilities(seen, look, op, value, axis, "nll_loss")
    for look, op in losses_of(seen, {"kl_div"}):
        value = given_value(op, 0, "input")
        if value is not None and len(look.trace.values[value].shape) > 1:
            yield from _no_log_probabilities(seen, look, op, value, -1, "kl_div")


def _no_log_probabilities(
    seen: Seen, look: Look, op: Op, value: int, axis: int, loss: str
) -> Iterator[Finding]:
    trace = look.trace
    made = origin(trace, value, THROUGH)
    if made is not None and plain(made) in LOG_SOFTMAX:
        return  # along a wrong axis it is another mistake
    source = made if made is not None else op
    if (made is not None and plain(made) in SOFTMAX) or are_probabilities(look, value, axis):
        evidence: dict[str, object] = {"softmax": plain(source), "loss": loss}
        yield _finding(seen, look, source, "softmax" if loss == "nll_loss" else "divergence", evidence)
        return
    numbers = kept(look, value)
    if numbers is None or not numbers.is_floating_point() or not numbers.numel():
        return
    sums = torch.logsumexp(numbers.double(), axis)
    others = [torch.logsumexp(numbers.double(), other) for other in range(numbers.dim())]
    sums = sums[torch.isfinite(sums)]
    if not sums.numel() or float(sums.abs().median()) < LOOSE:
        return
    along_others = any(float(one.abs().median()) < LOOSE for one in others)
    if loss == "kl_div" and (along_others or numbers.max() <= CLOSE):
        return
    low, high = float(sums.min().exp().clamp(max=1e30)), float(sums.max().exp().clamp(max=1e30))
    evidence = {"loss": loss, "low": low, "high": high}
    yield _finding(seen, look, op, "logits" if loss == "nll_loss" else "divergence_logits", evidence)


def _finding(seen: Seen, look: Look, op: Op, form: str, evidence: dict[str, object]) -> Finding:
    return Finding(
        "nll-without-log-softmax",
        "error",
        cause_line(seen, look, op),
        _module(op, look.trace),
        evidence,
        form=form,
        explains=("initial-loss", "loss-sign-or-sum", "not-finite", "plateau", "exploding-gradients"),
    )


def _picked_by_hand(seen: Seen) -> Iterator[Finding]:
    """Find -out[range(n), labels].mean() where `out` are no log-probabilities."""
    for look in seen.looks:
        if look.trace.loss is None:
            continue
        path = list(walk_back(look.trace, look.trace.loss, SIMPLE))
        picked = path[-1] if path else None
        if picked is None or not any(plain(op) in ("neg", "rsub", "mul") for op in path):
            continue
        value = _picked_from(picked, look.trace)
        if value is None or are_probabilities(look, value, 1):
            continue
        made = origin(look.trace, value, THROUGH)
        if made is None or plain(made) in SOFTMAX | {"sub", "sigmoid"}:
            continue
        behind = {plain(look.trace.ops[number]) for number in ancestors(look.trace, value)}
        if behind & LOGARITHMS:  # log-probabilities, or weighted ones as in a focal loss
            continue
        numbers = kept(look, value)
        if numbers is None or not numbers.is_floating_point():
            continue
        sums = torch.logsumexp(numbers.double(), 1)
        if float(sums.abs().median()) > LOOSE:
            evidence: dict[str, object] = {
                "loss": plain(picked),
                "low": float(sums.min().exp()),
                "high": float(sums.max().exp()),
            }
            yield _finding(seen, look, picked, "logits", evidence)


SIMPLE = SAME | {"neg", "mean", "sum", "mul", "div", "truediv", "squeeze", "rsub"}


def _picked_from(op: Op, trace: Trace) -> int | None:
    """Give the scores, samples × classes, of which one a sample was picked by whole numbers."""
    value = first_value(op)
    if value is None or len(trace.values[value].shape) != FEW or not trace.values[value].requires_grad:
        return None
    num_samples, num_classes = trace.values[value].shape
    if num_classes < FEW or num_samples < FEW:
        return None
    picks = [trace.values[other] for other in op.inputs if other != value]
    if op.name not in ("getitem", "gather") or not picks:
        return None
    counted = trace.values[op.outputs[0]].shape in ((num_samples,), (num_samples, 1))
    whole = all(pick.dtype in ("int64", "int32") for pick in picks)
    return value if counted and whole else None


def _module(op: Op, trace: Trace) -> str:
    return trace.calls[op.call].path if op.call is not None else ""
