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
)
from glassnet.checks.places import cause_line, once_a_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op, Trace

SOFTMAX = frozenset({"softmax", "softmin"})
LOG_SOFTMAX = frozenset({"log_softmax"})
THROUGH = SAME | NEAR
CLOSE = 1e-3  # how far a row of probabilities may be from a sum of one
FEW = 2  # rows from which values alone may tell


@once_a_line
def softmax_before_cross_entropy(seen: Seen) -> Iterator[Finding]:
    """Find probabilities in a cross-entropy that expects logits.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
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
        elif made is not None and plain(made) not in LOG_SOFTMAX and are_probabilities(look, value, axis):
            name = "softmax"
        else:
            continue
        yield Finding(
            "softmax-before-cross-entropy",
            "warning",
            cause_line(seen, look, made),
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


def are_probabilities(look: Look, value: int, axis: int) -> bool:
    """Tell from the numbers whether they are probabilities.

    Args:
        look: In which they are.
        value: Number of the value.
        axis: Along which they would add up to one.

    Returns:
        Whether they are from 0 to 1 and add up to one.
    """
    numbers = kept(look, value)
    if numbers is None or not numbers.is_floating_point() or numbers.numel() // numbers.shape[axis] < FEW:
        return False
    numbers = numbers.double()
    if not bool(torch.isfinite(numbers).all()) or numbers.min() < 0 or numbers.max() > 1 + CLOSE:
        return False
    return bool(((numbers.sum(axis) - 1).abs() < CLOSE).all())


@once_a_line
def softmax_twice(seen: Seen) -> Iterator[Finding]:
    """Find a softmax of what is softmax's result already.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
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
            only_ranked = all(plain(after) == "argmax" for after in _after(op, following))
            yield Finding(
                "softmax-twice",
                "note" if idle or only_ranked else "warning",
                cause_line(seen, look, op if not idle or name != "cross_entropy" else first),
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


def _module(op: Op, trace: Trace) -> str:
    return trace.calls[op.call].path if op.call is not None else ""


def _line(op: Op, trace: Trace) -> str:
    source = own_line(op, trace)
    return str(source.line) if source else "?"
