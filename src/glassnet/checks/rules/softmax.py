"""Softmax where the loss, or another softmax, already has one; and losses that miss theirs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.origins import (
    NEAR,
    SAME,
    first_value,
    given,
    given_value,
    kept,
    losses_of,
    origin,
    plain,
    readers,
    root,
    walk_back,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op, Trace

SOFTMAX = frozenset({"softmax", "softmin"})
LOG_SOFTMAX = frozenset({"log_softmax"})
THROUGH = SAME | NEAR
CLOSE = 1e-3  # how far a row of probabilities may be from a sum of one
LOOSE = 0.05  # how far log-probabilities may be from it, after clamping and half precision
FEW = 2  # rows from which values alone may tell


def softmax_before_cross_entropy(seen: Seen) -> Iterator[Finding]:
    """Find probabilities in a cross-entropy that expects logits."""
    for look, op in losses_of(seen, {"cross_entropy"}):
        value = given_value(op, 0, "input")
        if value is None:
            continue
        shape = look.trace.values[value].shape
        axis = 1 if len(shape) > 1 else 0
        if not shape or shape[axis] < FEW:
            continue
        made = origin(look.trace, value, THROUGH)
        if made is not None and plain(made) in SOFTMAX:
            name = plain(made)
        elif made is not None and plain(made) not in LOG_SOFTMAX and _are_probabilities(look, value, axis):
            name = "softmax"
        else:
            continue
        yield Finding(
            "softmax-before-cross-entropy",
            "warning",
            own_line(made, look.trace),
            _module(made, look.trace),
            {"softmax": name, "loss": "cross_entropy", "least": math.log(1 + (shape[axis] - 1) / math.e)},
            form="function",
            explains=(
                "softmax-twice",
                "initial-loss",
                "plateau",
                "learning-rate-too-low",
                "vanishing-gradients",
            ),
        )


def _are_probabilities(look: Look, value: int, axis: int) -> bool:
    """Tell from the numbers whether they are probabilities: from 0 to 1, with sums of one along the axis."""
    numbers = kept(look, value)
    if numbers is None or not numbers.is_floating_point() or numbers.numel() // numbers.shape[axis] < FEW:
        return False
    numbers = numbers.double()
    if not bool(torch.isfinite(numbers).all()) or numbers.min() < 0 or numbers.max() > 1 + CLOSE:
        return False
    return bool(((numbers.sum(axis) - 1).abs() < CLOSE).all())


def softmax_twice(seen: Seen) -> Iterator[Finding]:
    """Find a softmax of what is softmax's result already."""
    for look in seen.looks:
        trace = look.trace
        following = None
        for op in trace.ops:
            name = plain(op)
            if name not in SOFTMAX | LOG_SOFTMAX and name != "cross_entropy":
                continue
            value = first_value(op)
            first = None if value is None else origin(trace, value, THROUGH)
            if first is None or plain(first) not in SOFTMAX | LOG_SOFTMAX:
                continue
            if name == "cross_entropy" and plain(first) in SOFTMAX:
                continue  # told as softmax before cross-entropy
            if name != "cross_entropy" and not _same_axis(first, op, trace):
                continue
            following = following or readers(trace)
            idle = plain(first) in LOG_SOFTMAX
            only_ranked = all(plain(after) in ("argmax", "max", "topk") for after in _after(op, following))
            yield Finding(
                "softmax-twice",
                "note" if idle or only_ranked else "warning",
                own_line(op if not idle or name != "cross_entropy" else first, trace),
                _module(op, trace),
                {"first": plain(first), "second": name, "first_line": _line(first, trace)},
                form="idle" if idle else "main",
                explains=("plateau", "vanishing-gradients"),
            )


def _after(op: Op, following: dict[int, list[Op]]) -> list[Op]:
    return [after for output in op.outputs for after in following.get(output, ())] or [op]


def _same_axis(first: Op, second: Op, trace: Trace) -> bool:
    return axis_of(first, trace) == axis_of(second, trace)


def axis_of(op: Op, trace: Trace) -> int | None:
    """Give the axis, counted from the end, along which a softmax or log-softmax adds up to one.

    Args:
        op: It.
        trace: In which it is.

    Returns:
        The axis, such as -1; None where it cannot be known.
    """
    number = first_value(op)
    if number is None:
        return None
    dims = len(trace.values[number].shape)
    axis = given(op, 1, "dim")
    if axis is None:
        axis = 0 if dims in (0, 1, 3) else 1  # PyTorch's own choice, which it warns of
    return axis if not isinstance(axis, int) or axis < 0 else axis - dims


