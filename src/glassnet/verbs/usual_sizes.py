"""Which sizes of pictures a network takes: found by trying, for a network that does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from glassnet.nets.untouched import untouched
from glassnet.trace.uncompiled import uncompiled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SIDES = (32, 28, 224, 64, 96, 128, 227, 299)
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


def usual_sizes(module: nn.Module | None = None) -> list[tuple[int, ...]]:
    """List the sizes that pictures usually have, for the channels of the network's first layer.

    Args:
        module: The network, or None.

    Returns:
        Channels, height, width, the likeliest first; for a network that begins with a linear layer also its
        number of inputs alone, and for one of signals or volumes those.

    Example:
        >>> usual_sizes(nn.Conv2d(1, 6, 5))[:2]
        [(1, 32, 32), (1, 28, 28)]
        >>> usual_sizes(nn.Linear(9, 4))[-1]
        (9,)
    """
    parts = list(module.modules()) if module is not None else []
    first = next((part for part in parts if isinstance(part, (*CONVOLUTIONS, nn.Linear))), None)
    match first:
        case nn.Conv1d():
            return [(first.in_channels, side) for side in SIDES]
        case nn.Conv3d():
            return [(first.in_channels, side, side, side) for side in (16, 32, 64)]
        case nn.Conv2d():
            return [(first.in_channels, side, side) for side in SIDES]
        case nn.Linear():
            return [(c, side, side) for side in SIDES for c in (3, 1)] + [(first.in_features,)]
        case _:
            return [(c, side, side) for side in SIDES for c in (3, 1)]


def first_that_fits(
    module: nn.Module, shapes: Sequence[tuple[int, ...]], *, whole: torch.Tensor | None = None
) -> tuple[int, ...] | None:
    """Find the first shape that runs through a network without an error; the network is left as it was.

    Args:
        module: The network.
        shapes: Of one picture; with `whole`, of the whole batch.
        whole: The batch to reshape; by default a batch of one picture of ones.

    Returns:
        The shape, or None.

    Example:
        >>> first_that_fits(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), [(3, 32, 32), (1, 28, 28)])
        (1, 28, 28)
    """
    some = next((p for p in module.parameters() if p.is_floating_point()), torch.zeros(1))
    with untouched(module), uncompiled(), torch.no_grad():
        module.eval()
        for shape in shapes:
            ones = torch.ones(1, *shape, dtype=some.dtype, device=some.device) if whole is None else whole
            try:
                module(ones if whole is None else whole.reshape(shape).clone())  # it may overwrite its input
            except Exception:  # noqa: BLE001, S112 — a person's forward may raise anything
                continue
            return shape
    return None


def shape_of(shape: Iterable[int]) -> str:
    """Write a shape as people do; `--input` takes it.

    Args:
        shape: Any.

    Returns:
        Such as `3×32×32`.

    Example:
        >>> shape_of((3, 32, 32))
        '3×32×32'
    """
    return "×".join(map(str, shape))
