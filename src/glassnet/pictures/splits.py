"""Training pictures -> training and validation pictures; always the same ones for the same seed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from glassnet.errors import PicturesError, UsageError

if TYPE_CHECKING:
    from glassnet.pictures.pictures import Pictures


def split_off(pictures: Pictures, fraction: float, *, seed: int = 0) -> tuple[Pictures, Pictures]:
    """Set a part of the training pictures aside for validation.

    The same share of every class, at least one picture of it, but never all. Identical pictures stay on the
    same side, also where they carry two labels. Which pictures go follows from their content, the seed and
    the fraction alone, not from the order of the files.

    Args:
        pictures: The training pictures.
        fraction: The share to set aside, between 0 and 1.
        seed: Another seed, another choice.

    Returns:
        Training and validation pictures, both in the order of the source, over the same array.

    Raises:
        UsageError: The fraction is not between 0 and 1.
        PicturesError: There are too few different pictures.

    Example:
        >>> from glassnet.pictures import load
        >>> train, val = split_off(load("fashion-mini")["train"], 0.1, seed=0)
        >>> len(train), len(val), np.bincount(val.labels).tolist()
        (5400, 600, [60, 60, 60, 60, 60, 60, 60, 60, 60, 60])
    """
    if not 0 < fraction < 1:
        raise UsageError(
            "the share of validation pictures does not lie between 0 and 1",
            got=fraction,
            expected="for example 0.1",
        )
    unique, group, sizes = np.unique(_as_numbers(pictures.hashes), return_inverse=True, return_counts=True)
    lowest_label = np.full(len(unique), np.iinfo(np.int64).max)
    np.minimum.at(lowest_label, group, pictures.labels)
    keys = _mix(unique["low"] ^ _mix(np.array([seed % 2**64], np.uint64)))
    order = np.lexsort((unique["high"], unique["low"], keys))
    is_val = np.zeros(len(unique), bool)
    for label in np.unique(lowest_label).tolist():
        members = order[lowest_label[order] == label]
        count = int(sizes[members].sum())
        wanted = min(max(round(fraction * count), 1), count - 1)
        for member in members.tolist():
            if sizes[member] <= wanted:
                is_val[member] = True
                wanted -= int(sizes[member])
    if not is_val.any():
        raise PicturesError(
            "no picture can be set aside for validation",
            where=pictures.source,
            got=f"{len(pictures)} training pictures, {len(unique)} different ones",
            hint="add pictures, or train on all with --val 0",
        )
    in_val = is_val[group]
    train = pictures.take(np.flatnonzero(~in_val), split="train")
    val = pictures.take(np.flatnonzero(in_val), split="val")
    made = f"Made from {len(val)} of {len(pictures)} training pictures (seed {seed}): the source has none."
    missing = sorted(set(pictures.labels.tolist()) - set(val.labels.tolist()))
    lost = tuple(f"No picture of {pictures.classes[label]!r} in val." for label in missing)
    return (
        replace(train, rejected=pictures.rejected, notes=pictures.notes),
        replace(val, notes=(made, *lost)),
    )


def _as_numbers(hashes: np.ndarray) -> np.ndarray:
    """See each hash as two numbers of 64 bits, the same on every machine; they sort as one."""
    pair = np.dtype([("low", "<u8"), ("high", "<u8")])
    return np.ascontiguousarray(hashes).view(pair).ravel()


def _mix(values: np.ndarray) -> np.ndarray:
    """Scramble 64-bit numbers (the output function of SplitMix64: Steele, Lea and Flood, OOPSLA 2014)."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
