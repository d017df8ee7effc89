"""Facts of any tensor, array or picture: what it is, where it lies, what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch

from glassnet.trace.statistics import statistics_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from glassnet.trace.trace import Statistics

CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}


@dataclass(frozen=True, slots=True)
class TensorFacts:
    """Facts of a tensor or array.

    Attributes:
        kind: `tensor`, `array` (NumPy) or `picture` (Pillow).
        shape: Its axes.
        dtype: Such as `float32`.
        device: Such as `cpu`, `cuda:0`.
        bytes: Of its elements.
        statistics: Range, mean, deviation; None where it is empty or holds no numbers.
        strides: Elements from one place to the next along each axis.
        contiguous: Whether its elements lie in memory one after the other, in the order of its axes.
        memory_format: `contiguous`, `channels-last`, or `strided` for any other.
        numpy: Why NumPy cannot use a tensor's memory without a copy: `device`, `gradient` (detach it first)
            or `dtype`; None where it can.
        shares_memory: Whether it lies in the memory of the array or tensor it was compared with; None where
            there was none.
        requires_grad: Whether gradients are computed for it.
    """

    kind: Literal["tensor", "array", "picture"]
    shape: tuple[int, ...]
    dtype: str
    device: str
    bytes: int
    statistics: Statistics | None
    strides: tuple[int, ...]
    contiguous: bool
    memory_format: Literal["contiguous", "channels-last", "strided"]
    numpy: str | None
    shares_memory: bool | None
    requires_grad: bool


def tensor_facts(
    given: torch.Tensor | np.ndarray | Image, *, beside: torch.Tensor | np.ndarray | None = None
) -> TensorFacts:
    """Tell the facts of a tensor, a NumPy array or a Pillow picture.

    Args:
        given: Any of them; it is not changed.
        beside: Another one, to tell whether both lie in the same memory: what is written into one is then
            seen in the other.

    Returns:
        Its facts.

    Example:
        >>> pixels = np.zeros((2, 3), np.uint8)
        >>> tensor_facts(torch.from_numpy(pixels), beside=pixels).shares_memory
        True
        >>> tensor_facts(torch.tensor(pixels), beside=pixels).shares_memory
        False
        >>> tensor_facts(torch.zeros(1, 3, 4, 4).to(memory_format=torch.channels_last)).memory_format
        'channels-last'
    """
    if isinstance(given, torch.Tensor):
        kind, tensor = "tensor", given.detach()
    elif isinstance(given, np.ndarray):
        kind, tensor = "array", _as_tensor(given)
    else:
        kind, tensor = "picture", _as_tensor(np.array(given))
    return TensorFacts(
        kind=kind,
        shape=tuple(tensor.shape),
        dtype=str(tensor.dtype).removeprefix("torch."),
        device=str(tensor.device),
        bytes=tensor.numel() * tensor.element_size(),
        statistics=statistics_of(tensor),
        strides=tuple(tensor.stride()) if tensor.layout == torch.strided else (),
        contiguous=tensor.layout == torch.strided and tensor.is_contiguous(),
        memory_format=_memory_format(tensor),
        numpy=_numpy(given) if isinstance(given, torch.Tensor) else None,
        shares_memory=None
        if beside is None
        else _overlap(given if isinstance(given, np.ndarray) else tensor, beside),
        requires_grad=isinstance(given, torch.Tensor) and given.requires_grad,
    )


def _as_tensor(array: np.ndarray) -> torch.Tensor:
    """See an array as a tensor, in its own memory where torch can."""
    if not array.flags.writeable or any(stride < 0 for stride in array.strides):
        array = array.copy()
    return torch.from_numpy(array)


def _memory_format(tensor: torch.Tensor) -> Literal["contiguous", "channels-last", "strided"]:
    if tensor.layout != torch.strided:
        return "strided"
    if tensor.is_contiguous():
        return "contiguous"
    last = CHANNELS_LAST.get(tensor.dim())
    return "channels-last" if last is not None and tensor.is_contiguous(memory_format=last) else "strided"


def _numpy(tensor: torch.Tensor) -> str | None:
    """Name what stands between a tensor and NumPy: a key of a text."""
    if tensor.device.type != "cpu":
        return "device"
    if tensor.requires_grad:
        return "gradient"
    if tensor.layout != torch.strided or tensor.dtype == torch.bfloat16:
        return "dtype"
    return None


def _overlap(one: torch.Tensor | np.ndarray, other: torch.Tensor | np.ndarray) -> bool:
    if _is_on_device(one) or _is_on_device(other):
        storages = [side.untyped_storage() for side in (one, other) if isinstance(side, torch.Tensor)]
        return len(storages) == len((one, other)) and storages[0].data_ptr() == storages[1].data_ptr()
    mine, theirs = _span(one), _span(other)
    return mine[0] < theirs[1] and theirs[0] < mine[1]


def _is_on_device(given: torch.Tensor | np.ndarray) -> bool:
    return isinstance(given, torch.Tensor) and given.device.type != "cpu"


def _span(given: torch.Tensor | np.ndarray) -> tuple[int, int]:
    """Give the addresses from the first to after the last of its bytes."""
    if isinstance(given, np.ndarray):
        return np.lib.array_utils.byte_bounds(given)
    if not given.numel():
        return 0, 0
    reach = sum((side - 1) * stride for side, stride in zip(given.shape, given.stride(), strict=True))
    return given.data_ptr(), given.data_ptr() + (reach + 1) * given.element_size()
