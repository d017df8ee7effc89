"""Pictures through a network, batch by batch, without gradients."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from glassnet.nets.logits import logits_of

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextlib import AbstractContextManager

    from glassnet.pictures.pictures import Pictures
    from glassnet.pictures.scale import Scale

BATCH_BYTES = (
    12_000_000  # of float32 pixels: large enough to keep the processor busy, small enough for its caches
)


@dataclass(frozen=True)
class Compute:
    """Where and in which numbers a network computes."""

    device: str = "cpu"
    precision: str = "float32"
    memory_format: str = "contiguous"

    def autocast(self) -> AbstractContextManager[object]:
        """Make the context in which matrix products and convolutions have the precision.

        Returns:
            A context manager for one forward pass.
        """
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device.split(":")[0], getattr(torch, self.precision))


@dataclass(frozen=True)
class Judging:
    """Pictures of a split went through the network."""

    done: int
    total: int


def forward(net: torch.nn.Module, images: torch.Tensor, compute: Compute) -> torch.Tensor:
    """Take one batch through a network in eval mode.

    Args:
        net: Any module; its mode is not changed here.
        images: float32, B×C×H×W, scaled.
        compute: Where and how.

    Returns:
        Logits, float32, B×K.
    """
    with torch.inference_mode(), compute.autocast():
        return logits_of(net(images)).float()


def forward_split(
    net: torch.nn.Module, pictures: Pictures, scale: Scale, compute: Compute
) -> Generator[Judging, None, torch.Tensor]:
    """Take a whole split through a network in eval mode; its modules' modes are put back at the end.

    Args:
        net: Any module.
        pictures: The split.
        scale: Pixels to what the network sees.
        compute: Where and how.

    Yields:
        Progress after each batch.

    Returns:
        Logits, float32, N×K, on the CPU.
    """
    modes = [(module, module.training) for module in net.modules()]
    size = pictures.policy.height * pictures.policy.width * pictures.policy.channels
    batch = max(1, min(1024, BATCH_BYTES // (4 * size)))
    net.eval()
    parts = []
    try:
        for start in range(0, len(pictures), batch):
            indices = np.arange(start, min(start + batch, len(pictures)))
            images = scale.apply(
                pictures.batch(indices), device=compute.device, memory_format=compute.memory_format
            )
            parts.append(forward(net, images, compute).cpu())
            yield Judging(start + len(indices), len(pictures))
    finally:
        for module, mode in modes:
            module.training = mode
    return torch.cat(parts)
