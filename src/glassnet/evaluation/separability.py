"""How hard pictures are without any network: what the plainest classifiers of raw pixels reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from glassnet.evaluation.scores import wilson

if TYPE_CHECKING:
    from glassnet.pictures.pictures import Pictures

MOST_TRAINING, MOST_JUDGED = 10_000, 5_000  # pictures, every n-th of more
MOST_SIDE = 32  # px; larger pictures are averaged down
RIDGE = 10.0  # added to the squares of 784 pixels of about 0..1: keeps the least squares from going astray


@dataclass(frozen=True)
class Reached:
    """What a classifier reaches: a share in 0..1 with its interval (Wilson, 95 %)."""

    accuracy: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Separability:
    """How far apart the classes of a source lie as raw pixels.

    Attributes:
        nearest_mean: The class whose mean picture is the nearest is said.
        linear: The class with the largest output of a linear map, fitted by least squares, is said.
        per_class: Share of each class that the linear map finds; None for one without pictures.
        trained_on: Pictures that both were fitted on.
        images: Pictures that they were judged on.
    """

    nearest_mean: Reached
    linear: Reached
    per_class: tuple[float | None, ...]
    trained_on: int
    images: int


def separability(train: Pictures, judged: Pictures) -> Separability:
    """Judge two plain classifiers of raw pixels: where they do well, the classes look different.

    Args:
        train: The pictures that they are fitted on.
        judged: Others of the same classes.

    Returns:
        What they reach.

    Example:
        >>> from glassnet.pictures import load
        >>> splits = load("fashion-mini")
        >>> found = separability(splits["train"], splits["test"])
        >>> found.nearest_mean.accuracy < found.linear.accuracy
        True
    """
    x, y = _pixels(train, MOST_TRAINING)
    z, labels = _pixels(judged, MOST_JUDGED)
    classes = len(train.classes)
    counts = np.bincount(y, minlength=classes)
    means = np.stack(
        [x[y == label].mean(0) if counts[label] else np.full(x.shape[1], np.inf) for label in range(classes)]
    )
    distances = (z**2).sum(1)[:, None] - 2 * z @ np.where(np.isfinite(means), means, 0).T + (means**2).sum(1)
    one = np.concatenate([x, np.ones((len(x), 1))], 1)
    targets = np.eye(classes)[y]
    weights = np.linalg.solve(one.T @ one + RIDGE * np.eye(one.shape[1]), one.T @ targets)
    said = (np.concatenate([z, np.ones((len(z), 1))], 1) @ weights).argmax(1)
    supports = np.bincount(labels, minlength=classes).tolist()
    hits = np.bincount(labels[said == labels], minlength=classes).tolist()
    return Separability(
        _reached(distances.argmin(1) == labels),
        _reached(said == labels),
        tuple(hit / support if support else None for hit, support in zip(hits, supports, strict=True)),
        len(x),
        len(z),
    )


def _reached(right: np.ndarray) -> Reached:
    hits, total = int(right.sum()), len(right)
    return Reached(hits / total, wilson(hits, total))


def _pixels(pictures: Pictures, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Give pictures as rows of grey levels of 0..1, averaged down to a small side, and their labels."""
    chosen = np.arange(0, len(pictures), -(-len(pictures) // most))
    images = pictures.batch(chosen).mean(3, dtype=np.float32) / 255
    step = -(-max(images.shape[1:]) // MOST_SIDE)
    if step > 1:
        height, width = (side // step * step for side in images.shape[1:])
        cut = images[:, :height, :width]
        images = cut.reshape(len(cut), height // step, step, width // step, step).mean((2, 4))
    return images.reshape(len(images), -1).astype(np.float64), pictures.labels[chosen]
