"""`cifar-quick`: three convolutions and two linear layers for CIFAR-10."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from glassnet.errors import NetError
from glassnet.nets.activation import activation_named

if TYPE_CHECKING:
    import torch

SMALLEST = 8  # three poolings by two leave one pixel


class CifarQuick(nn.Module):
    """Three convolutions 5×5 (32, 32, 64 channels) with pooling, then linear layers of 64 and the classes.

    Pictures of 8×8 and larger work. The activation stands after each convolution and after the first linear
    layer. The tutorials write this network without any: `activation=None` is theirs, one linear map but for
    the pooling.

    Args:
        in_channels: Channels of a picture.
        num_classes: Numbers in the output.
        size: Height and width of a picture in pixels, or one number for both.
        activation: A key of `glassnet.nets.activation.ACTIVATIONS`, or None.

    Raises:
        NetError: The pictures are smaller than 8×8, or no activation has this name.

    Example:
        >>> CifarQuick().linear1
        Linear(in_features=1024, out_features=64, bias=True)
    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        num_classes: int = 10,
        size: int | tuple[int, int] = 32,
        activation: str | None = "relu",
    ) -> None:
        """Make the layers."""
        super().__init__()
        height, width = (size, size) if isinstance(size, int) else size
        if min(height, width) < SMALLEST:
            raise NetError(
                "the pictures are too small for cifar-quick",
                got=f"{height}×{width}",
                expected=f"at least {SMALLEST}×{SMALLEST}",
            )
        self.conv1 = nn.Conv2d(in_channels, 32, 5, padding=2)
        self.maxpool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(32, 32, 5, padding=2)
        self.maxpool2 = nn.MaxPool2d(2)
        self.conv3 = nn.Conv2d(32, 64, 5, padding=2)
        self.maxpool3 = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.linear1 = nn.Linear(64 * (height // 8) * (width // 8), 64)
        self.linear2 = nn.Linear(64, num_classes)
        self.activation = None if activation is None else activation_named(activation)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give the logits, N×num_classes, of images N×C×H×W."""
        x = self.maxpool1(self._activated(self.conv1(images)))
        x = self.maxpool2(self._activated(self.conv2(x)))
        x = self.maxpool3(self._activated(self.conv3(x)))
        x = self._activated(self.linear1(self.flatten(x)))
        return self.linear2(x)

    def _activated(self, x: torch.Tensor) -> torch.Tensor:
        return x if self.activation is None else self.activation(x)
