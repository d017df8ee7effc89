"""The order of the training pictures and their augmentation.

Every random choice is a pure function of (seed, epoch, index of the picture), or of (seed, step) for those
that mix a whole batch: a training can stop anywhere and go on to the same bits.

Shapes: N pictures in all, B in the batch, H×W pixels, C channels, K classes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.pictures.pictures import Pictures
    from glassnet.pictures.scale import Scale
    from glassnet.training.recipe import Recipe

LOADED_BYTES = 2_000_000  # of float32 pixels: small batches are loaded several at a time, within a cache


def generator(seed: int, *key: int | str) -> torch.Generator:
    """Make the random generator of one purpose.

    Args:
        seed: The recipe's.
        key: Epoch or step, and the purpose.

    Returns:
        A generator on the CPU whose numbers depend on nothing else.

    Example:
        >>> int(torch.randint(1000, (), generator=generator(0, 1, "order")))
        894
    """
    digest = hashlib.blake2b("/".join(map(str, (seed, *key))).encode(), digest_size=8).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "little", signed=True))


def batch_starts(num_pictures: int, batch: int) -> list[int]:
    """Cut an epoch into batches.

    A last batch of a single picture joins the one before it: BatchNorm cannot train on one.

    Args:
        num_pictures: N.
        batch: Pictures per step.

    Returns:
        Where each batch starts, and at the end N.

    Example:
        >>> batch_starts(10, 4), batch_starts(9, 4)
        ([0, 4, 8, 10], [0, 4, 9])
    """
    starts = [*range(0, num_pictures, batch), num_pictures]
    if batch > 1 and len(starts) > 2 and starts[-1] - starts[-2] == 1:  # noqa: PLR2004
        del starts[-2]
    return starts


@dataclass(frozen=True)
class Plan:
    """One epoch's random choices, by index of the picture."""

    order: torch.Tensor  # int64, N
    mirrored: torch.Tensor | None  # bool, N
    shift: torch.Tensor | None  # int64, N×2: pixels down and right
    cutout: torch.Tensor | None  # float32, N×2: centre in 0..1 of height and width


def plan_epoch(recipe: Recipe, num_pictures: int, epoch: int) -> Plan:
    """Make one epoch's random choices.

    Args:
        recipe: Resolved.
        num_pictures: N.
        epoch: 1 in the first.

    Returns:
        The plan, a pure function of the arguments.

    Source:
        Mirroring in every other epoch instead of by chance: Jordan 2024, arXiv:2404.00498.
    """
    seed = recipe.seed
    mirrored = shift = cutout = None
    if recipe.flip:
        first = torch.randint(2, (num_pictures,), generator=generator(seed, "mirrored"))
        mirrored = (first + epoch) % 2 == 1
    if recipe.shift:
        most = recipe.shift
        shift = torch.randint(-most, most + 1, (num_pictures, 2), generator=generator(seed, epoch, "shift"))
    if recipe.cutout:
        cutout = torch.rand((num_pictures, 2), generator=generator(seed, epoch, "cutout"))
    return Plan(
        order=torch.randperm(num_pictures, generator=generator(seed, epoch, "order")),
        mirrored=mirrored,
        shift=shift,
        cutout=cutout,
    )


@dataclass(frozen=True)
class Batch:
    """The pictures of one step, on the device of the training."""

    indices: torch.Tensor  # int64, B, on the CPU: positions in the split
    images: torch.Tensor  # float32, B×C×H×W, as the network sees them
    labels: torch.Tensor  # int64, B


