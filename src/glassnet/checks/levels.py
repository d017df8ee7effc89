# ruff: noqa: PLR2004 — a rule is a row of conditions
"""The levels that pixels take: 8-bit pictures keep theirs, evenly spaced, whatever was subtracted or divided.

From them it can be told how pictures were scaled and shifted, whatever they show.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

MOST_LEVELS = 256
LEAST_LEVELS = 12
MOST_NUMBERS = 200_000
OFF_LEVEL = 0.06  # of a step
LEAST_FILLED = 0.5  # share of the levels between lowest and highest that occur


@dataclass(frozen=True)
class Levels:
    """Evenly spaced values: `lowest`, `lowest + step`, … up to `highest`; `number` of them occur."""

    lowest: float
    step: float
    highest: float
    number: int


def levels_of(numbers: torch.Tensor) -> Levels | None:
    """Find the levels of one channel.

    Args:
        numbers: Any shape and real type.

    Returns:
        Its levels, or None where the numbers do not lie on at most 256 even ones, or on too few to tell.

    Example:
        >>> levels_of(torch.arange(200) / 255 * 2 - 1).step
        0.007843137386456207
    """
    flat = numbers.detach().reshape(-1)
    if len(flat) > MOST_NUMBERS:
        flat = flat[:: len(flat) // MOST_NUMBERS]
    flat = flat.double()
    if not len(flat) or not bool(torch.isfinite(flat).all()):
        return None
    values = flat.unique()
    if not len(values) >= LEAST_LEVELS:
        return None
    spread = float(values[-1] - values[0])
    values = values[torch.cat([torch.ones(1, dtype=torch.bool), values.diff() > spread * 1e-5])]
    if not LEAST_LEVELS <= len(values) <= MOST_LEVELS:
        return None
    step = float(values.diff().min())
    num_steps = round(spread / step)
    if num_steps >= MOST_LEVELS or len(values) < LEAST_FILLED * (num_steps + 1):
        return None
    step = spread / num_steps
    places = (values - values[0]) / step
    if float((places - places.round()).abs().max()) > OFF_LEVEL:
        return None
    return Levels(float(values[0]), step, float(values[-1]), len(values))


def same_levels(a: Levels, b: Levels) -> bool:
    """Tell whether two channels were scaled and shifted in the same way."""
    if abs(a.step / b.step - 1) > 0.002:
        return False
    shift = (a.lowest - b.lowest) / a.step
    return abs(shift - round(shift)) < 2 * OFF_LEVEL
