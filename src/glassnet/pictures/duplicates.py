"""The same picture in two splits, or with two labels: found by the hash of its pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from glassnet.pictures.pictures import Pictures


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
