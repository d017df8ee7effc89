"""How large a network is and how much it computes: what automatic choices and tables go by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from glassnet.nets.untouched import untouched

if TYPE_CHECKING:
    from torch import nn


def num_parameters(module: nn.Module, *, trainable_only: bool = False) -> int:
    """Count a network's parameters, shared ones once.

    Args:
        module: The network.
        trainable_only: Whether frozen parameters (`requires_grad=False`) are left out.

    Returns:
        How many numbers they hold.

    Example:
        >>> num_parameters(torch.nn.Linear(3, 2))
        8
    """
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only)


def macs_per_picture(module: nn.Module, *, channels: int, height: int, width: int) -> int:
    """Count the multiply-adds of one picture's forward pass in eval mode; the network is left as it was.

    Convolutions, matrix products and attention count; additions of a bias, norms, activations and pooling do
    not (source: the operations that `torch.utils.flop_counter` knows; it counts two for one multiply-add).

    Args:
        module: The network.
        channels: Channels of a picture.
        height: Its height in pixels.
        width: Its width in pixels.

    Returns:
        Multiply-adds.

    Raises:
        Exception: Whatever the network's forward raises; `check_fits` before makes that a plain error.

    Example:
        >>> macs_per_picture(torch.nn.Conv2d(3, 6, 5), channels=3, height=32, width=32)
        352800
    """
    some = next((p for p in module.parameters() if p.is_floating_point()), torch.zeros(1))
    # two pictures, for a BatchNorm that a network keeps in training mode refuses one
    images = torch.zeros(2, channels, height, width, device=some.device, dtype=some.dtype)
    counter = _Operations()
    with untouched(module), torch.no_grad(), counter:
        module.eval()
        module(images)
    return counter.count // (2 * len(images))


class _Operations(TorchDispatchMode):
    """Adds up what the table says of each operation; PyTorch's own counter loads its compiler, a second."""

    supports_higher_order_operators = True

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        output = func(*args, **kwargs)
        formula = flop_registry.get(getattr(func, "_overloadpacket", func))
        if formula is not None:
            self.count += formula(*args, **kwargs, out_val=output)
        return output
