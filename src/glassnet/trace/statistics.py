"""A few numbers about a tensor, at the price of one or two passes over its memory."""

from __future__ import annotations

import math

import torch

from glassnet.trace.trace import Statistics


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
    numbers = tensor.detach()
    if not numbers.is_floating_point():
        numbers = numbers.double()
    elif numbers.dtype not in (torch.float32, torch.float64):
        numbers = numbers.float()
    low, high = (bound.item() for bound in torch.aminmax(numbers))
    num_all, num_nonzero = numbers.numel(), None
    if not (math.isfinite(low) and math.isfinite(high)):
        num_nonzero = int(torch.count_nonzero(numbers))
        numbers = numbers[torch.isfinite(numbers)]
        if not numbers.numel():
            return Statistics(math.nan, math.nan, math.nan, math.nan, 1 - num_nonzero / num_all, num_all)
        low, high = (bound.item() for bound in torch.aminmax(numbers))
    if num_nonzero is None:
        num_nonzero = num_all if low > 0 or high < 0 else int(torch.count_nonzero(numbers))
    mean, deviation = _moments(numbers, low, high)
    return Statistics(low, high, mean, deviation, 1 - num_nonzero / num_all, num_all - numbers.numel())


def _moments(numbers: torch.Tensor, low: float, high: float) -> tuple[float, float]:
    """Give mean and deviation; the square of a deviation may be small beside that of the mean."""
    if low == high:
        return low, 0.0
    if numbers.dtype == torch.float64 or numbers.numel() < SMALL:
        variance, mean = torch.var_mean(numbers.double(), correction=0)
        return mean.item(), math.sqrt(variance.item())
    mean = numbers.mean().item()
    flat = numbers.reshape(-1) if numbers.is_contiguous() else _in_memory_order(numbers)
    square = torch.dot(flat, flat).item() / numbers.numel()
    if not math.isfinite(square) or square < CANCELLATION * mean * mean or square == 0:
        variance, exact = torch.var_mean(numbers.double(), correction=0)
        return exact.item(), math.sqrt(variance.item())
    return mean, math.sqrt(square - mean * mean)


SMALL = 4096  # elements: float64 costs nothing
CANCELLATION = 1.01  # below it the difference of square and mean squared loses more than two digits


def _in_memory_order(numbers: torch.Tensor) -> torch.Tensor:
    """Give the elements as one axis, in any order, without copying where memory has no gaps."""
    order = sorted(range(numbers.dim()), key=lambda axis: -numbers.stride(axis))
    return numbers.permute(order).reshape(-1)
