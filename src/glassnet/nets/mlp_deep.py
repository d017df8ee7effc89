"""`mlp-deep`: five linear layers, to see what depth alone brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    import torch


class DeepMLP(nn.Module):
    """Five linear layers (1024, 1024, 512, 512, classes) with ReLU between, on the flattened picture.

    Every size of picture works.

    Args:
        in_channels: Channels of a picture.
        num_classes: Numbers in the output.
        size: Height and width of a picture in pixels, or one number for both.

    Example:
        >>> [layer.out_features for layer in DeepMLP().modules() if isinstance(layer, nn.Linear)]
        [1024, 1024, 512, 512, 10]
    """

    def __init__(
        self, *, in_channels: int = 1, num_classes: int = 10, size: int | tuple[int, int] = 28
    ) -> None:
        """Make the layers."""
        super().__init__()
        height, width = (size, size) if isinstance(size, int) else size
        self.flatten = nn.Flatten()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(in_channels * height * width, 1024),
            nn.ReLU(),
            nn.Linear(1024, 1024),
            nn.ReLU(),
            nn.Linear(1024, 512),
            nn.ReLU(),
            nn.Linear(512, 512),
            nn.ReLU(),
            nn.Linear(512, num_classes),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give the logits, N×num_classes, of images N×C×H×W."""
        return self.linear_relu_stack(self.flatten(images))
