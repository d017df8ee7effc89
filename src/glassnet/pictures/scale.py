"""Pixels to what a network sees; the same in train, evaluate and predict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Scale:
    """(pixel / 255 − mean) / deviation, with one mean and one deviation per channel.

    Example:
        >>> half = Scale(mean=(0.5,), deviation=(0.5,))
        >>> half.apply(torch.tensor([[[[0], [255]]]], dtype=torch.uint8)).tolist()
        [[[[-1.0, 1.0]]]]
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def apply(
        self, images: torch.Tensor | np.ndarray, *, device: str = "cpu", memory_format: str = "contiguous"
    ) -> torch.Tensor:
        """Scale a batch.

        Args:
            images: uint8, B×H×W×C.
            device: Where the result shall be.
            memory_format: `channels-last` or `contiguous`.

        Returns:
            float32, B×C×H×W.
        """
        images = torch.as_tensor(images).to(device, non_blocking=True).permute(0, 3, 1, 2)
        scaled = images.to(torch.float32) if memory_format == "channels-last" else images.contiguous().float()
        if len(set(zip(self.mean, self.deviation, strict=True))) == 1:
            return scaled.mul_(1 / (255 * self.deviation[0])).sub_(self.mean[0] / self.deviation[0])
        mean = torch.tensor(self.mean, device=device).view(1, -1, 1, 1)
        deviation = torch.tensor(self.deviation, device=device).view(1, -1, 1, 1)
        return scaled.mul_(1 / (255 * deviation)).sub_(mean / deviation)
