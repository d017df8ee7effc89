"""A residual network for pictures of 32×32, whose parts are named as in widely used weights for CIFAR-10.

Three stages of 16, 32 and 64 channels; where a block halves the picture, its shortcut takes every second
pixel and fills the new channels with zeros, so that it has no parameters ("option A").

Source: He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition, section 4.2, arXiv:1512.03385.

    glassnet look docs/examples/resnet.py:resnet20 --weights resnet20-12fca82f.th --input 3x32x32
"""

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody knows
from torch import nn


class Block(nn.Module):
    """Two 3×3 convolutions beside a shortcut."""

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.stride = stride
        self.new_channels = channels - in_channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Give maps of B×channels×H×W, or of half the sides."""
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.shortcut(x))

    def shortcut(self, x: torch.Tensor) -> torch.Tensor:
        """Bring the input to the shape of the output, without parameters."""
        if self.stride == 1 and not self.new_channels:
            return x
        half = self.new_channels // 2
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, half, self.new_channels - half))


class ResNet(nn.Module):
    """A convolution, three stages of blocks, the mean over the picture, a linear layer."""

    def __init__(self, blocks: int, num_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = stage(16, 16, blocks, stride=1)
        self.layer2 = stage(16, 32, blocks, stride=2)
        self.layer3 = stage(32, 64, blocks, stride=2)
        self.linear = nn.Linear(64, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Give the logits, B×num_classes, of images B×3×H×W."""
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean(dim=(2, 3)))


def stage(in_channels: int, channels: int, blocks: int, stride: int) -> nn.Sequential:
    """Make blocks of which the first may halve the picture."""
    first = Block(in_channels, channels, stride)
    return nn.Sequential(first, *(Block(channels, channels, 1) for _ in range(blocks - 1)))


def resnet20(num_classes: int = 10) -> ResNet:
    """Three blocks in each stage: 20 layers with weights."""
    return ResNet(3, num_classes)


def resnet56(num_classes: int = 10) -> ResNet:
    """Nine blocks in each stage: 56 layers with weights."""
    return ResNet(9, num_classes)
