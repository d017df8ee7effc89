"""Labels and outputs that do not fit each other: too few, too many, labels from 1, labels left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.labels import CLASS_LOSSES, labels_given, num_classes
from glassnet.checks.lines import own_line
from glassnet.checks.origins import NEAR, SAME, given, given_value, kept, losses_of, origin, root
from glassnet.checks.places import once_a_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op

OUTPUTS, LABELS = "outputs-not-classes", "label-out-of-range"
TARGET = re.compile(r"Target (-?\d+) is out of bounds")
ONE_HOT = re.compile(r"Class values must be (smaller than num_classes|non-negative)")
INDEX = re.compile(r"index (-?\d+) is out of bounds for dimension (\d) with size (\d+)")
SHAPE = re.compile(r"\d+(?:×\d+)*")
MANY_LABELS = 5  # an output, from which the kinds of labels are known
PLENTY = 10  # labels a class, from which a class that never came is taken as not there
IMAGENET = 1000
MANY = 2  # times as many outputs as classes


@once_a_line
def outputs_not_classes(seen: Seen) -> Iterator[Finding]:
    """Find a classifier with fewer or more outputs than there are classes.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    target, outputs = _crash(seen)
    if target is not None and outputs is not None and seen.crash and _too_few_outputs(seen, target, outputs):
        known = num_classes(seen) or max([target, *labels_given(seen)]) + 1
        evidence: dict[str, object] = {"outputs": outputs, "classes": known, "label": target}
        yield Finding(OUTPUTS, "error", seen.crash.source, "", evidence, form="crash")
    for look, op in losses_of(seen, CLASS_LOSSES):
        value = given_value(op, 0, "input")
        shape = () if value is None else look.trace.values[value].shape
        if value is None or len(shape) < 2:  # noqa: PLR2004
            continue
        if shape[1] == 1 and shape[0] > 1:
            last = origin(look.trace, value, SAME | NEAR) or op
            yield Finding(
                OUTPUTS,
                "error",
                own_line(op, look.trace),
                _module(last, look),
                {"loss": op.name},
                form="one",
                explains=(
                    "initial-loss",
                    "weights-do-not-change",
                    "plateau",
                    "loss-broadcasts",
                    "vanishing-gradients",
                    "output-ignores-input",
                    "wrong-dtype",
                ),
            )
        else:
            yield from _too_many(seen, look, op, value)


def _too_many(seen: Seen, look: Look, op: Op, value: int) -> Iterator[Finding]:
    target = given_value(op, 1, "target")
    if target is None or look.trace.values[target].dtype.startswith("float"):
        return
    if len(look.trace.values[target].shape) != 1:
        return
    outputs = look.trace.values[value].shape[1]
    known, labels = num_classes(seen), labels_given(seen)
    highest = max(labels, default=-1)
    if known is not None and highest < known < outputs:
        severity, classes = ("warning" if outputs > known + 1 else "note"), known
    elif (
        known is None and labels and outputs > MANY * (highest + 1) and len(labels) >= PLENTY * (highest + 1)
    ):
        sure = outputs >= IMAGENET and len(labels) >= outputs // PLENTY
        severity, classes = ("warning" if sure else "note"), highest + 1
    else:
        return
    last = origin(look.trace, value, SAME | NEAR) or op
    yield Finding(
        OUTPUTS,
        severity,
        own_line(last, look.trace),
        _module(last, look),
        {"outputs": outputs, "classes": classes},
        form="more",
        explains=("initial-loss",),
    )


