"""`fashion-cnn`: the convolutional network of the Fashion-MNIST tutorial."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody knows
from torch import nn

from glassnet.errors import NetError

SMALLEST = 8  # three poolings by two leave one pixel


class FashionCNN(nn.Module):
    """Three convolutions with BatchNorm, ReLU and pooling, then three linear layers with dropout.

    Pictures of 8×8 and larger work; the first linear layer's inputs follow from the size.

    Args:
        in_channels: Channels of a picture.
        num_classes: Numbers in the output.
        size: Height and width of a picture in pixels, or one number for both.

    Raises:
        NetError: The pictures are smaller than 8×8.

    Example:
        >>> FashionCNN().fc1
        Linear(in_features=1152, out_features=512, bias=True)
    """

    def __init__(
        self, *, in_channels: int = 1, num_classes: int = 10, size: int | tuple[int, int] = 28
    ) -> None:
        """Make the layers."""
        super().__init__()
        height, width = (size, size) if isinstance(size, int) else size
        if min(height, width) < SMALLEST:
            raise NetError(
                "the pictures are too small for fashion-cnn",
                got=f"{height}×{width}",
                expected=f"at least {SMALLEST}×{SMALLEST}",
            )
        self.conv1 = nn.Conv2d(in_channels, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 128, 3, padding=1)
        self.fc1 = nn.Linear(128 * (height // 8) * (width // 8), 512)
        self.fc2 = nn.Linear(512, 512)
        self.fc3 = nn.Linear(512, num_classes)
        self.dropout = nn.Dropout(0.4)
        self.batch_norm1 = nn.BatchNorm2d(32)
        self.batch_norm2 = nn.BatchNorm2d(64)
        self.batch_norm3 = nn.BatchNorm2d(128)
        self.batch_norm_fc1 = nn.BatchNorm1d(512)
        self.batch_norm_fc2 = nn.BatchNorm1d(512)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give the logits, N×num_classes, of images N×C×H×W."""
        x = F.max_pool2d(F.relu(self.batch_norm1(self.conv1(images))), 2)
        x = F.max_pool2d(F.relu(self.batch_norm2(self.conv2(x))), 2)
        x = F.max_pool2d(F.relu(self.batch_norm3(self.conv3(x))), 2)
        x = torch.flatten(x, 1)
        x = self.dropout(F.relu(self.batch_norm_fc1(self.fc1(x))))
        x = self.dropout(F.relu(self.batch_norm_fc2(self.fc2(x))))
        return self.fc3(x)
