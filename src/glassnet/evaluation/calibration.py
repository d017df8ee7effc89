"""Whether probabilities can be believed: reliability, ECE, Brier score, and the temperature that mends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BINS = 15  # of equal width, as in Guo et al. 2017
HOTTEST = 1000.0  # a temperature beyond it, or below its inverse, is no minimum but a way without end
STEPS = 100  # of the search; some ten are needed


@dataclass(frozen=True)
class Bin:
    """Predictions of about the same confidence; figures without any are None."""

    low: float
    high: float  # belongs to the bin, `low` does not
    images: int
    confidence: float | None  # mean
    accuracy: float | None


@dataclass(frozen=True)
class Calibration:
    """How far confidence and accuracy lie apart; confidence is the probability of the predicted class."""

    bins: tuple[Bin, ...]
    ece: float  # expected calibration error, 0..1
    brier: float  # mean over pictures of Σ (probability − 1 or 0)² over classes, 0..2
    nll: float  # mean negative log-likelihood of the labels, nats


def calibrate(probabilities: np.ndarray, labels: np.ndarray) -> Calibration:
    """Compare confidence with accuracy.

    Args:
        probabilities: float64, N×K, rows add up to 1.
        labels: int, N.

    Returns:
        15 bins and what follows from the probabilities.

    Source:
        Guo et al. 2017, arXiv:1706.04599; Brier 1950.

    Example:
        >>> found = calibrate(np.array([[0.8, 0.2], [0.8, 0.2]]), np.array([0, 1]))
        >>> round(found.ece, 4), round(found.brier, 4)
        (0.3, 0.68)
    """
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    edges = np.linspace(0, 1, BINS + 1)
    places = np.searchsorted(edges[1:-1], confidence)
    counts = np.bincount(places, minlength=BINS)
    sums = [np.bincount(places, weights=of, minlength=BINS) for of in (confidence, right)]
    confidences, accuracies = sums[0] / np.maximum(counts, 1), sums[1] / np.maximum(counts, 1)
    bins = tuple(
        Bin(low, high, count, confident if count else None, accurate if count else None)
        for low, high, count, confident, accurate in zip(
            edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), confidences.tolist(),
            accuracies.tolist(), strict=True,
        )
    )  # fmt: skip
    rows = np.arange(len(labels))
    own = probabilities[rows, labels]
    return Calibration(
        bins,
        float((counts * np.abs(confidences - accuracies)).sum() / len(labels)),
        float(((probabilities**2).sum(1) - 2 * own + 1).mean()),
        float(-np.log(np.maximum(own, np.finfo(np.float64).tiny)).mean()),
    )


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float | None:
    """Find the temperature that logits are divided by for the least negative log-likelihood.

    Args:
        logits: float, N×K, of a split that is not judged with it.
        labels: int, N.

    Returns:
        The temperature: above 1 the network is too sure. None where there is no best one: all labels have the
        largest logit, so that colder is always better, or the logits tell nothing of them.

    Source:
        Guo et al. 2017, arXiv:1706.04599. The likelihood is concave in 1/temperature, so Newton's steps, held
        between bounds, find the one place where its slope is zero.

    Example:
        >>> logits = np.log([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.9, 0.1]])  # sure to 9 in 10
        >>> round(fit_temperature(logits, np.array([0, 0, 0, 1])), 4)  # right 3 in 4 times
        2.0
    """
    shifted = logits.astype(np.float64) - logits.max(1, keepdims=True)
    own = shifted[np.arange(len(labels)), labels].mean()
    low, high = 1 / HOTTEST, HOTTEST  # of the inverse
    if _slope(shifted, low)[0] >= own or _slope(shifted, high)[0] <= own:
        return None
    inverse = 1.0
    for _ in range(STEPS):
        mean, variance = _slope(shifted, inverse)
        low, high = (inverse, high) if mean < own else (low, inverse)
        newton = inverse - (mean - own) / variance if variance > 0 else low
        following = newton if low < newton < high else float(np.sqrt(low * high))
        if abs(following - inverse) <= 1e-12 * inverse:
            break
        inverse = following
    return float(1 / inverse)


def _slope(shifted: np.ndarray, inverse: float) -> tuple[float, float]:
    """Give the mean over pictures of the expected logit, and of its variance."""
    weights = np.exp(shifted * inverse)
    weights /= weights.sum(1, keepdims=True)
    means = (weights * shifted).sum(1)
    variances = (weights * shifted**2).sum(1) - means**2
    return float(means.mean()), float(variances.mean())
