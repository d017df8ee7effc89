# ruff: noqa: PLR2004 — a rule is a row of conditions
"""Training samples that come in the order of their classes, or always in the same order."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from glassnet.checks.batches import groups_of
from glassnet.checks.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.batches import Group
    from glassnet.checks.seen import Seen

CODE = "not-shuffled"
LEAST_SAMPLES = 24
FEW_CHANGES = 0.25  # of those that a random order would have
FEW_CLASSES = 0.5  # in a batch, of those that a random one would hold
SYMPTOMS = ("plateau", "overfitting", "learning-rate-too-high", "learning-rate-too-low")


def not_shuffled(seen: Seen) -> Iterator[Finding]:
    """Find training data in an order that follows the labels; any fixed order is a note.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    if seen.by == "check":
        return
    for group in groups_of(seen):
        if group.role != "train" or len(group.batch_sizes) < 2:
            continue
        finding = _of_group(group)
        if finding is not None:
            yield finding


def comes_by_class(group: Group) -> bool:
    """Tell whether samples come class by class: what was seen of them then tells nothing of the whole."""
    found = _of_group(group)
    return found is not None and found.form != "fixed"


def _of_group(group: Group) -> Finding | None:
    labels = group.order
    size = max(group.batch_sizes)
    classes = sorted(set(labels))
    if len(labels) >= LEAST_SAMPLES and len(labels) >= 2 * size and len(classes) > 1:
        changes = sum(a != b for a, b in pairwise(labels)) / (len(labels) - 1)
        shares = [labels.count(one) / len(labels) for one in classes]
        expected = 1 - sum(share * share for share in shares)
        held, due = _classes_per_batch(labels, size, shares)
        if size == 1:
            sorted_by_class = changes < FEW_CHANGES * expected
        else:
            sorted_by_class = held < FEW_CLASSES * due and changes < 2 * FEW_CHANGES * expected
        if sorted_by_class and expected > 0.1 and len(labels) >= 4 * len(classes):
            evidence: dict[str, object] = {"held": held, "due": due, "classes": len(classes), "size": size}
            form = "sorted" if group.loader is not None and not group.loader.shuffled else "one_class"
            return Finding(CODE, "warning", group.source, evidence=evidence, form=form, explains=SYMPTOMS)
    return _fixed_order(group)


def _classes_per_batch(labels: list[int], size: int, shares: list[float]) -> tuple[float, float]:
    """Count the classes in a batch: how many there are on average, and in a random one."""
    batches = [labels[start : start + size] for start in range(0, len(labels) - size + 1, size)]
    held = sum(len(set(batch)) for batch in batches) / max(len(batches), 1)
    return held, sum(1 - (1 - share) ** size for share in shares)


def _fixed_order(group: Group) -> Finding | None:
    """Note a loader that gives the same order in every epoch."""
    loader = group.loader
    if loader is None or loader.shuffled or loader.num_epochs < 2 or not group.order:
        return None
    if type(getattr(loader.loader, "sampler", None)).__name__ != "SequentialSampler":
        return None
    evidence: dict[str, object] = {"epochs": loader.num_epochs}
    return Finding(CODE, "note", group.source, evidence=evidence, form="fixed")
