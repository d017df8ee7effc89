"""Mean and deviation of the pixels, which an input is normalised by, and each picture's brightness."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from glassnet.pictures.pictures import Pictures

_CHUNK_BYTES = 1 << 20  # fits a processor's cache
_MAX_CHUNK = 1 << 15  # pictures: so many squares of 255 still fit 32 bits


def mean_and_deviation(pictures: Pictures) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Take mean and standard deviation of each channel over all pixels of all pictures.

    Sums are whole numbers, so the result is exact to the last rounding, whatever the order of the pictures.
    The deviation is that of the population; where all pixels are equal it is given as 1, so that dividing
    by it does no harm.

    Args:
        pictures: The training pictures; at least one.

    Returns:
        Means and deviations, one number a channel, in units where black is 0 and white is 1.

    Example:
        >>> from glassnet.pictures import load
        >>> mean, deviation = mean_and_deviation(load("fashion-mini")["train"])
        >>> f"{mean[0]:.4f} {deviation[0]:.4f}"
        '0.2869 0.3538'
    """
    height, width, channels = pictures.images.shape[1:]
    size = height * width * channels
    step = max(1, min(_CHUNK_BYTES // size, _MAX_CHUNK))
    sums = np.zeros(size, np.uint64)
    squares = np.zeros(size, np.uint64)
    for start in range(0, len(pictures), step):
        rows = np.arange(start, min(start + step, len(pictures)))
        values = (
            pictures.batch(rows) if pictures.rows is not None else pictures.images[rows[0] : rows[-1] + 1]
        ).reshape(len(rows), size)
        sums += values.sum(axis=0, dtype=np.uint32)
        squares += (values.astype(np.uint16) ** 2).sum(axis=0, dtype=np.uint32)
    count = len(pictures) * height * width
    total = [int(value) for value in sums.reshape(-1, channels).sum(axis=0)]
    total_squares = [int(value) for value in squares.reshape(-1, channels).sum(axis=0)]
    means = tuple(value / count / 255 for value in total)
    # count * sum(x²) - sum(x)² is a whole number: no rounding before the division
    spreads = [count * square - value * value for value, square in zip(total, total_squares, strict=True)]
    deviations = tuple(math.sqrt(spread) / count / 255 if spread else 1.0 for spread in spreads)
    return means, deviations


def brightness_of(pictures: Pictures) -> np.ndarray:
    """Take the mean over all pixels and channels of each picture.

    Args:
        pictures: N.

    Returns:
        float64, N: black is 0, white is 1.

    Example:
        >>> from glassnet.pictures import load
        >>> brightness = brightness_of(load("fashion-mini")["test"])
        >>> f"{brightness.min():.2f} to {brightness.max():.2f}"
        '0.04 to 0.68'
    """
    size = pictures.images[0].size
    step = max(1, _CHUNK_BYTES // size)
    starts = range(0, len(pictures), step)
    sums = [
        pictures.batch(np.arange(start, min(start + step, len(pictures)))).sum((1, 2, 3), dtype=np.uint64)
        for start in starts
    ]
    return np.concatenate(sums) / size / 255