def batches(
    pictures: Pictures, scale: Scale, recipe: Recipe, plan: Plan, starts: list[int], first: int
) -> Iterator[Batch]:
    """Give the batches of one epoch, as the network sees them.

    Small batches are gathered and scaled several at a time, which saves most of the time that they take one
    by one. Where those blocks begin does not depend on `first`, nor does how each batch lies in memory: a
    training that goes on in the middle of an epoch gets the same bits.

    Args:
        pictures: The split.
        scale: Pixels to what the network sees.
        recipe: Resolved.
        plan: Of the epoch.
        starts: From `batch_starts`.
        first: Number of the first batch wanted, 0 at the start of the epoch.

    Yields:
        A batch for each step from `first` on.
    """
    policy = pictures.policy
    batch_bytes = 4 * recipe.batch * policy.height * policy.width * policy.channels
    at_once = max(1, LOADED_BYTES // batch_bytes)
    for block in range(first - first % at_once, len(starts) - 1, at_once):
        places = starts[block : block + at_once + 1]
        indices = plan.order[places[0] : places[-1]]
        images = gather(pictures, indices, plan)
        images = scale.apply(images, device=recipe.device, memory_format=recipe.memory_format)
        labels = torch.from_numpy(pictures.labels)[indices].to(recipe.device, non_blocking=True)
        if plan.cutout is not None:
            images = cut_out(images, plan.cutout[indices], recipe.cutout)
        for number, (start, end) in enumerate(pairwise(places), block):
            if number >= first:
                mine = slice(start - places[0], end - places[0])
                yield Batch(indices[mine], images[mine], labels[mine])


def gather(pictures: Pictures, indices: torch.Tensor, plan: Plan | None = None) -> torch.Tensor:
    """Take pictures out of their split, shifted and mirrored as planned.

    Args:
        pictures: The split.
        indices: int64, B.
        plan: None for the pictures as they are.

    Returns:
        uint8, B×H×W×C.
    """
    images = torch.from_numpy(pictures.images)
    rows = indices if pictures.rows is None else torch.from_numpy(pictures.rows)[indices]
    if plan is None or (plan.shift is None and plan.mirrored is None):
        return images.index_select(0, rows)  # images[rows] takes twenty times as long
    height, width, channels = images.shape[1:]
    down = torch.arange(height).expand(len(indices), height)
    right = torch.arange(width).expand(len(indices), width)
    if plan.mirrored is not None:
        right = torch.where(plan.mirrored[indices, None], width - 1 - right, right)
    if plan.shift is not None:
        down = _reflect(down - plan.shift[indices, :1], height)
        right = _reflect(right - plan.shift[indices, 1:], width)
    if not images.is_contiguous():
        return images[rows[:, None, None], down[:, :, None], right[:, None, :]]
    pixels = (rows[:, None, None] * height + down[:, :, None]) * width + right[:, None, :]
    taken = images.view(-1, channels).index_select(0, pixels.view(-1))
    return taken.view(len(indices), height, width, channels)


def _reflect(position: torch.Tensor, size: int) -> torch.Tensor:
    """Fold positions outside 0..size-1 back in, the border pixel itself not repeated."""
    if size == 1:
        return torch.zeros_like(position)
    period = 2 * (size - 1)
    position = position.remainder(period)
    return torch.where(position < size, position, period - position)


def cut_out(images: torch.Tensor, centres: torch.Tensor, side: int) -> torch.Tensor:
    """Set a square of each picture to 0, the mean colour after scaling.

    Args:
        images: float32, B×C×H×W; changed in place.
        centres: float32, B×2, in 0..1 of height and width.
        side: Pixels; at the border the square is cut off.

    Returns:
        The pictures.

    Source:
        DeVries and Taylor 2017, arXiv:1708.04552.
    """
    height, width = images.shape[2:]
    centres = centres.to(images.device)
    masks = []
    for axis, size in ((0, height), (1, width)):
        start = (centres[:, axis] * size).long() - side // 2
        position = torch.arange(size, device=images.device)
        masks.append((position >= start[:, None]) & (position < start[:, None] + side))
    return images.masked_fill_(masks[0][:, None, :, None] & masks[1][:, None, None, :], 0.0)


def mix(
    images: torch.Tensor, labels: torch.Tensor, recipe: Recipe, step: int, num_classes: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mix each picture with another of its batch: MixUp or CutMix.

    Args:
        images: float32, B×C×H×W.
        labels: int64, B.
        recipe: Its `mixup` or `cutmix` is the alpha of the Beta distribution.
        step: Steps taken before; the random choices depend on it and the seed alone.
        num_classes: K.

    Returns:
        The mixed pictures and their targets, float32, B×K, rows that sum to 1.

    Source:
        Zhang et al. 2018, arXiv:1710.09412; Yun et al. 2019, arXiv:1905.04899.
    """
    random = generator(recipe.seed, step, "mix")
    alpha = recipe.mixup or recipe.cutmix
    share = np.random.default_rng(int(torch.randint(2**63 - 1, (), generator=random))).beta(alpha, alpha)
    partner = torch.randperm(len(images), generator=random).to(images.device)
    if recipe.mixup:
        images = images.lerp(images[partner], 1 - share)
    else:
        height, width = images.shape[2:]
        side = (1 - share) ** 0.5
        middle = torch.rand(2, generator=random).tolist()
        top, left = (int((m - side / 2) * size) for m, size in zip(middle, (height, width), strict=True))
        box = slice(max(top, 0), int(top + side * height)), slice(max(left, 0), int(left + side * width))
        images = images.clone()
        images[:, :, box[0], box[1]] = images[partner][:, :, box[0], box[1]]
        share = 1 - images[0, 0, box[0], box[1]].numel() / (height * width)
    targets = torch.nn.functional.one_hot(labels, num_classes).float()
    return images, targets.lerp(targets[partner], 1 - share)
