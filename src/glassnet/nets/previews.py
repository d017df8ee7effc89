"""`conv-preview`, `pool-preview`, `linear-preview`: one layer each, to look at what that layer does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    import torch


class ConvPreview(nn.Module):
    """One convolution 3×3 to six channels, nothing else; pictures of 3×3 and larger work.

    Args:
        in_channels: Channels of a picture.

    Example:
        >>> ConvPreview().conv1
        Conv2d(3, 6, kernel_size=(3, 3), stride=(1, 1))
    """

    def __init__(self, *, in_channels: int = 3) -> None:
        """Make the one layer."""
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 6, 3)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give N×6×(H-2)×(W-2) of images N×C×H×W."""
        return self.conv1(images)


class PoolPreview(nn.Module):
    """One max pooling 3×3 with stride 3; every number of channels works.

    Args:
        ceil_mode: Whether windows that reach over the edge count too; without it, pictures need 3×3 pixels.

    Example:
        >>> import torch
        >>> PoolPreview(ceil_mode=True)(torch.zeros(1, 1, 5, 5)).shape
        torch.Size([1, 1, 2, 2])
    """

    def __init__(self, *, ceil_mode: bool = False) -> None:
        """Make the one layer."""
        super().__init__()
        self.maxpool = nn.MaxPool2d(3, ceil_mode=ceil_mode)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give the largest value of every window."""
        return self.maxpool(images)


class LinearPreview(nn.Module):
    """The flattened picture through one linear layer; every size of picture works.

    Args:
        in_channels: Channels of a picture.
        num_classes: Numbers in the output.
        size: Height and width of a picture in pixels, or one number for both.

    Example:
        >>> LinearPreview(in_channels=1, size=3, num_classes=4).linear
        Linear(in_features=9, out_features=4, bias=True)
    """

    def __init__(
        self, *, in_channels: int = 3, num_classes: int = 10, size: int | tuple[int, int] = 32
    ) -> None:
        """Make the two layers."""
        super().__init__()
        height, width = (size, size) if isinstance(size, int) else size
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(in_channels * height * width, num_classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give N×num_classes of images N×C×H×W."""
        return self.linear(self.flatten(images))
