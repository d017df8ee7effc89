"""Activations in the wrong place: twice in a row, or on the logits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.passes import Pass, passes
from glassnet.checks.rules.kinds import ACTIVATIONS, DROPOUTS, VIEWS, short
from glassnet.checks.rules.nonlinearity import is_affine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Seen
    from glassnet.trace.trace import Op, Trace

SAME_TWICE = {"relu", "relu6", "hardtanh", "threshold"}  # a second time they change nothing
# functions that take logits
LOSSES = {
    "cross_entropy": "softmax", "binary_cross_entropy_with_logits": "sigmoid", "multi_margin_loss": "",
    "multilabel_soft_margin_loss": "sigmoid", "sigmoid_focal_loss": "sigmoid",
}  # fmt: skip
# losses of probabilities -> how these are made of logits
LOSSES_OF_PROBABILITIES = {
    "nll_loss": {"log_softmax", "softmax", "log"},
    "binary_cross_entropy": {"sigmoid", "softmax"},
}
# what they do to logits: none below zero, or all within bounds
HARMFUL = {
    "relu": (0.0, None), "relu6": (0.0, 6.0), "sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0),
    "softplus": (0.0, None),
    "hardtanh": (-1.0, 1.0), "hardsigmoid": (0.0, 1.0), "softsign": (-1.0, 1.0), "gelu": (-0.17, None),
    "silu": (-0.28, None), "elu": (-1.0, None), "selu": (-1.76, None), "logsigmoid": (None, 0.0),
}  # fmt: skip


def activation_twice(seen: Seen) -> Iterator[Finding]:
    """Find an activation that gets the result of the same activation.

    Args:
        seen: What was seen.

    Yields:
        One finding for each place.
    """
    told = set()
    for one in passes(seen):
        for op in one.ops:
            name = short(op.name)
            if name not in ACTIVATIONS - {"softmax", "log_softmax"} or not one.data(op):
                continue
            before = _before(one, op, VIEWS | (DROPOUTS if name in SAME_TWICE else set()))
            if before is None or short(before.name) != name or before.number not in one.graph.live:
                continue
            source = one.place(op)
            module = one.network.number, op.label
            if source is None or source in told or module in told:
                continue
            told |= {source, module}
            other = one.place(before)
            evidence: dict[str, object] = {"function": name, "line": other.line if other else 0}
            form = "same" if name in SAME_TWICE else "changed"
            yield Finding(
                "activation-twice",
                "note" if form == "same" else "warning",
                source,
                one.module_of(op),
                evidence,
                form,
            )


def _before(one: Pass, op: Op, through: set[str]) -> Op | None:
    """Find what made an operation's input, seen through some kinds of operations."""
    data = one.data(op)
    while data:
        maker = one.maker(data[0])
        if maker is None or short(maker.name) not in through:
            return maker
        data = one.data(maker)
    return None


def activation_on_logits(seen: Seen) -> Iterator[Finding]:
    """Find an activation between the last affine layer and a loss that takes logits.

    Args:
        seen: What was seen.

    Yields:
        One finding for each place.
    """
    told = set()
    for look in seen.looks:
        of_pass = [one for one in passes(seen) if one.look is look]
        for loss in look.trace.ops:
            name = short(loss.name)
            through = LOSSES_OF_PROBABILITIES.get(name, set() if name in LOSSES else None)
            if through is None or not loss.args or not loss.inputs:
                continue
            op = _made(look.trace, loss.inputs[0], VIEWS | DROPOUTS, through)
            if op is None or short(op.name) not in HARMFUL:
                continue
            if name.startswith("binary_cross_entropy") and short(op.name) == "sigmoid":
                continue  # a mistake of its own
            one = next((one for one in of_pass if one.call.first_op <= op.number < one.call.end_op), None)
            if (one is None and op.call is not None) or (one is not None and not _follows_affine(one, op)):
                continue
            source = one.place(op) or op.source if one else op.source
            if source in told:
                continue
            told.add(source)
            yield _found(op, name, one, source)


def _made(trace: Trace, number: int, through: set[str], once: set[str]) -> Op | None:
    """Find what made a value, seen through views and the loss's own kind of normalisation."""
    left = set(once)
    while True:
        made_by = trace.values[number].made_by
        if made_by is None:
            return None
        op = trace.ops[made_by]
        name = short(op.name)
        if name in left:
            left.discard(name)
        elif name not in through:
            return op if not once or left != once else None
        if not op.inputs:
            return None
        number = op.inputs[0]


def _follows_affine(one: Pass, op: Op) -> bool:
    before = _before(one, op, VIEWS | DROPOUTS | {"batch_norm"})
    return before is not None and (is_affine(one, before) or short(before.name) == "add")


def _found(op: Op, loss: str, one: Pass | None, source: object) -> Finding:
    name = short(op.name)
    low, high = HARMFUL[name]
    form = "bounded" if low is not None and high is not None else "below" if low is not None else "above"
    return Finding(
        "activation-on-logits", "warning", source, one.module_of(op) if one else "",  # pyright: ignore[reportArgumentType]
        {"function": name, "loss": loss, "low": low, "high": high}, form,
    )  # fmt: skip
