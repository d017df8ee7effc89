"""Plain numbers of splits: counts, blank pictures, and where splits differ more than chance does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glassnet.audit.audit import Difference, Place, SplitFacts
from glassnet.pictures.statistics import mean_and_deviation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glassnet.pictures.pictures import Pictures

EXAMPLES = 10  # of each class
FAR_SHARE = 0.02  # of a split: a class whose share differs by less is told nowhere
FAR_RATIO = 1.2
FAR_PIXELS = 0.02  # of the way from black to white
FAR_SIZES = 0.1  # of the files
DEVIATIONS = 4.0  # standard errors: so many are not chance, for any number of classes
BATCH = 1024


def facts_of(pictures: Pictures) -> SplitFacts:
    """Count what a split holds.

    Args:
        pictures: The split.

    Returns:
        Its facts.

    Example:
        >>> from glassnet.pictures import load
        >>> facts = facts_of(load("fashion-mini")["test"])
        >>> facts.images, facts.per_class[:3], facts.blank
        (1000, (100, 100, 100), ())
    """
    mean, deviation = mean_and_deviation(pictures)
    counts = np.bincount(pictures.labels, minlength=len(pictures.classes))
    return SplitFacts(
        pictures.split,
        len(pictures),
        tuple(counts.tolist()),
        mean,
        deviation,
        pictures.sizes,
        pictures.rejected,
        tuple(place_in(pictures, index) for index in _blank(pictures)),
    )


def place_in(pictures: Pictures, index: int) -> Place:
    """Say where a picture is.

    Args:
        pictures: Its split.
        index: Its position there.

    Returns:
        Its place.
    """
    return Place(pictures.split, index, str(pictures.paths[index]), int(pictures.labels[index]))


def _blank(pictures: Pictures) -> list[int]:
    """Find pictures all of whose pixels are the same, channel by channel."""
    found = []
    for start in range(0, len(pictures), BATCH):
        images = pictures.batch(np.arange(start, min(start + BATCH, len(pictures))))
        rows = images.reshape(len(images), -1, images.shape[3])
        found += (start + np.flatnonzero((rows == rows[:, :1]).all(axis=(1, 2)))).tolist()
    return found


def examples_of(splits: Sequence[Pictures], num_classes: int) -> tuple[tuple[Place, ...], ...]:
    """Choose pictures that show each class, spread over the first split that has it.

    Args:
        splits: In their order.
        num_classes: How many there are.

    Returns:
        For each class at most 10 places.
    """
    found = []
    for label in range(num_classes):
        owner = next((pictures for pictures in splits if (pictures.labels == label).any()), None)
        if owner is None:
            found.append(())
            continue
        members = np.flatnonzero(owner.labels == label)
        chosen = members[np.unique(np.linspace(0, len(members) - 1, EXAMPLES).astype(np.int64))]
        found.append(tuple(place_in(owner, int(index)) for index in chosen))
    return tuple(found)


def differences_of(facts: Sequence[SplitFacts], classes: Sequence[str]) -> tuple[Difference, ...]:
    """Tell where the other splits differ from the first more than chance does, and enough to matter.

    Args:
        facts: Of each split.
        classes: Their names.

    Returns:
        The differences.
    """
    found = []
    for other in facts[1:]:
        found += _class_differences(facts[0], other, classes)
        found += _pixel_differences(facts[0], other)
        found += _size_differences(facts[0], other)
    return tuple(found)


def _class_differences(a: SplitFacts, b: SplitFacts, classes: Sequence[str]) -> list[Difference]:
    found = []
    pair = (a.name, b.name)
    for name, num_a, num_b in zip(classes, a.per_class, b.per_class, strict=True):
        share_a, share_b = num_a / a.images, num_b / b.images
        if not num_a or not num_b:
            if num_a or num_b:
                found.append(Difference("missing_class", pair, name, share_a, share_b))
            continue
        joint = (num_a + num_b) / (a.images + b.images)
        error = (joint * (1 - joint) * (1 / a.images + 1 / b.images)) ** 0.5
        apart, ratio = abs(share_a - share_b), max(share_a, share_b) / min(share_a, share_b)
        if apart > DEVIATIONS * error and (apart > FAR_SHARE or ratio > FAR_RATIO):
            found.append(Difference("class_share", pair, name, share_a, share_b))
    return found


def _pixel_differences(a: SplitFacts, b: SplitFacts) -> list[Difference]:
    names = ("grey",) if len(a.mean) == 1 else ("red", "green", "blue")
    pair = (a.name, b.name)
    found = []
    for place, name in enumerate(names):
        # pixels of a picture go together: the mean of a picture deviates about half as much as its pixels
        error = 0.5 * a.deviation[place] * (1 / a.images + 1 / b.images) ** 0.5
        far = max(FAR_PIXELS, DEVIATIONS * error)
        if abs(a.mean[place] - b.mean[place]) > far:
            found.append(Difference("mean", pair, name, a.mean[place], b.mean[place]))
        if abs(a.deviation[place] - b.deviation[place]) > far:
            found.append(Difference("deviation", pair, name, a.deviation[place], b.deviation[place]))
    return found


def _size_differences(a: SplitFacts, b: SplitFacts) -> list[Difference]:
    found = []
    shares = [
        {(size.width, size.height, size.mode): size.count / facts.images for size in facts.sizes}
        for facts in (a, b)
    ]
    if not all(shares):
        return []
    for size in sorted({*shares[0], *shares[1]}):
        share_a, share_b = (part.get(size, 0.0) for part in shares)
        error = (0.25 * (1 / a.images + 1 / b.images)) ** 0.5
        if abs(share_a - share_b) > max(FAR_SIZES, DEVIATIONS * error):
            what = f"{size[0]}×{size[1]} {size[2]}"
            found.append(Difference("size", (a.name, b.name), what, share_a, share_b))
    return found
