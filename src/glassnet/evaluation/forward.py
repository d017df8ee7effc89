"""Pictures through a network, batch by batch, without gradients."""

from __future__ import annotations

import random
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from glassnet.errors import GlassnetError
from glassnet.evaluation.memory import is_out_of_memory
from glassnet.nets.logits import logits_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from contextlib import AbstractContextManager

    from glassnet.pictures.pictures import Pictures
    from glassnet.pictures.scale import Scale

BATCH_BYTES = (
    12_000_000  # of float32 pixels: large enough to keep the processor busy, small enough for its caches
)
MOST_AT_ONCE = 256  # pictures: faster than 1,024 of 28², and a fourth of the memory (measured)


@dataclass(frozen=True)
class Compute:
    """Where and in which numbers a network computes."""

    device: str = "cpu"
    precision: str = "float32"
    memory_format: str = "contiguous"
    strict: bool = False

    def autocast(self) -> AbstractContextManager[object]:
        """Make the context in which matrix products and convolutions have the precision.

        Returns:
            A context manager for one forward pass.
        """
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device.split(":")[0], getattr(torch, self.precision))

    @contextmanager
    def repeatable(self) -> Iterator[None]:
        """Make the context in which the same numbers give the same bits, as far as PyTorch can.

        With `strict`, operations that cannot are refused: they raise RuntimeError. PyTorch's own switches are
        the process's; at the end they are as they were.

        Yields:
            Nothing.
        """
        cudnn = torch.backends.cudnn
        before = cudnn.deterministic, cudnn.benchmark, torch.are_deterministic_algorithms_enabled()
        warns_only = torch.is_deterministic_algorithms_warn_only_enabled()
        cudnn.deterministic, cudnn.benchmark = True, False
        if self.strict:  # not called without need: it loads PyTorch's compiler, a second
            torch.use_deterministic_algorithms(True)
        try:
            yield
        finally:
            cudnn.deterministic, cudnn.benchmark = before[:2]
            if self.strict:
                torch.use_deterministic_algorithms(before[2], warn_only=warns_only)


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
    with torch.inference_mode(), compute.repeatable(), compute.autocast():
        return logits_of(net(images)).float()


def forward_in_parts(net: torch.nn.Module, images: torch.Tensor, compute: Compute) -> torch.Tensor:
    """Take one batch through a network in eval mode, in halves where the memory does not hold it.

    Args:
        net: Any module; its mode is not changed here.
        images: float32, B×C×H×W, scaled.
        compute: Where and how.

    Returns:
        Logits, float32, B×K.

    Raises:
        GlassnetError: Not even one picture fits into the memory.
    """
    try:
        return forward(net, images, compute)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        if len(images) == 1:
            raise GlassnetError(
                "the memory does not hold one picture in this network", where=compute.device,
                got=str(error).split("\n")[0] or type(error).__name__,
                hint="close other programs, or use a machine with more memory",
            ) from None  # fmt: skip
    if images.is_cuda:  # out of the handler, where the error no longer holds the tensors of the failed pass
        torch.cuda.empty_cache()
    half = len(images) // 2
    return torch.cat([forward_in_parts(net, part, compute) for part in (images[:half], images[half:])])


@contextmanager
def random_kept() -> Iterator[None]:
    """Put the global random generators back at the end: judging a network changes nothing for its training.

    Yields:
        Nothing.

    Example:
        >>> before = torch.get_rng_state()
        >>> with random_kept():
        ...     _ = torch.rand(3)
        >>> torch.equal(before, torch.get_rng_state())
        True
    """
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - a network may use the global one
    cuda = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    try:
        with torch.random.fork_rng(cuda):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


def forward_split(
    net: torch.nn.Module, pictures: Pictures, scale: Scale, compute: Compute, *, flip: bool = False
) -> Generator[Judging, None, torch.Tensor]:
    """Take a whole split through a network in eval mode; its modules' modes are put back at the end.

    The random generators are put back after each batch: a training goes on as if it had not been judged.

    Args:
        net: Any module.
        pictures: The split.
        scale: Pixels to what the network sees.
        compute: Where and how.
        flip: Give the mean of the logits of each picture and of its mirror image.

    Yields:
        Progress after each batch.

    Returns:
        Logits, float32, N×K, on the CPU.
    """
    modes = [(module, module.training) for module in net.modules()]
    size = pictures.policy.height * pictures.policy.width * pictures.policy.channels
    batch = max(1, min(MOST_AT_ONCE, BATCH_BYTES // (4 * size)))
    net.eval()
    parts = []
    try:
        for start in range(0, len(pictures), batch):
            indices = np.arange(start, min(start + batch, len(pictures)))
            images = scale.apply(
                pictures.batch(indices), device=compute.device, memory_format=compute.memory_format
            )
            with random_kept():
                logits = forward_in_parts(net, images, compute)
                if flip:
                    logits = (logits + forward_in_parts(net, images.flip(-1), compute)) / 2
                parts.append(logits.cpu())
            yield Judging(start + len(indices), len(pictures))
    finally:
        for module, mode in modes:
            module.training = mode
    return torch.cat(parts)
