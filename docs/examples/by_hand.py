"""Little networks whose numbers can be worked out by hand, with the numbers of the tutorials.

glassnet explain by_hand.py:Convolution five_by_five.json --at "conv[0,0,0,0]"
glassnet explain "by_hand.py:Convolution(stride=2)" five_by_five.json --at "conv[0,0,1,0]"
glassnet explain "by_hand.py:Pooling(ceil_mode=True)" five_by_five.json --at "pool[0,0,0,1]"
glassnet explain by_hand.py:Linear nine.json --at "linear[0,2]"
glassnet explain "by_hand.py:Groups(groups=2)" four_channels.json --at "conv[0,2,0,0]"
glassnet explain by_hand.py:Activations four.json --at "sigmoid[0,1]"
glassnet explain by_hand.py:Numbers three.json --loss mse --target 1,2,5 --at loss
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

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

    def __init__(
        self, stride: int = 1, padding: int = 0, padding_mode: str = "zeros", dilation: int = 1
    ) -> None:
        """Make the layer and set its kernel."""
        super().__init__()
        self.conv = nn.Conv2d(
            1, 1, 3, stride=stride, padding=padding, padding_mode=padding_mode, dilation=dilation, bias=False
        )
        self.conv.weight.data = torch.tensor([[KERNEL]])

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give the convolved images."""
        return self.conv(images)


class Convolution1d(nn.Module):
    """One convolution along a row of numbers; its kernel is the first row of the other's."""

    def __init__(self) -> None:
        """Make the layer and set its kernel."""
        super().__init__()
        self.conv = nn.Conv1d(1, 1, 3, bias=False)
        self.conv.weight.data = torch.tensor([[KERNEL[0]]])

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Give the convolved rows."""
        return self.conv(rows)


class Convolution3d(nn.Module):
    """One convolution of 2×2×2 ones over a block of numbers: sums of eight."""

    def __init__(self) -> None:
        """Make the layer and set its kernel."""
        super().__init__()
        self.conv = nn.Conv3d(1, 1, 2, bias=False)
        self.conv.weight.data = torch.ones(1, 1, 2, 2, 2)

    def forward(self, blocks: torch.Tensor) -> torch.Tensor:
        """Give the convolved blocks."""
        return self.conv(blocks)


class Groups(nn.Module):
    """One convolution 2×2 of four channels to four, in groups; all weights of output channel c are c + 1."""

    def __init__(self, groups: int = 1) -> None:
        """Make the layer and set its kernels."""
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 2, groups=groups, bias=False)
        numbers = torch.arange(1.0, 5.0).reshape(4, 1, 1, 1)
        self.conv.weight.data = numbers.expand(4, 4 // groups, 2, 2).clone()

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


class Activations(nn.Module):
    """Five activation functions, each on the same numbers."""

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        """Give a row of numbers for each function."""
        rows = [
            torch.sigmoid(numbers),
            torch.tanh(numbers),
            torch.relu(numbers),
            functional.leaky_relu(numbers, 0.1),
            torch.softmax(numbers, 1),
        ]
        return torch.stack(rows, 1)


class InPlace(nn.Module):
    """A ReLU that overwrites what it gets, or does not."""

    def __init__(self, *, inplace: bool = True) -> None:
        """Make the layer."""
        super().__init__()
        self.relu = nn.ReLU(inplace=inplace)

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        """Give the numbers as they are *after* the layer has read them."""
        self.relu(numbers)
        return numbers + 0


class Mixing(nn.Module):
    """Six maps a picture are brought to three, by a reshape: a mistake, to be looked at."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Give the same numbers in twice as many pictures."""
        return maps.reshape(-1, 3, *maps.shape[2:])


class Numbers(nn.Module):
    """No layer at all: its output is its input, to look at a loss."""

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        """Give the numbers as they are."""
        return numbers
