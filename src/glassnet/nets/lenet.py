"""`lenet`: the small convolutional network of PyTorch's own tutorials."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody knows
from torch import nn

from glassnet.errors import NetError

SMALLEST = 16  # two convolutions 5×5 and two poolings by two leave one pixel


class LeNet(nn.Module):
    """Two convolutions 5×5 with ReLU and pooling, then linear layers of 120, 84 and the classes.

    Pictures of 16×16 and larger work; the first linear layer's inputs follow from the size: 16·5·5 for 32×32,
    16·4·4 for 28×28.

    Args:
        in_channels: Channels of a picture.
        num_classes: Numbers in the output.
        size: Height and width of a picture in pixels, or one number for both.
        width: Channels between the two convolutions; the tutorial's exercise is to widen it.

    Raises:
        NetError: The pictures are smaller than 16×16.

    Example:
        >>> LeNet(in_channels=1, size=28, width=64).conv2
        Conv2d(64, 16, kernel_size=(5, 5), stride=(1, 1))
    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        num_classes: int = 10,
        size: int | tuple[int, int] = 32,
        width: int = 6,
    ) -> None:
        """Make the layers."""
        super().__init__()
        height_px, width_px = (size, size) if isinstance(size, int) else size
        if min(height_px, width_px) < SMALLEST:
            raise NetError(
                "the pictures are too small for lenet",
                got=f"{height_px}×{width_px}",
                expected=f"at least {SMALLEST}×{SMALLEST}",
            )
        rows, columns = (((pixels - 4) // 2 - 4) // 2 for pixels in (height_px, width_px))
        self.conv1 = nn.Conv2d(in_channels, width, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(width, 16, 5)
        self.fc1 = nn.Linear(16 * rows * columns, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give the logits, N×num_classes, of images N×C×H×W."""
        x = self.pool(F.relu(self.conv1(images)))
        x = self.pool(F.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)