def nll_without_log_softmax(seen: Seen) -> Iterator[Finding]:
    """Find a negative log-likelihood, or a KL divergence, of what are no log-probabilities."""
    for look, op in losses_of(seen, {"nll_loss", "nll_loss_nd"}):
        value = given_value(op, 0, "input")
        if value is None:
            continue
        shape = look.trace.values[value].shape
        axis = 1 if len(shape) > 1 else 0
        yield from _no_log_probabilities(look, op, value, axis, "nll_loss")
    for look, op in losses_of(seen, {"kl_div"}):
        value = given_value(op, 0, "input")
        if value is not None and len(look.trace.values[value].shape) > 1:
            yield from _no_log_probabilities(look, op, value, -1, "kl_div")


def _no_log_probabilities(look: Look, op: Op, value: int, axis: int, loss: str) -> Iterator[Finding]:
    trace = look.trace
    made = origin(trace, value, THROUGH)
    if made is not None and plain(made) in LOG_SOFTMAX:
        return  # along a wrong axis it is another mistake
    source = made if made is not None else op
    if (made is not None and plain(made) in SOFTMAX) or _are_probabilities(look, value, axis):
        evidence = {"softmax": plain(source), "loss": loss}
        yield _finding(source, trace, "softmax" if loss == "nll_loss" else "divergence", evidence)
        return
    numbers = kept(look, value)
    if numbers is None or not numbers.is_floating_point() or not numbers.numel():
        return
    sums = torch.logsumexp(numbers.double(), axis)
    others = [torch.logsumexp(numbers.double(), other) for other in range(numbers.dim())]
    sums = sums[torch.isfinite(sums)]
    if not sums.numel() or float(sums.abs().median()) < LOOSE:
        return
    if loss == "kl_div" and (any(float(o.abs().median()) < LOOSE for o in others) or numbers.max() <= CLOSE):
        return
    low, high = float(sums.min().exp().clamp(max=1e30)), float(sums.max().exp().clamp(max=1e30))
    evidence = {"loss": loss, "low": low, "high": high}
    yield _finding(op, trace, "logits" if loss == "nll_loss" else "divergence_logits", evidence)


def _finding(op: Op, trace: Trace, form: str, evidence: dict[str, object]) -> Finding:
    return Finding(
        "nll-without-log-softmax",
        "error",
        own_line(op, trace),
        _module(op, trace),
        evidence,
        form=form,
        explains=("initial-loss", "loss-sign-or-sum", "not-finite", "plateau", "exploding-gradients"),
    )


def negative_likelihood_by_hand(seen: Seen) -> Iterator[Finding]:
    """Find a likelihood picked out by hand from what are no log-probabilities: -out[range(n), labels].mean()."""
    for look in seen.looks:
        if look.trace.loss is None:
            continue
        path = list(walk_back(look.trace, look.trace.loss, SIMPLE))
        picked = path[-1] if path else None
        if picked is None or not any(plain(op) in ("neg", "rsub", "mul") for op in path):
            continue
        value = _picked_from(picked, look.trace)
        if value is None or _are_probabilities(look, value, 1):
            continue
        made = origin(look.trace, value, THROUGH)
        if made is None or plain(made) in LOG_SOFTMAX | SOFTMAX | {"log", "logsigmoid", "sub", "sigmoid"}:
            continue
        numbers = kept(look, value)
        if numbers is None or not numbers.is_floating_point():
            continue
        sums = torch.logsumexp(numbers.double(), 1)
        if float(sums.abs().median()) > LOOSE:
            evidence: dict[str, object] = {
                "loss": plain(picked), "low": float(sums.min().exp()), "high": float(sums.max().exp()),
            }  # fmt: skip
            yield _finding(picked, look.trace, "logits", evidence)


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


def _line(op: Op, trace: Trace) -> str:
    source = own_line(op, trace)
    return str(source.line) if source else "?"


def same_root(trace: Trace, one: int, other: int) -> bool:
    """Tell whether two values are the same numbers.

    Args:
        trace: In which they are.
        one: A value.
        other: Another one.

    Returns:
        Whether they are views or casts of one value.
    """
    return root(trace, one) == root(trace, other)
