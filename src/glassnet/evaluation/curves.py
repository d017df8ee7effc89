"""One class against the rest at every threshold: precision and recall, ROC, and the areas below them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_POINTS = 100  # of a curve that is kept to be drawn: more cannot be seen

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class ClassCurves:
    """How one class is told from the rest; None and no points where either has no pictures."""

    name: str
    average_precision: float | None
    auc: float | None
    precision_recall: Points  # recall, precision
    roc: Points  # rate of false positives, of true ones


def counts_by_threshold(scores: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count true and false positives at each threshold; equal scores pass together.

    Args:
        scores: float, N, at least one.
        positive: bool, N.

    Returns:
        True and false positives at or above each of the T different scores, the highest first: T each.

    Example:
        >>> right, wrong = counts_by_threshold(np.array([0.9, 0.4, 0.4]), np.array([True, True, False]))
        >>> right.tolist(), wrong.tolist()
        ([1, 2], [0, 1])
    """
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    ends = np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1)
    right = np.cumsum(positive[order])[ends]
    return right, 1 + ends - right


def precision_recall_curve(scores: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give precision and recall at each threshold, the highest first.

    Args:
        scores: float, N.
        positive: bool, N, at least one True.

    Returns:
        Precision and recall, T+1 each; they begin at precision 1 and recall 0.

    Source:
        scikit-learn's `precision_recall_curve`, turned round.

    Example:
        >>> [a.tolist() for a in precision_recall_curve(np.array([0.9, 0.4]), np.array([False, True]))]
        [[1.0, 0.0, 0.5], [0.0, 0.0, 1.0]]
    """
    right, wrong = counts_by_threshold(scores, positive)
    return np.append(1.0, right / (right + wrong)), np.append(0.0, right / right[-1])


def roc_curve(scores: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the rates of false and of true positives at each threshold, the highest first.

    Args:
        scores: float, N.
        positive: bool, N, at least one True and one False.

    Returns:
        False positives as a share of the negatives, true ones of the positives: T+1 each, from 0 to 1.

    Source:
        scikit-learn's `roc_curve(drop_intermediate=False)`.

    Example:
        >>> [a.tolist() for a in roc_curve(np.array([0.9, 0.4]), np.array([False, True]))]
        [[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]
    """
    right, wrong = counts_by_threshold(scores, positive)
    return np.append(0.0, wrong / wrong[-1]), np.append(0.0, right / right[-1])


def average_precision(precision: np.ndarray, recall: np.ndarray) -> float:
    """Give the area below a curve of precision over recall, in steps, nothing in between.

    Args:
        precision: float, T+1, from `precision_recall_curve`.
        recall: float, T+1.

    Returns:
        0..1.

    Source:
        scikit-learn's `average_precision_score`.

    Example:
        >>> average_precision(*precision_recall_curve(np.array([0.9, 0.4]), np.array([False, True])))
        0.5
    """
    return float((np.diff(recall) * precision[1:]).sum())


def area_below(x: np.ndarray, y: np.ndarray) -> float:
    """Give the area below a curve, straight between its points.

    Args:
        x: float, T, rising.
        y: float, T.

    Returns:
        The area: the AUC of an ROC curve.

    Example:
        >>> area_below(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
        0.5
    """
    return float((np.diff(x) * (y[1:] + y[:-1]) / 2).sum())


def class_curves(
    probabilities: np.ndarray, labels: np.ndarray, classes: Sequence[str]
) -> tuple[ClassCurves, ...]:
    """Draw up the curves of each class against the rest.

    Args:
        probabilities: float, N×K.
        labels: int, N.
        classes: K names.

    Returns:
        K; areas of the whole curves, and at most 100 points of each for drawing.

    Example:
        >>> cat, dog = class_curves(np.array([[0.8, 0.2], [0.6, 0.4]]), np.array([0, 1]), ["cat", "dog"])
        >>> cat.average_precision, cat.auc, dog.roc
        (1.0, 1.0, ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0)))
    """
    found = []
    for index, name in enumerate(classes):
        scores, positive = probabilities[:, index], labels == index
        if not positive.any():
            found.append(ClassCurves(name, None, None, (), ()))
            continue
        precision, recall = precision_recall_curve(scores, positive)
        area, points = None, ()
        if not positive.all():
            rates = roc_curve(scores, positive)
            area, points = area_below(*rates), thinned(*rates)
        found.append(
            ClassCurves(name, average_precision(precision, recall), area, thinned(recall, precision), points)
        )
    return tuple(found)


def thinned(x: np.ndarray, y: np.ndarray) -> Points:
    """Keep points of a curve that lie about equally far apart along it, both ends among them.

    Args:
        x: float, T.
        y: float, T.

    Returns:
        At most 100 points.

    Example:
        >>> thinned(np.array([0.0, 0.5, 1.0]), np.array([0.0, 0.5, 1.0]))
        ((0.0, 0.0), (0.5, 0.5), (1.0, 1.0))
    """
    kept = np.arange(len(x))
    if len(x) > MOST_POINTS:
        way = np.append(0.0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y))))
        kept = np.unique(np.searchsorted(way, np.linspace(0, way[-1], MOST_POINTS - 1)))
        kept = np.union1d(kept, [len(x) - 1])
    return tuple(zip(x[kept].tolist(), y[kept].tolist(), strict=True))
