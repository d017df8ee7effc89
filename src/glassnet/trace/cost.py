"""How much a network computes for a picture: what automatic choices go by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.overrides import TorchFunctionMode

from glassnet.nets.untouched import untouched
from glassnet.trace.multiply_adds import multiply_adds
from glassnet.trace.names import short_name
from glassnet.trace.uncompiled import uncompiled

if TYPE_CHECKING:
    from torch import nn


def macs_per_picture(module: nn.Module, *, channels: int, height: int, width: int) -> int:
    """Count the multiply-adds of one picture's forward pass in eval mode; the network is left as it was.

    The same that a trace counts, without one. `torch.utils.flop_counter` agrees, but for the attention that
    PyTorch fuses in eval mode, which it passes over, and it loads PyTorch's compiler, most of a second.

    Args:
        module: The network.
        channels: Channels of a picture.
        height: Its height in pixels.
        width: Its width in pixels.

    Returns:
        Multiply-adds; those inside compiled code, TorchScript's for one, are not seen.

    Raises:
        Exception: Whatever the network's forward raises; `check_fits` before makes that a plain error.

    Example:
        >>> macs_per_picture(torch.nn.Conv2d(3, 6, 5), channels=3, height=32, width=32)
        352800
    """
    some = next((p for p in module.parameters() if p.is_floating_point()), torch.zeros(1))
    # two pictures, for a BatchNorm that a network keeps in training mode refuses one
    images = torch.zeros(2, channels, height, width, device=some.device, dtype=some.dtype)
    with untouched(module), uncompiled(), torch.no_grad(), _Counting() as counting:
        module.eval()
        module(images)
    return counting.macs // len(images)


class _Counting(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.macs = 0

    def __torch_function__(self, func: Any, types: Any, args: tuple = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        self.macs += multiply_adds(short_name(func), args, kwargs, result)
        return result
