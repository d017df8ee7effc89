"""Too little memory for a training: the batch that would fit found by trying."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812 — its name everywhere

from glassnet.evaluation.memory import is_out_of_memory
from glassnet.nets.logits import logits_of

if TYPE_CHECKING:
    from glassnet.evaluation.forward import Compute


def largest_batch_that_fits(
    net: torch.nn.Module, images: torch.Tensor, targets: torch.Tensor, compute: Compute
) -> int | None:
    """Halve a batch until a forward and backward pass fits into memory.

    Args:
        net: Its gradients are thrown away; nothing else changes that matters after a failed training.
        images: float32, B×C×H×W: the batch that did not fit.
        targets: int64, B, or float32, B×K.
        compute: As in the step.

    Returns:
        The largest halved batch that fits; 0 where not even one picture does; None where another error came
        first: BatchNorm cannot train on a single picture, say.
    """
    batch = len(images) // 2
    while batch:
        net.zero_grad(set_to_none=True)
        if images.is_cuda:
            torch.cuda.empty_cache()
        try:
            with compute.autocast():
                output = net(images[:batch])
            F.cross_entropy(logits_of(output).float(), targets[:batch]).backward()
        except (RuntimeError, ValueError, MemoryError) as error:
            if not is_out_of_memory(error):
                return None
            traceback.clear_frames(error.__traceback__)
            batch //= 2
            continue
        finally:
            net.zero_grad(set_to_none=True)
        return batch
    return 0
