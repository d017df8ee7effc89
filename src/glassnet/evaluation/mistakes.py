"""Single pictures worth a look: wrong and sure of it, right and hardly sure."""

from __future__ import annotations

import numpy as np


def lowest(values: np.ndarray, among: np.ndarray, most: int) -> np.ndarray:
    """Find the pictures with the lowest values.

    Args:
        values: float, N: the probability of the predicted class (its negative gives the highest first).
        among: bool, N: the pictures that count.
        most: Of the pictures that are given.

    Returns:
        int64, at most `most`: positions of pictures, the lowest first; of equal ones the first.

    Example:
        >>> confidence, right = np.array([0.6, 0.9, 0.8]), np.array([False, False, True])
        >>> lowest(-confidence, ~right, 5).tolist(), lowest(confidence, right, 5).tolist()
        ([1, 0], [2])
    """
    places = np.flatnonzero(among)
    return places[np.argsort(values[places], kind="stable")][:most]
