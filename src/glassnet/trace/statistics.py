"""A few numbers about a tensor, at the price of one or two passes over its memory."""

from __future__ import annotations

import math

import numpy as np
import torch

from glassnet.trace.trace import Statistics

SMALL = 4096  # elements: below it float64 costs nothing
CANCELLATION = 1.01  # below it the difference of square and squared mean loses more than two digits


def statistics_of(tensor: torch.Tensor) -> Statistics | None:
    """Measure a tensor.

    Args:
        tensor: Any shape and number type.

    Returns:
        Its statistics over the finite elements; None for an empty or complex tensor and for one without
        memory (meta, sparse, quantised).

    Example:
        >>> statistics_of(torch.tensor([0.0, 4.0, 0.0, 4.0, float("inf")]))
        Statistics(minimum=0.0, maximum=4.0, mean=2.0, deviation=2.0, zeros=0.4, num_not_finite=1)
    """
    if not tensor.numel() or tensor.is_complex() or tensor.layout != torch.strided or tensor.is_meta:
        return None
    if tensor.is_quantized:
        return None
    numbers = _in_memory_order(tensor.detach())
    if not numbers.is_floating_point():
        numbers = numbers.double()
    elif numbers.dtype not in (torch.float32, torch.float64):
        numbers = numbers.float()
    num_all, num_nonzero = numbers.numel(), None
    low, high = (bound.item() for bound in torch.aminmax(numbers))
    if not (math.isfinite(low) and math.isfinite(high)):
        num_nonzero = _num_nonzero(numbers)
        numbers = numbers[torch.isfinite(numbers)]
        if not numbers.numel():
            return Statistics(math.nan, math.nan, math.nan, math.nan, 1 - num_nonzero / num_all, num_all)
        low, high = (bound.item() for bound in torch.aminmax(numbers))
    if num_nonzero is None:
        num_nonzero = num_all if low > 0 or high < 0 else _num_nonzero(numbers)
    mean, deviation = _moments(numbers, low, high)
    return Statistics(low, high, mean, deviation, 1 - num_nonzero / num_all, num_all - numbers.numel())


def _in_memory_order(tensor: torch.Tensor) -> torch.Tensor:
    """Give the elements as one axis, in any order, without copying where memory has no gaps."""
    if tensor.is_contiguous():
        return tensor.view(-1)
    order = sorted(range(tensor.dim()), key=lambda axis: -tensor.stride(axis))
    return tensor.permute(order).reshape(-1)


def _num_nonzero(numbers: torch.Tensor) -> int:
    if numbers.is_cpu:
        return int(np.count_nonzero(numbers.numpy()))  # several times as fast as PyTorch's
    return int(torch.count_nonzero(numbers))


def _moments(numbers: torch.Tensor, low: float, high: float) -> tuple[float, float]:
    """Give mean and deviation; in float32 only where the difference of the squares keeps its digits."""
    if low == high:
        return low, 0.0
    if numbers.dtype == torch.float32 and numbers.numel() >= SMALL:
        mean = numbers.mean().item()
        square = torch.dot(numbers, numbers).item() / numbers.numel()
        if math.isfinite(square) and square > CANCELLATION * mean * mean:
            return mean, math.sqrt(square - mean * mean)
    variance, exact = torch.var_mean(numbers.double(), correction=0)
    return exact.item(), math.sqrt(variance.item())
