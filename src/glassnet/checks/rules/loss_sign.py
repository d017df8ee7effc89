"""Row 37: the loss is maximised, or summed over the batch where its mean was meant."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.origins import SAME, walk_back
from glassnet.checks.rules.descent import blamed_line
from glassnet.checks.rules.numbers_written import where_written
from glassnet.checks.rules.series import course_of, only_optimizer, relative_steps, trained_looks
from glassnet.checks.rules.wrong_way import pushed_down
from glassnet.trace.trace import Ref

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op, Trace

# what is to be made small
SMALL = {
    "cross_entropy",
    "nll_loss",
    "mse_loss",
    "l1_loss",
    "smooth_l1_loss",
    "huber_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "kl_div",
    "multi_margin_loss",
    "hinge_embedding_loss",
    "triplet_margin_loss",
    "margin_ranking_loss",
    "ctc_loss",
    "poisson_nll_loss",
    "gaussian_nll_loss",
    "multilabel_soft_margin_loss",
    "soft_margin_loss",
    "cosine_embedding_loss",
}
LARGE = {"log_softmax", "logsigmoid"}  # what is to be made large, picked by the labels
KEEPING = {
    "mean",
    "sum",
    "view",
    "reshape",
    "squeeze",
    "unsqueeze",
    "float",
    "double",
    "gather",
    "getitem",
    "diag",
    "diagonal",
    "flatten",
    "clone",
    "contiguous",
    "to",
    "add",
    "radd",
    "iadd",
    "add_",
    "nanmean",
    "stack",
    "cat",
    "pos",
    "take_along_dim",
}
DOUBTFUL_STEP = 0.1
SYMPTOMS = (
    "plateau",
    "not-finite",
    "exploding-gradients",
    "learning-rate-too-high",
    "cannot-overfit-batch",
    "saturated-activations",
    "dead-relus",
    "bce-wrong-range",
)


def loss_sign_or_sum(seen: Seen) -> Iterator[Finding]:
    """Find a loss with the wrong sign, and one that is summed to the harm of the training.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    looks = trained_looks(seen)
    if not looks:
        return
    # with two players one of them may rightly make the other's loss large
    if len({event.who for event in seen.events if event.kind == "step"}) <= 1 and len(seen.networks) <= 1:
        optimizer = only_optimizer(seen)
        maximised = optimizer is not None and any(group.get("maximize") for group in optimizer.groups)
        wrong = [_wrong_sign(look, -1 if maximised else 1) for look in looks[:3]]
        if wrong[0] is not None and None not in wrong:
            found = wrong[0]
            if maximised and optimizer is not None:
                source = where_written(optimizer.source, "maximize", 1.0)
                found = replace(found, form="maximised", source=source)
            yield found
            return
        if pushed_down(looks):
            yield _learned_the_wrong_way(looks[0])
            return
    yield from _summed(seen, looks[0])


def _learned_the_wrong_way(look: Look) -> Finding:
    trace = look.trace
    made_by = trace.values[trace.loss].made_by if trace.loss is not None else None
    source = None if made_by is None else own_line(trace.ops[made_by], trace)
    return Finding("loss-sign-or-sum", "error", source=source, form="learned", explains=SYMPTOMS)


def _wrong_sign(look: Look, direction: int) -> Finding | None:
    """Follow the loss back through what keeps or turns its sign, to what is known to be a loss."""
    trace = look.trace
    if trace.loss is None:
        return None
    ends: list[tuple[Op, int, Op | None]] = []
    waiting: list[tuple[int, int, Op | None, int]] = [(trace.loss, direction, None, 0)]
    while waiting:
        number, sign, turned, depth = waiting.pop()
        made_by = trace.values[number].made_by
        if made_by is None or depth > 40:  # noqa: PLR2004
            continue
        op = trace.ops[made_by]
        if op.name in SMALL or _is_log_probability(trace, op):
            ends.append((op, sign if op.name in SMALL else -sign, turned))
            continue
        for following, factor in _signs(trace, op):
            waiting.append((following, sign * factor, op if factor < 0 else turned, depth + 1))
    if not ends or any(sign > 0 for _, sign, _ in ends):
        return None
    op, _, turned = ends[0]
    if op.name not in SMALL and turned is None and not _ends_in_labels(trace, op, trace.loss):
        return None
    numbers = trace.values[trace.loss].statistics
    where = turned if turned is not None else trace.ops[trace.values[trace.loss].made_by or 0]
    return Finding(
        "loss-sign-or-sum",
        "error",
        source=own_line(where, trace),
        form="sign" if op.name in SMALL else "missing",
        evidence={"loss": op.name, "value": numbers.mean if numbers else math.nan},
        explains=SYMPTOMS,
    )


