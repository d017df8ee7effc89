"""Softmax, argmax and sums along an axis that is not the one that is meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.origins import (
    NEAR,
    SAME,
    ancestors,
    first_value,
    given,
    given_value,
    left_the_samples,
    losses_of,
    origin,
    plain,
    readers,
    walk_back,
)
from glassnet.checks.places import once_a_line
from glassnet.checks.rules.samples import mixed_along_an_axis
from glassnet.checks.rules.softmax import axis_of
from glassnet.trace.trace import Ref, shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op, Trace

CODE = "wrong-dim"
SOFT = frozenset({"softmax", "log_softmax"})
RANKS = frozenset({"argmax", "max", "topk", "argmin"})
COMPARES = frozenset({"eq", "ne"})
SCALED = SAME | NEAR | {"mul", "div", "truediv", "masked_fill", "where", "add", "sub"}
PRODUCTS = frozenset({"matmul", "bmm", "einsum", "baddbmm"})
BATCH_SIZES = re.compile(r"Expected input batch_size \((\d+)\) to match target batch_size \((\d+)\)")
TARGET_SIZE = re.compile(r"Expected target size \[([\d, ]+)\], got \[([\d, ]+)\]")
SIZES = re.compile(r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)")
FOLLOWS = (
    "nll-without-log-softmax",
    "softmax-before-cross-entropy",
    "plateau",
    "initial-loss",
    "output-ignores-input",
    "vanishing-gradients",
    "samples-mixed",
    "learning-rate-too-low",
    "weights-do-not-change",
)


@once_a_line
def wrong_dim(seen: Seen) -> Iterator[Finding]:
    """Find functions along a wrong axis: of samples instead of classes, of queries instead of keys.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    yield from mixed_along_an_axis(seen)
    yield from _crashed(seen)
    yield from _of_likelihoods(seen)
    for look in seen.looks:
        reads = readers(look.trace)
        for op in look.trace.ops:
            name = plain(op)
            if name in SOFT:
                yield from _of_answers(look, op, reads)
                yield from _of_one(look, op)
                yield from _of_attention(look, op, reads)
            elif name in RANKS and op.call is None:
                yield from _of_ranks(look, op, reads)


def _of_likelihoods(seen: Seen) -> Iterator[Finding]:
    """Log-softmax before a likelihood adds up to one over the classes, axis 1."""
    for look, op in losses_of(seen, {"nll_loss", "nll_loss_nd"}):
        value = given_value(op, 0, "input")
        first = (
            None if value is None else origin(look.trace, value, NEAR | {"to", "float", "double", "clone"})
        )
        if first is None or value is None or plain(first) != "log_softmax":
            continue
        dims = len(look.trace.values[value].shape)
        axis = axis_of(first, look.trace)
        if dims > 1 and axis is not None and axis != 1 - dims:
            yield _finding(look, first, "classes", "error", axis + dims)


def _of_answers(look: Look, op: Op, reads: dict[int, list[Op]]) -> Iterator[Finding]:
    """A softmax of a batch of answers, outside the network, that adds up over the samples."""
    trace, value = look.trace, first_value(op)
    if value is None or op.call is not None or not _is_an_answer(trace, value):
        return
    shape, axis = trace.values[value].shape, axis_of(op, trace)
    if len(shape) < 2 or axis != -len(shape) or shape[0] < 2 or shape[0] == shape[1]:  # noqa: PLR2004
        return
    if any(plain(reader) == "nll_loss" for output in op.outputs for reader in reads.get(output, ())):
        return  # told there
    if _batch_of(trace, value) == shape[0]:
        form = "implicit" if given(op, 1, "dim") is None else "samples"
        yield _finding(look, op, form, "error", 0)


def _is_an_answer(trace: Trace, value: int) -> bool:
    """Tell whether a value is what a network gave, but for casts."""
    through = NEAR | {"detach", "data", "cpu", "float", "double", "to", "clone", "contiguous", "squeeze"}
    made = list(walk_back(trace, value, through))
    last = made[-1] if made else None
    return last is not None and last.call is not None


def _batch_of(trace: Trace, value: int) -> int | None:
    """Give how many samples the network got from which a value comes."""
    made = [trace.ops[number] for number in ancestors(trace, value)]
    calls = {op.call for op in made if op.call is not None}
    for number in calls:
        call = trace.calls[number]
        while call.parent is not None:
            call = trace.calls[call.parent]
        if call.inputs and trace.values[call.inputs[0]].shape:
            return trace.values[call.inputs[0]].shape[0]
    return None


def _of_one(look: Look, op: Op) -> Iterator[Finding]:
    """A softmax over an axis of one number gives 1 whatever goes in; it matters where it is an answer."""
    trace, value = look.trace, first_value(op)
    axis = axis_of(op, trace)
    if value is None or axis is None:
        return
    shape = trace.values[value].shape
    if not shape or -axis > len(shape) or shape[axis] != 1 or trace.values[value].shape[0] < 2:  # noqa: PLR2004
        return
    answers = {number for call in trace.calls if call.parent is None for number in call.outputs}
    losing = {
        first_value(loss) for loss in trace.ops if loss.name.startswith(("binary_cross", "mse_", "l1_"))
    }
    if any(output in answers or output in losing for output in op.outputs):
        yield _finding(look, op, "one", "error", axis + len(shape))


