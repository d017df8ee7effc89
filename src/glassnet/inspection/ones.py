"""The quick check of a network that tutorials do: two pictures of ones go through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from glassnet.errors import NetError
from glassnet.nets.logits import described, logits_of
from glassnet.nets.untouched import untouched
from glassnet.trace.uncompiled import uncompiled

if TYPE_CHECKING:
    from torch import nn

BATCH = 2  # one picture would hide a lost batch axis


@dataclass(frozen=True, slots=True)
class OnesCheck:
    """What came out for a batch of ones.

    Attributes:
        inputs: Shape of the batch.
        output: What `forward` returned, in words.
        outputs: How many numbers for each picture; None where the pictures were mixed up, or it failed.
        num_not_finite: How many numbers are NaN or infinite.
        alike: Whether both pictures got the same numbers, as equal pictures should in eval mode.
        error: The network's own error, where it failed.
    """

    inputs: tuple[int, ...]
    output: str
    outputs: int | None
    num_not_finite: int
    alike: bool
    error: str | None = None

    @property
    def passed(self) -> bool:
        """Whether all is as it should be."""
        return self.error is None and self.outputs is not None and not self.num_not_finite and self.alike


def check_ones(net: nn.Module, images: torch.Tensor) -> OnesCheck:
    """Run two pictures of ones through a network in eval mode; the network is left as it was.

    Args:
        net: Any network whose input is one tensor.
        images: A batch, for its shape and type.

    Returns:
        What came out.

    Example:
        >>> check = check_ones(torch.nn.Flatten(), torch.zeros(1, 3, 4, 4))
        >>> check.inputs, check.output, check.outputs, check.passed
        ((2, 3, 4, 4), 'tensor 2×48', 48, True)
        >>> check_ones(torch.nn.Flatten(0), torch.zeros(1, 3, 4, 4)).passed
        False
    """
    batch = torch.ones(BATCH, *images.shape[1:], dtype=images.dtype, device=images.device)
    shape = tuple(batch.shape)
    try:
        with untouched(net), uncompiled(), torch.no_grad():
            net.eval()
            output = net(batch)
    except Exception as error:  # noqa: BLE001 — a person's forward may raise anything
        message = f"{type(error).__name__}: {error}".split("\n")[0]
        return OnesCheck(shape, "", None, 0, alike=False, error=message)
    try:
        logits = logits_of(output)
    except NetError:
        return OnesCheck(shape, described(output), None, 0, alike=True)
    bad = int((~torch.isfinite(logits)).sum()) if logits.is_floating_point() else 0
    if logits.dim() == 0 or logits.shape[0] != BATCH:
        return OnesCheck(shape, described(output), None, bad, alike=False)
    alike = bool(torch.allclose(logits[0], logits[1], rtol=1e-3, atol=1e-5, equal_nan=True))
    return OnesCheck(shape, described(output), logits[0].numel(), bad, alike)
