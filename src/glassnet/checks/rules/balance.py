# ruff: noqa: PLR2004 — a rule is a row of conditions
"""Classes of very different size, and nothing that makes up for it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from glassnet.checks.batches import LABEL_LOSSES, groups_of
from glassnet.checks.contents import contents_of
from glassnet.checks.finding import Finding
from glassnet.checks.rules.order_of_samples import comes_by_class

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.batches import Group
    from glassnet.checks.seen import Seen

CODE = "class-imbalance"
RATIO = 10.0
LEAST_SAMPLES = 100
LEAST_PER_CLASS = 8  # samples of the mean class: with fewer, sizes differ by chance
BINARY_LOSSES = ("binary_cross_entropy", "binary_cross_entropy_with_logits", "sigmoid_focal_loss")


def class_imbalance(seen: Seen) -> Iterator[Finding]:
    """Find training labels of which one class has ten times as many as another, or more.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    if seen.by == "check":
        yield from _of_splits(seen)
        return
    for group in groups_of(seen):
        if (
            group.role != "train"
            or (group.loader is None and comes_by_class(group))
            or not _is_plain_classification(seen)
        ):
            continue
        counts = Counter(_labels(group))
        if _is_unbalanced(counts):
            yield Finding(CODE, "warning", group.source, evidence=_evidence(counts), form="main")
            return


def _labels(group: Group) -> list[int]:
    """Give the labels as they were drawn, so that a sampler counts; of a sorted epoch, all there are."""
    if group.loader is None:
        return group.order
    loader = group.loader.loader
    drawn_evenly = type(getattr(loader, "sampler", None)).__name__ in ("RandomSampler", "SequentialSampler")
    if drawn_evenly and (contents := contents_of(loader.dataset)) is not None and contents.labels is not None:
        return contents.labels.tolist()
    return group.order


def _is_unbalanced(counts: Counter[int]) -> bool:
    total = sum(counts.values())
    if len(counts) < 2 or total < LEAST_SAMPLES or total / len(counts) < LEAST_PER_CLASS:
        return False
    return max(counts.values()) >= RATIO * min(counts.values())


def _evidence(counts: Counter[int]) -> dict[str, object]:
    (most, num_most), (least, num_least) = counts.most_common()[0], counts.most_common()[-1]
    share = num_most / sum(counts.values())
    return {
        "most": most, "num_most": num_most, "least": least, "num_least": num_least,
        "ratio": num_most / num_least, "share": share,
    }  # fmt: skip


def _is_plain_classification(seen: Seen) -> bool:
    """Tell whether every loss that was seen is a cross-entropy that treats all classes alike."""
    plain = False
    for look in seen.looks:
        for op in look.trace.ops:
            if op.name in BINARY_LOSSES and (op.kwargs.get("weight") is not None or _has_weight(op.kwargs)):
                return False
            if op.name not in (*LABEL_LOSSES, *BINARY_LOSSES):
                continue
            weight = op.kwargs.get("weight", op.args[2] if len(op.args) > 2 else None)
            if weight is not None or op.kwargs.get("reduction", "mean") == "none" or _has_weight(op.kwargs):
                return False
            if look.trace.values[op.outputs[0]].shape:
                return False
            plain = True
    return plain


def _has_weight(kwargs: dict[str, object]) -> bool:
    return kwargs.get("pos_weight") is not None


def _of_splits(seen: Seen) -> Iterator[Finding]:
    train = seen.splits.get("train")
    if train is None or not len(train) or (seen.looks and not _is_plain_classification(seen)):
        return
    values, numbers = np.unique(train.labels, return_counts=True)
    counts = Counter(dict(zip(values.tolist(), numbers.tolist(), strict=True)))
    if _is_unbalanced(counts):
        evidence = _evidence(counts)
        for key in ("most", "least"):
            evidence[key] = train.classes[int(str(evidence[key]))]
        yield Finding(CODE, "warning", None, evidence=evidence, form="recipe")
