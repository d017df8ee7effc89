# ruff: noqa: PLR2004 — a rule is a row of conditions
"""The same picture twice among the training pictures, and the same picture with two labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glassnet.checks.batches import samples_of, training_loaders
from glassnet.checks.contents import array_of, contents_of, keys_of
from glassnet.checks.finding import Finding
from glassnet.checks.transforms_of import parts_of, steps_of
from glassnet.pictures.duplicates import pictures_with_two_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Loader, Seen

CODE = "duplicate-pictures"
WARNING_SHARE = 0.02
LEAST_WARNED = 5
NOTE_SHARE = 0.01
MUCH = 0.3
LEAST_SAMPLES, LEAST_NUMBERS = 16, 16


def duplicate_pictures(seen: Seen) -> Iterator[Finding]:
    """Find training pictures that lie there more than once, or with more than one label.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    if seen.by == "check":
        yield from _of_splits(seen)
        return
    for loader in training_loaders(seen):
        contents = contents_of(loader.loader.dataset)
        if contents is not None and len(contents.keys) >= LEAST_SAMPLES:
            yield from _told(contents.keys, contents.labels, loader)
            return
        images, labels = samples_of(loader)
        if (
            images is None
            or labels is None
            or len(images) < LEAST_SAMPLES
            or images[0].numel() < LEAST_NUMBERS
        ):
            continue
        yield from (found for found in _told(keys_of(array_of(images)), labels.numpy(), loader)
                    if found.form == "two_labels")  # fmt: skip
        return


def _told(keys: np.ndarray, labels: np.ndarray | None, loader: Loader) -> Iterator[Finding]:
    known = keys != -1 if keys.dtype.kind == "i" else np.ones(len(keys), bool)
    _, group, sizes = np.unique(keys[known], return_inverse=True, return_counts=True)
    total = int(known.sum())
    if not total or len(sizes) < 16:
        return
    source = loader.source
    if labels is not None:
        own = labels[known]
        low = np.full(len(sizes), np.iinfo(np.int64).max)
        high = np.full(len(sizes), np.iinfo(np.int64).min)
        np.minimum.at(low, group, own)
        np.maximum.at(high, group, own)
        torn = low != high
        number = int(sizes[torn].sum())
        if number:
            share = number / total
            severity = "warning" if share >= WARNING_SHARE and number >= LEAST_WARNED else "note"
            evidence: dict[str, object] = {
                "number": number,
                "different": int(torn.sum()),
                "total": total,
                "share": share,
            }
            yield Finding(
                CODE, severity, source, evidence=evidence, form="two_labels", explains=("noisy-labels",)
            )
            return
    surplus = total - len(sizes)
    if surplus >= max(LEAST_WARNED, NOTE_SHARE * total):
        evidence = {"number": surplus, "total": total, "share": surplus / total, "different": len(sizes)}
        severity = "warning" if _without_reason(group, sizes, labels, known, loader) else "note"
        yield Finding(CODE, severity, source, evidence=evidence, form="repeated")


def _without_reason(
    group: np.ndarray, sizes: np.ndarray, labels: np.ndarray | None, known: np.ndarray, loader: Loader
) -> bool:
    """Tell whether repetitions even nothing out: all classes have as many, and nothing changes them."""
    if labels is None or any(step.random for step in steps_of(loader.loader.dataset)):
        return False
    inner = [part for part in parts_of(loader.loader.dataset) if hasattr(part, "datasets")]
    if any(len({id(one) for one in part.datasets}) < len(part.datasets) for part in inner):
        return False  # the same dataset several times makes an epoch longer
    own = labels[known]
    repeated = sizes[group] > 1
    shares = [float(repeated[own == label].mean()) for label in np.unique(own)]
    return len(shares) > 1 and min(shares) > MUCH and max(shares) < 2 * min(shares)


def _of_splits(seen: Seen) -> Iterator[Finding]:
    train = seen.splits.get("train")
    if train is None or not len(train):
        return
    torn = pictures_with_two_labels(train)
    if torn:
        number = sum(map(len, torn))
        share = number / len(train)
        severity = "warning" if share >= WARNING_SHARE else "note"
        evidence: dict[str, object] = {
            "number": number,
            "different": len(torn),
            "total": len(train),
            "share": share,
        }
        yield Finding(CODE, severity, None, evidence=evidence, form="two_labels", explains=("noisy-labels",))
    different = len(np.unique(train.hashes, axis=0))
    surplus = len(train) - different
    if not torn and surplus >= max(LEAST_WARNED, NOTE_SHARE * len(train)):
        evidence = {
            "number": surplus,
            "total": len(train),
            "share": surplus / len(train),
            "different": different,
        }
        yield Finding(CODE, "note", None, evidence=evidence, form="repeated")
    if seen.audit is None:
        return
    near = seen.audit.copies_of(kind="near", splits=("train", "train"))
    total = next(facts.images for facts in seen.audit.splits if facts.name == "train")
    if len(near) >= max(LEAST_WARNED, NOTE_SHARE * total) or any(copy.two_labels for copy in near):
        evidence = {
            "number": len(near),
            "total": total,
            "torn": sum(copy.two_labels for copy in near),
        }
        yield Finding(CODE, "note", None, evidence=evidence, form="alike")
