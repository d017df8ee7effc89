"""Which class is taken for which: the confusion matrix, its shares, and the most confused pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Confused:
    """Pictures of one class that were taken for another."""

    name: str  # what they are
    said: str  # what they were taken for
    images: int
    share: float  # of the pictures of the class, 0..1


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


def normalised(matrix: np.ndarray) -> np.ndarray:
    """Divide each row by its sum: shares of the pictures of a class.

    Args:
        matrix: int, K×K, from `confusion`.

    Returns:
        float64, K×K in 0..1; the row of a class without pictures is 0.

    Example:
        >>> normalised(np.array([[1, 3], [0, 0]])).tolist()
        [[0.25, 0.75], [0.0, 0.0]]
    """
    return matrix / np.maximum(matrix.sum(1, keepdims=True), 1)


def most_confused(matrix: np.ndarray, classes: Sequence[str], most: int) -> tuple[Confused, ...]:
    """Find the pairs of classes with the most mistakes.

    Args:
        matrix: int, K×K, from `confusion`.
        classes: K names.
        most: Of the pairs that are given.

    Returns:
        Pairs with at least one mistake, the most mistakes first.

    Example:
        >>> most_confused(np.array([[8, 2], [1, 9]]), ["cat", "dog"], 1)
        (Confused(name='cat', said='dog', images=2, share=0.2),)
    """
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    pairs: list[tuple[int, int]] = [divmod(place, len(matrix)) for place in order.tolist()]
    return tuple(
        Confused(classes[i], classes[j], int(wrong[i, j]), float(wrong[i, j] / matrix[i].sum()))
        for i, j in pairs
        if wrong[i, j]
    )
