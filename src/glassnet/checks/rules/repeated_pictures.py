"""The same picture twice among the training pictures, and the same picture with two labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glassnet.checks.batches import training_loaders
from glassnet.checks.contents import contents_of
from glassnet.checks.finding import Finding
from glassnet.pictures.duplicates import pictures_with_two_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Seen

CODE = "duplicate-pictures"
WARNING_SHARE = 0.02
LEAST_WARNED = 5
NOTE_SHARE = 0.01


def duplicate_pictures(seen: Seen) -> Iterator[Finding]:
    """Find training pictures that lie there more than once, or with more than one label."""
    if seen.by == "check":
        yield from _of_splits(seen)
        return
    for loader in training_loaders(seen):
        contents = contents_of(loader.loader.dataset)
        if contents is None or len(contents.keys) < 16:
            continue
        yield from _told(contents.keys, contents.labels, loader)
        return


def _told(keys: np.ndarray, labels: np.ndarray | None, loader: object) -> Iterator[Finding]:
    known = keys != -1 if keys.dtype.kind == "i" else np.ones(len(keys), bool)
    _, group, sizes = np.unique(keys[known], return_inverse=True, return_counts=True)
    total = int(known.sum())
    if not total or len(sizes) < 16:
        return
    source = getattr(loader, "source", None)
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
            evidence = {"number": number, "different": int(torn.sum()), "total": total, "share": share}
            yield Finding(CODE, severity, source, evidence=evidence, form="two_labels", explains=("noisy-labels",))
            return
    surplus = total - len(sizes)
    if surplus >= max(LEAST_WARNED, NOTE_SHARE * total):
        evidence = {"number": surplus, "total": total, "share": surplus / total, "different": len(sizes)}
        yield Finding(CODE, "note", source, evidence=evidence, form="repeated")


def _of_splits(seen: Seen) -> Iterator[Finding]:
    train = seen.splits.get("train")
    if train is None or not len(train):
        return
    torn = pictures_with_two_labels(train)
    if torn:
        number = sum(map(len, torn))
        share = number / len(train)
        severity = "warning" if share >= WARNING_SHARE else "note"
        evidence = {"number": number, "different": len(torn), "total": len(train), "share": share}
        yield Finding(CODE, severity, None, evidence=evidence, form="two_labels", explains=("noisy-labels",))
    different = len(np.unique(train.hashes, axis=0))
    surplus = len(train) - different
    if not torn and surplus >= max(LEAST_WARNED, NOTE_SHARE * len(train)):
        evidence = {"number": surplus, "total": len(train), "share": surplus / len(train), "different": different}
        yield Finding(CODE, "note", None, evidence=evidence, form="repeated")
