"""Predictions to figures: pure functions of labels and predicted classes."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

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
class Scores:
    """How good predictions are; all in 0..1."""

    accuracy: float
    interval: tuple[float, float]  # Wilson, 95 %
    images: int
    per_class: tuple[ClassScore, ...]


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


def confusion(labels: np.ndarray, predicted: np.ndarray, num_classes: int) -> np.ndarray:
    """Count label against predicted class.

    Args:
        labels: int, N.
        predicted: int, N.
        num_classes: K.

    Returns:
        int64, K×K: rows are labels, columns predicted.

    Example:
        >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
        [[1, 1], [0, 1]]
    """
    cells = np.bincount(labels * num_classes + predicted, minlength=num_classes**2)
    return cells.reshape(num_classes, num_classes)


def score(labels: np.ndarray, predicted: np.ndarray, classes: Sequence[str]) -> Scores:
    """Score predictions.

    Args:
        labels: int, N, at least one.
        predicted: int, N.
        classes: K names.

    Returns:
        Accuracy with its interval, and figures per class.

    Example:
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
    return Scores(right / total, wilson(right, total), total, tuple(per_class))
