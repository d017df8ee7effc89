"""Little networks whose numbers can be worked out by hand, with the numbers of the tutorials.

glassnet explain by_hand.py:Convolution five_by_five.json --at "conv[0,0,0,0]"
glassnet explain "by_hand.py:Convolution(stride=2)" five_by_five.json --at "conv[0,0,1,0]"
glassnet explain "by_hand.py:Pooling(ceil_mode=True)" five_by_five.json --at "pool[0,0,0,1]"
glassnet explain by_hand.py:Linear nine.json --at "linear[0,2]"
glassnet explain by_hand.py:Numbers three.json --loss mse --target 1,2,5 --at loss
"""

from __future__ import annotations

import torch
from torch import nn

KERNEL = [[1.0, 2.0, 1.0], [0.0, 1.0, 0.0], [2.0, 1.0, 0.0]]
WEIGHT = [
    [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0],
    [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0],
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
    [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0],
]
BIAS = [1.0, 2.0, 3.0, 4.0]


class Convolution(nn.Module):
    """One convolution 3×3 without bias."""

    def __init__(self, stride: int = 1, padding: int = 0) -> None:
        """Make the layer and set its kernel."""
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3, stride=stride, padding=padding, bias=False)
        self.conv.weight.data = torch.tensor([[KERNEL]])

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give the convolved images."""
        return self.conv(images)


class Pooling(nn.Module):
    """One max pooling 3×3; its stride is 3, too."""

    def __init__(self, *, ceil_mode: bool = False) -> None:
        """Make the layer."""
        super().__init__()
        self.pool = nn.MaxPool2d(3, ceil_mode=ceil_mode)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give the largest number of every window."""
        return self.pool(images)


class Linear(nn.Module):
    """One linear layer from nine numbers to four."""

    def __init__(self) -> None:
        """Make the layer and set its weights."""
        super().__init__()
        self.linear = nn.Linear(9, 4)
        self.linear.weight.data = torch.tensor(WEIGHT)
        self.linear.bias.data = torch.tensor(BIAS)

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        """Give four numbers for nine."""
        return self.linear(numbers)


class Numbers(nn.Module):
    """No layer at all: its output is its input, to look at a loss."""

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        """Give the numbers as they are."""
        return numbers
