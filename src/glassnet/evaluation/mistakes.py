"""Single pictures worth a look: wrong and sure of it, right and hardly sure."""

from __future__ import annotations

import numpy as np


def most_confident_mistakes(confidence: np.ndarray, right: np.ndarray, most: int) -> np.ndarray:
    """Find the wrong predictions with the highest probability.

    Args:
        confidence: float, N: the probability of the predicted class.
        right: bool, N.
        most: Of the pictures that are given.

    Returns:
        int64, at most `most`: positions of pictures, the most confident first.

    Example:
        >>> most_confident_mistakes(np.array([0.6, 0.9, 0.8]), np.array([False, False, True]), 5).tolist()
        [1, 0]
    """
    wrong = np.flatnonzero(~right)
    return wrong[np.argsort(-confidence[wrong], kind="stable")][:most]


def least_confident_hits(confidence: np.ndarray, right: np.ndarray, most: int) -> np.ndarray:
    """Find the right predictions with the lowest probability.

    Args:
        confidence: float, N: the probability of the predicted class.
        right: bool, N.
        most: Of the pictures that are given.

    Returns:
        int64, at most `most`: positions of pictures, the least confident first.

    Example:
        >>> least_confident_hits(np.array([0.6, 0.9, 0.8]), np.array([False, True, True]), 5).tolist()
        [2, 1]
    """
    hits = np.flatnonzero(right)
    return hits[np.argsort(confidence[hits], kind="stable")][:most]