@once_a_line
def label_out_of_range(seen: Seen) -> Iterator[Finding]:
    """Find labels that are no index of an output: from 1 on, negative, or left out as another class's.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    crash = seen.crash
    target, outputs = _crash(seen)
    if crash and target is not None and (outputs is None or not _too_few_outputs(seen, target, outputs)):
        labels = labels_given(seen)
        low = min(labels, default=min(target, 1))
        form = "negative" if target < 0 else ("from_one" if low > 0 else "crash")
        evidence: dict[str, object] = {
            "label": target,
            "outputs": outputs if outputs is not None else "?",
            "low": low,
            "high": max([target, *labels]),
        }
        yield Finding(LABELS, "error", crash.source, "", evidence, form=form)
    for look, op in losses_of(seen, {"cross_entropy", "nll_loss"}):
        ignored = given(op, 3, "ignore_index", -100)
        number = given_value(op, 1, "target")
        labels = kept(look, number)
        if number is None or labels is None or labels.is_floating_point() or not isinstance(ignored, int):
            continue
        first = look.trace.values[root(look.trace, number)]
        value = given_value(op, 0, "input")
        if labels.dim() != 1 or len(first.shape) != 1 or not labels.numel() or value is None:
            continue
        if len(look.trace.values[value].shape) == 2:  # noqa: PLR2004
            yield from _shifted(seen, look, op, look.trace.values[value].shape[1])
        if ignored < 0:
            continue
        share = float((labels == ignored).double().mean())
        if share and (num_classes(seen) is not None or _looks_like_a_class(seen, ignored)):
            evidence = {"ignored": ignored, "share": share}
            source = own_line(op, look.trace)
            yield Finding(LABELS, "warning", source, _module(op, look), evidence, form="ignored")


def _shifted(seen: Seen, look: Look, op: Op, outputs: int) -> Iterator[Finding]:
    """Labels one too high or too low: an output at one end is never asked for."""
    labels = labels_given(seen)
    if len(labels) < PLENTY * 2 * outputs or outputs <= MANY:
        return
    kinds, ignored = set(labels), given(op, 3, "ignore_index", -100)
    evidence: dict[str, object] = {"outputs": outputs, "low": min(kinds), "high": max(kinds)}
    source = own_line(op, look.trace)
    if kinds == set(range(1, outputs)):
        yield Finding(LABELS, "warning", source, _module(op, look), evidence, form="unused_zero")
    elif ignored == -1 and kinds == set(range(-1, outputs - 1)):
        evidence["share"] = labels.count(-1) / len(labels)
        yield Finding(LABELS, "error", source, _module(op, look), evidence, form="shifted")


def _looks_like_a_class(seen: Seen, ignored: int) -> bool:
    """Tell whether a label comes about as often as the others do."""
    labels = labels_given(seen)
    kinds = len(set(labels))
    return kinds > 1 and labels.count(ignored) < 3 * len(labels) / kinds


def _crash(seen: Seen) -> tuple[int | None, int | None]:
    """Give the label at which a loss stopped, and how many outputs there were."""
    crash = seen.crash
    if crash is None:
        return None, None
    shapes = [
        tuple(map(int, text.split("×"))) for text in SHAPE.findall((crash.what or "").partition("(")[2])
    ]
    if found := TARGET.search(crash.message):
        outputs = shapes[0][1] if shapes and len(shapes[0]) > 1 else None
        return int(found[1]), outputs
    if found := ONE_HOT.search(crash.message):
        labels = labels_given(seen)
        return (max(labels, default=1) if found[1].startswith("smaller") else min(labels, default=-1)), None
    if (found := INDEX.search(crash.message)) and (crash.what or "").startswith(
        ("gather", "scatter", "getitem")
    ):
        label, outputs = int(found[1]), int(found[3])
        if label in labels_given(seen) and found[2] == "1":
            return label, outputs
    return None, None


def _too_few_outputs(seen: Seen, target: int, outputs: int) -> bool:
    """Tell whether a label that is no index of an output is right, and outputs are missing."""
    if target < outputs:
        return False
    known, labels = num_classes(seen), labels_given(seen)
    if known is not None:
        return outputs < known and target < known
    if len(labels) >= MANY_LABELS * outputs and len(set(labels)) <= outputs:
        return False  # as many kinds as outputs: their numbers are wrong
    if labels and min(labels) <= 0:
        return min(labels) == 0
    return target > outputs


def _module(op: Op, look: Look) -> str:
    return look.trace.calls[op.call].path if op.call is not None else ""
