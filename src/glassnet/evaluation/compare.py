"""Two networks on the same pictures: is one better, or is it chance? And the spread over seeds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

ROUNDING = 1e-12  # a smaller deviation comes from adding equal numbers
NODES = 200  # of the sum that stands for an integral
EXACT_UP_TO = 25  # pictures that only one of both tells right: below, the binomial's own sum is taken


@dataclass(frozen=True)
class Paired:
    """How two networks did on the same pictures.

    `only_first` and `only_second` are positions of pictures that one tells right and the other wrong.
    `p_value` is how often chance alone would make the two differ so much if neither were better.
    """

    images: int
    both_right: int
    only_first: tuple[int, ...]
    only_second: tuple[int, ...]
    p_value: float
    method: str  # exact or chi-square


@dataclass(frozen=True)
class Spread:
    """A figure over several trainings; `deviation` is that of the sample, None of a single one."""

    count: int
    mean: float
    deviation: float | None


def mcnemar(only_first: int, only_second: int) -> tuple[float, str]:
    """Test whether two networks differ, by the pictures that only one of them tells right.

    Args:
        only_first: Pictures that only the first tells right.
        only_second: Pictures that only the second tells right.

    Returns:
        The two-sided p-value, and the method: `exact` (binomial) up to 25 such pictures in all, else
        `chi-square` (with Edwards' correction for continuity).

    Source:
        McNemar 1947, doi:10.1007/BF02295996; Edwards 1948, doi:10.1007/BF02289261.

    Example:
        >>> mcnemar(1, 9), mcnemar(30, 10)[1]
        ((0.021484375, 'exact'), 'chi-square')
    """
    total = only_first + only_second
    if total <= EXACT_UP_TO:
        tail = sum(math.comb(total, k) for k in range(min(only_first, only_second) + 1))
        return min(1.0, 2 * tail / 2**total), "exact"
    distance = max(0, abs(only_first - only_second) - 1)
    return math.erfc(math.sqrt(distance**2 / total / 2)), "chi-square"


def pair_up(labels: np.ndarray, first: np.ndarray, second: np.ndarray) -> Paired:
    """Compare what two networks said of the same pictures.

    Args:
        labels: int, N.
        first: int, N: classes that the first network said.
        second: int, N: those of the second.

    Returns:
        Who is right where, and McNemar's test.

    Example:
        >>> paired = pair_up(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([0, 0, 0]))
        >>> paired.both_right, paired.only_first, paired.only_second, paired.p_value
        (1, (2,), (1,), 1.0)
    """
    right, other = first == labels, second == labels
    only_first = tuple(np.flatnonzero(right & ~other).tolist())
    only_second = tuple(np.flatnonzero(other & ~right).tolist())
    p_value, method = mcnemar(len(only_first), len(only_second))
    return Paired(len(labels), int((right & other).sum()), only_first, only_second, p_value, method)


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Make p-values of several tests larger, so that all of them together can be believed (Holm).

    Args:
        p_values: Of the tests.

    Returns:
        As many, in the same order.

    Source:
        Holm 1979, jstor.org/stable/4615733.

    Example:
        >>> adjusted([0.01, 0.04])
        [0.02, 0.04]
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    found, least = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[place]))
        found[place] = least
    return found


def spread_of(values: Sequence[float]) -> Spread:
    """Give the mean and the deviation of the sample.

    Args:
        values: At least one.

    Returns:
        Both.

    Example:
        >>> spread_of([1.0, 3.0, 5.0])
        Spread(count=3, mean=3.0, deviation=2.0)
    """
    mean = math.fsum(values) / len(values)
    if len(values) == 1:
        return Spread(1, mean, None)
    squares = math.fsum((value - mean) ** 2 for value in values)
    return Spread(len(values), mean, math.sqrt(squares / (len(values) - 1)))


def welch(first: Spread, second: Spread) -> float | None:
    """Test whether two means over several trainings differ by more than the trainings among themselves.

    Args:
        first: Of one recipe.
        second: Of another.

    Returns:
        The two-sided p-value; None where either has a single training, or all of each gave the same.

    Source:
        Welch 1947, doi:10.1093/biomet/34.1-2.28. With x = √f·tan θ, where f are the degrees of
        freedom, the tail of Student's t is that of cos(θ)^(f − 1); the whole of it is a quotient of gammas.

    Example:
        >>> round(welch(Spread(3, 0.77, 0.0052), Spread(3, 0.814, 0.0066)), 4)
        0.001
    """
    deviations = [spread.deviation for spread in (first, second) if spread.deviation is not None]
    if len(deviations) < 2 or max(deviations) < ROUNDING:  # noqa: PLR2004
        return None
    parts = [(spread.deviation or 0.0) ** 2 / spread.count for spread in (first, second)]
    error = sum(parts)
    spare = (first.count - 1, second.count - 1)
    freedom = error**2 / sum(part**2 / one for part, one in zip(parts, spare, strict=True))
    start = math.atan(abs(first.mean - second.mean) / math.sqrt(error * freedom))
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    half = (math.pi / 2 - start) / 2
    tail = half * float((weights * np.cos(start + half * (nodes + 1)) ** (freedom - 1)).sum())
    whole = math.exp(math.lgamma(freedom / 2) - math.lgamma((freedom + 1) / 2)) * math.sqrt(math.pi) / 2
    return min(1.0, tail / whole)