def _signs(trace: Trace, op: Op) -> list[tuple[int, int]]:  # noqa: PLR0911
    """Give the inputs through which the sign goes on, with the factor's sign; [] where unknown."""
    refs = [(place, arg.value) for place, arg in enumerate(op.args) if isinstance(arg, Ref)]
    numbers = [arg for arg in op.args if isinstance(arg, (int, float)) and not isinstance(arg, bool)]
    match op.name:
        case "neg" | "neg_" | "negative":
            return [(value, -1) for _, value in refs[:1]]
        case "sub" | "isub" | "sub_":
            return [(value, 1 if place == 0 else -1) for place, value in refs]
        case "rsub":
            return [(value, -1 if place == 0 else 1) for place, value in refs]
        case "mul" | "rmul" | "imul" | "mul_" | "div" | "truediv" | "div_" | "itruediv" if (
            len(refs) == 1 and numbers
        ):
            return [(refs[0][1], -1 if numbers[0] < 0 else 1)]
        case "mul" if (weighted := _weighted_by_targets(trace, op)) is not None:
            return [(weighted, 1)]
        case name if name in KEEPING:
            if op.name in ("stack", "cat"):
                return [(value, 1) for value in op.inputs]
            return [(value, 1) for place, value in refs if place == 0 or "add" in op.name]
    return []


def _weighted_by_targets(trace: Trace, op: Op) -> int | None:
    """Give what is multiplied by soft targets: constants that add up to one over the classes."""
    if op.name != "mul" or len(op.inputs) != 2:  # noqa: PLR2004
        return None
    for weights, other in (op.inputs, op.inputs[::-1]):
        value, numbers = trace.values[weights], trace.values[weights].statistics
        if numbers is None or value.requires_grad or len(value.shape) != 2:  # noqa: PLR2004
            continue
        shares = numbers.minimum >= 0 and abs(numbers.mean * value.shape[1] - 1) < 0.001  # noqa: PLR2004
        if shares and value.shape == trace.values[other].shape:
            return other
    return None


def _is_log_probability(trace: Trace, op: Op) -> bool:
    """Tell whether an operation gives log-probabilities: log_softmax, or z - log(sum(exp(z))) by hand."""
    if op.name in LARGE:
        return True
    if op.name != "sub" or len(op.inputs) != 2:  # noqa: PLR2004
        return False
    scores, total = op.inputs
    names = []
    for below in walk_back(trace, total, {*SAME, "log", "sum", "exp"}):
        names += [below.name] if below.name in {"log", "sum", "exp", "logsumexp"} else []
        if below.name in {"exp", "logsumexp"}:
            return names in (["log", "sum", "exp"], ["logsumexp"]) and scores in below.inputs
    return False


def _ends_in_labels(trace: Trace, op: Op, loss: int) -> bool:
    """Tell whether a log-probability was picked by labels; an average over classes is an entropy's part."""
    values, ops = trace.values, trace.ops
    number = loss
    for _ in range(40):
        made_by = values[number].made_by
        if made_by is None:
            return False
        at = ops[made_by]
        if at.number == op.number:
            return False
        if at.name in ("gather", "getitem", "take_along_dim", "diag", "diagonal"):
            return True
        if _weighted_by_targets(trace, at) is not None:
            return True
        following = _signs(trace, at)
        if not following:
            return False
        number = following[0][0]
    return False


def _summed(seen: Seen, look: Look) -> Iterator[Finding]:
    """Find a sum over the batch with which a plain optimizer takes steps that are far too large."""
    optimizer, course = only_optimizer(seen), course_of(seen)
    if (
        optimizer is None
        or course is None
        or optimizer.type not in ("SGD", "ASGD")
        or look.trace.loss is None
    ):
        return
    trace = look.trace
    op, size = _sum_of(look)
    if op is None or size < 8:  # noqa: PLR2004
        return
    steps = relative_steps(seen, optimizer)
    too_far = any(share > DOUBTFUL_STEP for _, share in steps[:5])
    suffers = course.broke is not None or course.last > 0.9 * course.first or course.peak > 3 * course.first
    if too_far and suffers:
        yield Finding(
            "loss-sign-or-sum",
            "warning",
            source=blamed_line(seen, trace, op),
            form="sum",
            evidence={"loss": op.name, "times": size, "share": max(share for _, share in steps[:5])},
            explains=(
                "learning-rate-too-high",
                "exploding-gradients",
                "not-finite",
                "dead-relus",
                "plateau",
                "saturated-activations",
                "initial-loss",
                "cannot-overfit-batch",
                "modes-disagree",
            ),
        )


def _sum_of(look: Look) -> tuple[Op | None, int]:
    """Find the operation that sums the losses of a batch, and over how many."""
    trace, number = look.trace, look.trace.loss
    for _ in range(12):
        made_by = trace.values[number].made_by if number is not None else None
        if made_by is None:
            break
        op = trace.ops[made_by]
        batch = trace.values[op.inputs[0]].shape[0] if op.inputs and trace.values[op.inputs[0]].shape else 1
        if op.name in SMALL:
            return (op, batch) if op.kwargs.get("reduction") == "sum" else (None, 1)
        if op.name in ("div", "truediv", "mul", "rmul", "mean"):
            return None, 1
        if op.name == "sum":
            below = [trace.ops[m] for n in op.inputs if (m := trace.values[n].made_by) is not None]
            return (op, batch) if below else (None, 1)
        if not op.inputs:
            break
        number = op.inputs[0]
    return None, 1
