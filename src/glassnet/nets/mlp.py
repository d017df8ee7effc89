"""`mlp`: the multi-layer perceptron of the first tutorials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    import torch


class MLP(nn.Module):
    """Three linear layers with ReLU between, on the flattened picture: 669,706 parameters on 1×28×28.

    Every size of picture works. The parameters carry the names of PyTorch's own beginner tutorial, whose
    saved weights load into it.

    Args:
        in_channels: Channels of a picture.
        num_classes: Numbers in the output.
        size: Height and width of a picture in pixels, or one number for both.

    Example:
        >>> sum(parameter.numel() for parameter in MLP().parameters())
        669706
    """

    def __init__(
        self, *, in_channels: int = 1, num_classes: int = 10, size: int | tuple[int, int] = 28
    ) -> None:
        """Make the layers."""
        super().__init__()
        height, width = (size, size) if isinstance(size, int) else size
        self.flatten = nn.Flatten()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(in_channels * height * width, 512),
            nn.ReLU(),
            nn.Linear(512, 512),
            nn.ReLU(),
            nn.Linear(512, num_classes),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give the logits, N×num_classes, of images N×C×H×W."""
        return self.linear_relu_stack(self.flatten(images))
