"""The same picture in two splits, or with two labels: by hash, and nearly the same ones by distance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from glassnet.pictures.pictures import Pictures

_BLOCK = 4  # pixels
_ROWS = 256  # pictures compared at once


def shared_pictures(a: Pictures, b: Pictures) -> np.ndarray:
    """Find the pictures of one split that lie in another one too, pixel by pixel.

    Args:
        a: One split, say the training pictures.
        b: Another one, say the test pictures.

    Returns:
        int64, K×2: for each picture of `b` that is in `a`, the first position in `a` and that in `b`;
        ascending in `b`.

    Example:
        >>> from glassnet.pictures import load
        >>> splits = load("fashion-mini")
        >>> shared_pictures(splits["train"], splits["test"]).shape
        (0, 2)
    """
    unique, first = np.unique(_as_bytes(a.hashes), return_index=True)
    wanted = _as_bytes(b.hashes)
    place = np.minimum(np.searchsorted(unique, wanted), len(unique) - 1)
    in_b = np.flatnonzero(unique[place] == wanted)
    return np.stack([first[place[in_b]], in_b], axis=1).astype(np.int64)


def nearly_shared_pictures(a: Pictures, b: Pictures, *, tolerance: float = 4.0) -> np.ndarray:
    """Find the pictures of one split that lie in another one too, but for differences nobody sees.

    Two pictures count as the same where the root mean square of their pixels' differences is at most
    `tolerance`. No such pair is missed: the means of blocks of pixels never differ more than the pixels do
    (Jensen's inequality), so pairs whose block means lie close are found first, and then compared in full.

    Args:
        a: One split, say the training pictures.
        b: Another one, say the test pictures, with pictures of the same size.
        tolerance: In levels of 0 to 255; 4 is about what saving as JPEG changes.

    Returns:
        int64, K×2: for each picture of `b` that is nearly in `a`, the nearest one in `a` and the position in
        `b`; ascending in `b`. Pictures that are exactly the same are among them.

    Example:
        >>> from glassnet.pictures import load
        >>> splits = load("fashion-mini")
        >>> nearly_shared_pictures(splits["train"], splits["test"]).shape
        (0, 2)
    """
    _, height, width, channels = a.images.shape
    block = _BLOCK if min(height, width) >= _BLOCK else 1
    means_a, means_b = _block_means(a, block), _block_means(b, block)
    lengths_a = (means_a**2).sum(axis=1)
    bound = height * width * channels * tolerance**2 / block**2
    bound = 1.01 * bound + 16  # room for rounding in 32 bits
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(b), _ROWS):
        rows = means_b[start : start + _ROWS]
        squares = lengths_a[None, :] + (rows**2).sum(axis=1)[:, None] - 2 * (rows @ means_a.T)
        near_b, near_a = np.nonzero(squares <= bound)
        for row in np.unique(near_b).tolist():
            candidates = near_a[near_b == row]
            picture = b.batch([start + row]).astype(np.float32)
            distances = ((a.batch(candidates).astype(np.float32) - picture) ** 2).mean(axis=(1, 2, 3))
            best = int(distances.argmin())
            if distances[best] <= tolerance**2:
                pairs.append((int(candidates[best]), start + row))
    return np.array(pairs, np.int64).reshape(-1, 2)


def _block_means(pictures: Pictures, block: int) -> np.ndarray:
    """Take the mean of each whole block of pixels, less middle grey: float32, N×D."""
    _, height, width, channels = pictures.images.shape
    rows, columns = height // block, width // block
    parts = []
    for start in range(0, len(pictures), _ROWS):
        batch = pictures.batch(np.arange(start, min(start + _ROWS, len(pictures))))
        batch = batch[:, : rows * block, : columns * block].astype(np.float32)
        blocks = batch.reshape(len(batch), rows, block, columns, block, channels)
        parts.append(blocks.mean(axis=(2, 4)).reshape(len(batch), -1))
    return np.concatenate(parts) - 128


def pictures_with_two_labels(pictures: Pictures) -> tuple[tuple[int, ...], ...]:
    """Find pictures that occur with different labels within a split.

    Args:
        pictures: A split.

    Returns:
        One group for each such picture: all positions where it occurs, ascending.
    """
    _, group, sizes = np.unique(_as_bytes(pictures.hashes), return_inverse=True, return_counts=True)
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(sizes)
    groups = []
    for number in np.flatnonzero(sizes > 1).tolist():
        members = order[ends[number] - sizes[number] : ends[number]]
        if len(set(pictures.labels[members].tolist())) > 1:
            groups.append(tuple(members.tolist()))
    return tuple(sorted(groups))


def _as_bytes(hashes: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(hashes).view([("low", "<u8"), ("high", "<u8")]).ravel()
