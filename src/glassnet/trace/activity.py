"""How the units of an activation behave in one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.trace.trace import Activity

if TYPE_CHECKING:
    import torch

# lower and upper bound of functions that have both
BOUNDS = {
    "sigmoid": (0.0, 1.0), "sigmoid_": (0.0, 1.0), "tanh": (-1.0, 1.0), "tanh_": (-1.0, 1.0),
    "hardsigmoid": (0.0, 1.0), "hardtanh": (-1.0, 1.0),
}  # fmt: skip
RECTIFIERS = {"relu", "relu_", "relu6", "threshold", "clamp_min", "clamp_min_"}
NEAR = 0.01  # of the distance between the bounds


def activity_of(name: str, output: torch.Tensor) -> Activity | None:
    """Measure the output of an activation unit by unit.

    Args:
        name: Of the operation.
        output: Its result, samples first; units are its second axis, or the last one where there are two or
            three.

    Returns:
        The facts; None for any other operation, and where there is no unit.

    Example:
        >>> import torch
        >>> activity_of("relu", torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 2.0]]))
        Activity(units=3, dead=1, low=0.6666666666666666, high=0.0)
    """
    if name not in BOUNDS and name not in RECTIFIERS:
        return None
    if output.dim() < 2 or not output.numel() or not output.is_floating_point():  # noqa: PLR2004
        return None
    numbers = output.detach()
    axis = 1 if numbers.dim() > 3 else numbers.dim() - 1  # noqa: PLR2004 — pictures have units in axis 1
    others = [place for place in range(numbers.dim()) if place != axis]
    total = numbers.numel()
    if name in RECTIFIERS:
        zeros = (numbers == 0).sum(others)  # of each unit
        units = len(zeros)
        return Activity(units, int((zeros == total // units).sum()), int(zeros.sum()) / total, 0.0)
    lower, upper = BOUNDS[name]
    edge = NEAR * (upper - lower)
    low, high = int((numbers <= lower + edge).sum()) / total, int((numbers >= upper - edge).sum()) / total
    return Activity(numbers.shape[axis], 0, low, high)
