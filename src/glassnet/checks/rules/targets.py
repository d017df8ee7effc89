"""Classes taken as amounts: a regression loss on the numbers of classes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.labels import num_classes
from glassnet.checks.lines import own_line
from glassnet.checks.origins import SAME, given_value, kept, losses_of, plain, root
from glassnet.checks.places import once_a_line
from glassnet.trace.trace import shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op

CODE = "regression-loss-on-classes"
REGRESSION = frozenset({"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"})
SIZES = re.compile(r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)")
FEW_CLASSES, MANY_CLASSES = 3, 1000
FOLLOWS = ("initial-loss", "plateau", "loss-broadcasts", "learning-rate-too-high", "exploding-gradients")


@once_a_line
def regression_loss_on_classes(seen: Seen) -> Iterator[Finding]:
    """Find squared or absolute differences between answers and the numbers of classes.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    yield from _crashed(seen)
    for look, op in losses_of(seen, REGRESSION):
        value, target = given_value(op, 0, "input"), given_value(op, 1, "target")
        target = _before_scaling(look, target)
        labels = kept(look, target)
        if (
            value is None
            or target is None
            or labels is None
            or not _are_class_numbers(seen, look, target, labels)
        ):
            continue
        shape = look.trace.values[value].shape
        kinds = int(labels.max()) + 1
        if len(shape) == 2 and shape[1] > 1 and shape[1] >= kinds and labels.numel() == shape[0]:  # noqa: PLR2004
            yield _finding(look, op, "columns", "error", kinds)
        elif labels.numel() == _size(shape) and kinds >= FEW_CLASSES:
            sure = num_classes(seen) is not None or _is_scored_as_classes(seen)
            yield _finding(look, op, "numbers", "warning" if sure else "note", kinds)


def _before_scaling(look: Look, target: int | None) -> int | None:
    """Give the whole numbers that targets were before they were divided by the largest, or the targets."""
    if target is None:
        return None
    first = root(look.trace, target, SAME | {"div", "truediv", "mul"})
    return first if look.trace.values[first].dtype in ("int64", "int32", "uint8") else target


def _size(shape: tuple[int, ...]) -> int:
    return shape[0] if len(shape) == 1 or (len(shape) == 2 and shape[1] == 1) else -1  # noqa: PLR2004


def _are_class_numbers(seen: Seen, look: Look, target: int, labels: torch.Tensor) -> bool:
    """Tell whether targets are whole numbers from 0 on that came as whole numbers, one a sample."""
    if labels.dim() > 2 or (labels.dim() == 2 and labels.shape[1] != 1) or labels.numel() < 2:  # noqa: PLR2004
        return False
    if labels.is_floating_point() and not bool((labels == labels.round()).all()):
        return False
    if float(labels.min()) < 0 or float(labels.max()) >= MANY_CLASSES or float(labels.max()) < 1:
        return False
    first = look.trace.values[root(look.trace, target, SAME)]
    if not first.dtype.startswith(("float", "bfloat")):
        return True
    given = [batch.labels for loader in seen.loaders for batch in loader.batches if batch.labels is not None]
    return bool(given) and all(not one.is_floating_point() for one in given)


def _is_scored_as_classes(seen: Seen) -> bool:
    """Tell whether answers are rounded or ranked and compared with the targets."""
    ranked = compared = False
    for look in seen.looks:
        for op in look.trace.ops:
            ranked = ranked or (op.call is None and plain(op) in ("round", "argmax"))
            compared = compared or (op.call is None and plain(op) in ("eq", "ne"))
    return ranked and compared


def _crashed(seen: Seen) -> Iterator[Finding]:
    """N×C answers against N numbers of classes do not even fit."""
    crash = seen.crash
    if crash is None or not (found := SIZES.search(crash.message)):
        return
    name, _, shapes = (crash.what or "").partition("(")
    sides = [tuple(map(int, text.split("×"))) for text in re.findall(r"\d+(?:×\d+)*", shapes)]
    if name not in (*REGRESSION, "sub", "rsub") or len(sides) != 2:  # noqa: PLR2004
        return
    output, target = sides
    known = num_classes(seen)
    if len(output) == 2 and target == output[:1] and output[1] > 1:  # noqa: PLR2004
        evidence: dict[str, object] = {
            "loss": name,
            "output": shape_text(output),
            "classes": known or output[1],
        }
        yield Finding(CODE, "error", crash.source, "", evidence, form="crash")
    del found


def _finding(look: Look, op: Op, form: str, severity, kinds: int) -> Finding:
    value = given_value(op, 0, "input")
    evidence: dict[str, object] = {
        "loss": op.name,
        "classes": kinds,
        "output": shape_text(look.trace.values[value].shape) if value is not None else "?",
    }
    module = look.trace.calls[op.call].path if op.call is not None else ""
    explains = FOLLOWS if severity != "note" else ()
    return Finding(CODE, severity, own_line(op, look.trace), module, evidence, form=form, explains=explains)
