"""A loss between N×1 and N numbers: every answer is compared with every target."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.origins import SAME, ancestors, given_value, losses_of, maker, plain
from glassnet.checks.places import once_a_line
from glassnet.trace.trace import Ref, shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op, Trace

CODE = "loss-broadcasts"
PAIRWISE = frozenset(
    {
        "mse_loss",
        "l1_loss",
        "smooth_l1_loss",
        "huber_loss",
        "soft_margin_loss",
        "poisson_nll_loss",
        "gaussian_nll_loss",
        "kl_div",
    }
)
BY_HAND = frozenset({"sub", "rsub", "mul", "isub", "imul", "pow", "div", "truediv"})
EACH = frozenset(
    {
        "sigmoid",
        "exp",
        "tanh",
        "softplus",
        "log",
        "relu",
        "clamp",
        "rsub",
        "sub",
        "add",
        "mul",
        "div",
        "truediv",
        "neg",
        "pow",
        "square",
        "abs",
        "log1p",
        "clip",
    }
)
SIZES = re.compile(
    r"[Tt]arget size \(?torch\.Size\(\[([\d, ]*)\]\)\)?.*input size \(?torch\.Size\(\[([\d, ]*)\]\)"
)


@once_a_line
def loss_broadcasts(seen: Seen) -> Iterator[Finding]:
    """Find losses whose two sides were stretched against each other.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    yield from _crashed(seen)
    for look, op in losses_of(seen, PAIRWISE):
        sides = given_value(op, 0, "input"), given_value(op, 1, "target")
        if sides[0] is None or sides[1] is None:
            continue
        shapes = look.trace.values[sides[0]].shape, look.trace.values[sides[1]].shape
        if _stretched(*shapes):
            yield _finding(look, op, *shapes)
    for look in seen.looks:
        if look.losses:
            yield from _by_hand(look)


def _crashed(seen: Seen) -> Iterator[Finding]:
    crash = seen.crash
    found = SIZES.search(crash.message) if crash else None
    if crash is None or found is None:
        return
    target, output = (tuple(int(side) for side in text.split(",") if side.strip()) for text in found.groups())
    if math.prod(target) == math.prod(output) and _same_but_ones(output, target):
        evidence: dict[str, object] = {"output": shape_text(output), "target": shape_text(target)}
        yield Finding(CODE, "error", crash.source, "", evidence, form="crash")


def _same_but_ones(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return [side for side in one if side > 1] == [side for side in other if side > 1]


def _stretched(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Tell whether both shapes were stretched, so that the result has more elements than either of them."""
    width = max(len(one), len(other))
    padded = [(1,) * (width - len(shape)) + shape for shape in (one, other)]
    if any(a != b and 1 not in (a, b) for a, b in zip(*padded, strict=True)):
        return False
    size = math.prod(max(a, b) for a, b in zip(*padded, strict=True))
    return size > max(math.prod(one), math.prod(other)) and _same_but_ones(one, other)


def _by_hand(look: Look) -> Iterator[Finding]:
    """Find (out - target) ** 2 with an answer of the network on one side and a target on the other."""
    trace = look.trace
    path = set().union(*(ancestors(trace, value) for value in look.losses))
    for number in sorted(path):
        op = trace.ops[number]
        if op.call is not None or plain(op) not in BY_HAND:
            continue
        sides = [arg.value for arg in op.args[:2] if isinstance(arg, Ref)]
        if len(sides) != 2:  # noqa: PLR2004
            continue
        learned = [trace.values[side].requires_grad for side in sides]
        shapes = [trace.values[side].shape for side in sides]
        if learned[0] == learned[1] or not _stretched(*shapes):
            continue
        output, target = (0, 1) if learned[0] else (1, 0)
        if _is_an_answer(trace, sides[output]) and not _shares_an_origin(trace, sides[0], sides[1]):
            yield _finding(look, op, shapes[output], shapes[target])


def _is_an_answer(trace: Trace, value: int) -> bool:
    """Tell whether a value is what a network gave, but for views and a function of each number."""
    while (op := maker(trace, value)) is not None:
        if op.call is not None:
            return True
        if (op.name not in SAME and plain(op) not in EACH) or len(op.inputs) != 1:
            return False
        value = op.inputs[0]
    return False


def _shares_an_origin(trace: Trace, one: int, other: int) -> bool:
    return bool(ancestors(trace, one) & ancestors(trace, other))


def _finding(look: Look, op: Op, output: tuple[int, ...], target: tuple[int, ...]) -> Finding:
    width = max(len(output), len(target))
    padded = [(1,) * (width - len(shape)) + shape for shape in (output, target)]
    result = tuple(max(sides) for sides in zip(*padded, strict=True))
    return Finding(
        CODE,
        "error",
        own_line(op, look.trace),
        look.trace.calls[op.call].path if op.call is not None else "",
        {"output": shape_text(output), "target": shape_text(target), "result": shape_text(result)},
        explains=("plateau", "initial-loss", "learning-rate-too-low", "wrong-metric"),
    )
