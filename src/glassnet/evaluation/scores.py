"""Predictions to accuracy, its interval, top-k, and precision, recall and F1 per class and on average."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from glassnet.evaluation.confusion import confusion

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

Z95 = 1.959963984540054  # the normal distribution's quantile for two sides of 95 %


@dataclass(frozen=True)
class ClassScore:
    """How one class was done; a figure without any picture to count is None."""

    name: str
    precision: float | None  # right among those said to be of the class
    recall: float | None  # right among those of the class
    f1: float | None
    support: int  # pictures of the class


@dataclass(frozen=True)
class Averages:
    """Figures per class as one: over the classes that occur; a figure that is None counts as 0."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Scores:
    """How good predictions are; all in 0..1."""

    accuracy: float
    interval: tuple[float, float]  # Wilson, 95 %
    images: int
    per_class: tuple[ClassScore, ...]
    macro: Averages  # each class counts the same
    weighted: Averages  # each class counts by its pictures


def wilson(right: int, total: int) -> tuple[float, float]:
    """Give the 95 % interval of a share.

    Args:
        right: Successes.
        total: Trials, at least 1.

    Returns:
        Lower and upper bound in 0..1.

    Source:
        Wilson 1927, doi:10.1080/01621459.1927.10502953.

    Example:
        >>> [round(bound, 4) for bound in wilson(90, 100)]
        [0.8256, 0.9448]
    """
    share = right / total
    middle = share + Z95**2 / (2 * total)
    half = Z95 * sqrt(share * (1 - share) / total + Z95**2 / (4 * total**2))
    scale = 1 + Z95**2 / total
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def score(labels: np.ndarray, predicted: np.ndarray, classes: Sequence[str]) -> Scores:
    """Score predictions.

    Args:
        labels: int, N, at least one.
        predicted: int, N.
        classes: K names.

    Returns:
        Accuracy with its interval, and figures per class.

    Example:
        >>> import numpy as np
        >>> scores = score(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), ["cat", "dog"])
        >>> scores.accuracy, scores.per_class[0].recall, scores.per_class[0].precision
        (0.75, 0.5, 1.0)
    """
    table = confusion(labels, predicted, len(classes))
    per_class = []
    for index, name in enumerate(classes):
        right, said, support = int(table[index, index]), int(table[:, index].sum()), int(table[index].sum())
        per_class.append(
            ClassScore(
                name=name,
                precision=right / said if said else None,
                recall=right / support if support else None,
                f1=2 * right / (said + support) if said + support else None,
                support=support,
            )
        )
    right, total = int(table.trace()), int(table.sum())
    occurring = [entry for entry in per_class if entry.f1 is not None]
    macro = _average(occurring, [1] * len(occurring))
    weighted = _average(occurring, [entry.support for entry in occurring])
    return Scores(right / total, wilson(right, total), total, tuple(per_class), macro, weighted)


def _average(entries: Sequence[ClassScore], weights: Sequence[int]) -> Averages:
    def mean(figures: Sequence[float | None]) -> float:
        pairs = zip(figures, weights, strict=True)
        return sum((figure or 0.0) * weight for figure, weight in pairs) / sum(weights)

    return Averages(
        mean([entry.precision for entry in entries]),
        mean([entry.recall for entry in entries]),
        mean([entry.f1 for entry in entries]),
    )


def top_k(logits: np.ndarray, labels: np.ndarray, k: int) -> float:
    """Give the share of pictures whose class is among the k likeliest; of equal ones the first come first.

    Args:
        logits: float, N×K.
        labels: int, N.
        k: At least 1.

    Returns:
        A share in 0..1, never less than the accuracy.

    Example:
        >>> import numpy as np
        >>> logits = np.array([[3.0, 2.0, 1.0], [3.0, 1.0, 2.0]])
        >>> top_k(logits, np.array([1, 1]), 2)
        0.5
    """
    own = logits[range(len(labels)), labels][:, None]
    earlier = range(logits.shape[1]) < labels[:, None]
    before = (logits > own) | ((logits == own) & earlier)
    return float((before.sum(1) < k).mean())
