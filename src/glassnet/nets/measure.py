"""How large a network is: what automatic choices and tables go by."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        >>> from torch.nn import Linear
        >>> num_parameters(Linear(3, 2))
        8
    """
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only)
