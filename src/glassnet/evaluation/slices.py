"""Accuracy in parts of a split: by folder, by the pictures' size, by their brightness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from glassnet.evaluation.scores import wilson

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Slice:
    """A part of a split, and how good predictions are in it."""

    by: str  # folder, size or brightness
    name: str  # the folder, or from where to where
    images: int
    accuracy: float
    interval: tuple[float, float]  # Wilson, 95 %


def by_folder(paths: Sequence[str], labels: np.ndarray, classes: Sequence[str]) -> list[str] | None:
    """Name the folder that each picture comes from, beside the folder of its class.

    Args:
        paths: N, parts separated by `/`.
        labels: int, N.
        classes: K names.

    Returns:
        N names without what all have in common; None where there is one folder or none.

    Example:
        >>> by_folder(["test/cat/home/1.jpg", "test/dog/zoo/1.jpg"], np.array([0, 1]), ["cat", "dog"])
        ['home', 'zoo']
        >>> by_folder(["cat/1.jpg", "dog/1.jpg"], np.array([0, 1]), ["cat", "dog"]) is None
        True
    """
    folders = [
        [part for part in path.split("/")[:-1] if part != classes[label]]
        for path, label in zip(paths, labels.tolist(), strict=True)
    ]
    first, last = min(folders), max(folders)  # what these share, all share
    pairs = zip(first, last, strict=False)
    shared = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(first), len(last)))
    return None if first == last else ["/".join(parts[shared:]) or "." for parts in folders]


def by_thirds(values: np.ndarray, written: str) -> list[str] | None:
    """Name the third that each picture's number lies in.

    Args:
        values: float, N.
        written: Template with the field `0` for a number.

    Returns:
        N names, of three parts as alike in size as equal numbers let them be, or of two; None where all
        numbers are equal.

    Example:
        >>> by_thirds(np.array([1.0, 2.0, 9.0]), "{0:.0f} px")
        ['1 px', '2 px', '9 px']
    """
    smaller = values[values < values.max()]
    if not len(smaller):
        return None
    edges = np.minimum(np.quantile(values, [1 / 3, 2 / 3], method="lower"), smaller.max())
    places = np.searchsorted(edges, values)
    names = {}
    for place in np.unique(places).tolist():
        part = values[places == place]
        names[place] = " to ".join(dict.fromkeys(written.format(end) for end in (part.min(), part.max())))
    return [names[place] for place in places.tolist()]


def slices(by: str, names: Sequence[str] | None, right: np.ndarray) -> tuple[Slice, ...]:
    """Score the parts that pictures were put into.

    Args:
        by: What made the parts.
        names: Of each picture's part, N; None where nothing varies.
        right: bool, N.

    Returns:
        A slice for each part, the least accurate first.

    Example:
        >>> found = slices("folder", ["zoo", "home", "zoo"], np.array([True, True, False]))
        >>> [(part.name, part.accuracy) for part in found]
        [('zoo', 0.5), ('home', 1.0)]
    """
    if names is None or len(set(names)) == 1:
        return ()
    known, places = np.unique(np.asarray(names), return_inverse=True)
    totals = np.bincount(places).tolist()
    hits = np.bincount(places, weights=right).astype(int).tolist()
    found = [
        Slice(by, str(name), total, hit / total, wilson(hit, total))
        for name, total, hit in zip(known, totals, hits, strict=True)
    ]
    return tuple(sorted(found, key=lambda part: part.accuracy))