def _of_attention(look: Look, op: Op, reads: dict[int, list[Op]]) -> Iterator[Finding]:
    """Weights of attention add up to one over what they are summed over: the axis of the keys."""
    trace, value, axis = look.trace, first_value(op), axis_of(op, look.trace)
    if value is None or axis is None or plain(op) != "softmax":
        return
    scores = origin(trace, value, SCALED)
    if scores is None or plain(scores) not in PRODUCTS or not _is_of_two(scores, trace):
        return
    weights = op.outputs[0]
    while True:
        after = reads.get(weights, [])
        if len(after) != 1:
            return
        if plain(after[0]) not in {"dropout", "to", "float", "half", "clone", "contiguous", "type_as"}:
            break
        weights = after[0].outputs[0]
    product, dims = after[0], len(trace.values[value].shape)
    if plain(product) not in ("matmul", "bmm") or first_value(product) != weights or axis == -1:
        summed = _summed_by_einsum(product, weights, trace)
        if summed is None or axis + dims in summed:
            return
    values = trace.values[weights].shape
    if dims >= 2 and values[axis] >= 1:  # noqa: PLR2004
        yield _finding(look, op, "attention", "error", axis + dims)


def _is_of_two(op: Op, trace: Trace) -> bool:
    """Tell whether both sides of a product were computed, rather than held as parameters."""
    return all(trace.values[number].kind not in ("parameter", "buffer") for number in op.inputs)


def _summed_by_einsum(op: Op, weights: int, trace: Trace) -> set[int] | None:
    """Give the axes of the weights over which an einsum adds up; None where it is none."""
    if plain(op) != "einsum" or not op.args or not isinstance(op.args[0], str) or "..." in op.args[0]:
        return None
    equation = op.args[0].replace(" ", "")
    given_parts, _, result = equation.partition("->")
    operands = op.args[1] if len(op.args) == 2 and isinstance(op.args[1], list | tuple) else op.args[1:]  # noqa: PLR2004
    for letters, operand in zip(given_parts.split(","), operands, strict=False):
        if isinstance(operand, Ref) and operand.value == weights and result:
            return {place for place, letter in enumerate(letters) if letter not in result}
    return None


def _of_ranks(look: Look, op: Op, reads: dict[int, list[Op]]) -> Iterator[Finding]:
    """Argmax of a batch of answers over its samples, or over everything, compared with the labels."""
    trace, value = look.trace, first_value(op)
    if value is None or not _is_an_answer_through_softmax(trace, value):
        return
    shape = trace.values[value].shape
    if len(shape) != 2 or shape[0] < 2 or shape[1] < 2 or _batch_of(trace, value) != shape[0]:  # noqa: PLR2004
        return
    place = 2 if plain(op) == "topk" else 1
    axis = given(op, place, "dim", op.kwargs.get("axis"))
    if isinstance(axis, Ref) or not _is_compared(trace, op, reads):
        return
    if axis is None and plain(op) in ("argmax", "argmin"):
        yield _finding(look, op, "flat", "error", 0)
    elif axis in (0, -2):
        yield _finding(look, op, "ranked", "error", 0)


def _is_an_answer_through_softmax(trace: Trace, value: int) -> bool:
    made = origin(
        trace,
        value,
        NEAR | {"detach", "data", "cpu", "float", "to", "softmax", "log_softmax", "exp", "sigmoid"},
    )
    return made is not None and made.call is not None


def _is_compared(trace: Trace, op: Op, reads: dict[int, list[Op]]) -> bool:
    """Tell whether what was picked is compared with labels, or leaves for another library."""
    waiting = list(op.outputs)
    while waiting:
        number = waiting.pop()
        after = reads.get(number, [])
        if any(plain(reader) in COMPARES for reader in after):
            return True
        for reader in after:
            if reader.name in SAME or plain(reader) in ("getitem",):
                waiting += reader.outputs
    return False


def _crashed(seen: Seen) -> Iterator[Finding]:
    crash = seen.crash
    if crash is None or not seen.looks:
        return
    look = seen.looks[-1]
    if (found := BATCH_SIZES.search(crash.message)) or _is_compare(crash.what):
        rows = int(found[2]) if found else 0
        got = int(found[1]) if found else 0
        op = left_the_samples(look.trace, rows, got) if found else _ranked_last(look)
        if op is not None and plain(op) in RANKS | {
            "mean",
            "sum",
            "cat",
            "concat",
            "getitem",
            "stack",
            "select",
        }:
            form = {
                "cat": "joined",
                "concat": "joined",
                "stack": "joined",
                "getitem": "picked",
                "select": "picked",
            }.get(plain(op), "ranked" if plain(op) in RANKS else "samples")
            yield _finding(look, op, form, "error", 0)
    elif found := TARGET_SIZE.search(crash.message):
        evidence: dict[str, object] = {"expected": found[1], "got": found[2]}
        yield Finding(CODE, "error", crash.source, "", evidence, form="crash", explains=FOLLOWS)


def _is_compare(what: str | None) -> bool:
    return bool(what) and str(what).startswith(("eq(", "ne("))


def _ranked_last(look: Look) -> Op | None:
    """Give the last argmax, where it went over the samples."""
    for op in reversed(look.trace.ops):
        if plain(op) in RANKS and op.call is None:
            axis = given(op, 1, "dim", op.kwargs.get("axis"))
            return op if axis in (0, -2) else None
    return None


def _finding(look: Look, op: Op, form: str, severity, axis: int) -> Finding:
    trace, value = look.trace, first_value(op)
    shape = trace.values[value].shape if value is not None else ()
    evidence: dict[str, object] = {
        "operation": plain(op),
        "axis": axis,
        "before": shape_text(shape),
        "after": shape_text(trace.values[op.outputs[0]].shape) if op.outputs else "?",
        "samples": shape[0] if shape else 0,
    }
    module = trace.calls[op.call].path if op.call is not None else ""
    return Finding(CODE, severity, own_line(op, trace), module, evidence, form=form, explains=FOLLOWS)
