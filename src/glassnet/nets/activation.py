"""`activation`: no parameters, one activation applied to a picture, to look at what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from glassnet.errors import NetError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky-relu": nn.LeakyReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "softmax": lambda: nn.Softmax(dim=1),  # over the channels, or over the numbers of a flat sample
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
}


def activation_named(name: str) -> nn.Module:
    """Make the activation of a name.

    Args:
        name: A key of `ACTIVATIONS`.

    Returns:
        The module.

    Raises:
        NetError: No activation has this name.

    Example:
        >>> activation_named("leaky-relu")
        LeakyReLU(negative_slope=0.01)
    """
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise NetError(
            "there is no such activation", got=repr(name), hint=did_you_mean(str(name), ACTIVATIONS)
        )
    return ACTIVATIONS[name]()


class Activation(nn.Module):
    """One activation, value by value; every shape of picture works, and the output has the same shape.

    Args:
        name: A key of `ACTIVATIONS`, such as `relu` or `sigmoid`.

    Raises:
        NetError: No activation has this name.

    Example:
        >>> import torch
        >>> Activation(name="relu")(torch.tensor([[1.0, -0.5], [-1.0, 3.0]]))
        tensor([[1., 0.],
                [0., 3.]])
    """

    def __init__(self, *, name: str = "sigmoid") -> None:
        """Make the one layer."""
        super().__init__()
        self.activation = activation_named(name)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give the activated images, in their own shape."""
        return self.activation(images)
