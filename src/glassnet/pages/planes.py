"""Tensors to planes of numbers that a page can hold: exact where they fit, else fewer and rounded."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from glassnet.pages.parts import base64_float32

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES = 3_000_000  # of all numbers of a page, before base64 adds a third
STEPS = 254  # an eighth-bit code for each step of the scale; the last code, 255, stands for no finite number
NOT_FINITE = 255
PLANE = 2  # axes
# what is shown of each tensor: most planes, longest side, exact or not; the first that fits is taken
CHOICES = (
    (4096, 4096, True), (512, 512, True), (4096, 512, False), (512, 256, False), (128, 256, False),
    (64, 128, False), (32, 128, False), (16, 128, False), (16, 64, False), (8, 64, False), (4, 32, False),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planes:
    """The numbers of a tensor as planes, N×H×W; a vector is one plane of one row.

    `shape` is that of the tensor without its batch, `sample` the place in the batch, None where there is
    none: together they tell the index of each number.
    """

    values: torch.Tensor
    vector: bool
    shape: tuple[int, ...]
    sample: int | None


def planes_of(tensor: torch.Tensor, *, batch: int | None = None, sample: int = 0) -> Planes:
    """Lay a tensor out as planes.

    Args:
        tensor: Any shape and dtype.
        batch: Length of the first axis if that is the batch; None: there is none.
        sample: Which of the batch.

    Returns:
        Its planes.

    Example:
        >>> planes_of(torch.zeros(2, 3, 4, 5), batch=2).values.shape
        torch.Size([3, 4, 5])
        >>> planes_of(torch.zeros(2, 10), batch=2).values.shape
        torch.Size([1, 1, 10])
    """
    one = tensor.detach()
    if one.is_complex():
        one = torch.view_as_real(one)
    batched = batch is not None and one.ndim > 0 and one.shape[0] == batch
    one = one[sample].float() if batched else one.float()
    vector = one.ndim < PLANE or (one.ndim > PLANE and one.shape[-2:] == (1, 1))
    values = one.reshape(1, 1, -1) if vector else one.reshape(-1, *one.shape[-2:])
    return Planes(values, vector, tuple(one.shape), sample if batched else None)


def encode_planes(tensors: Mapping[int, Planes]) -> dict[int, dict[str, object]]:
    """Write planes compactly, within a bound for all together.

    Args:
        tensors: By any number.

    Returns:
        For each: `shape` of what is shown, `of` the whole, `step` between rows and columns shown, `exact`,
        `low` and `high` of the scale, `data` in base64: float32, or a byte for each number,
        low + byte·(high − low)/254, 255 for NaN and infinities. `data` is empty where nothing fits.
    """
    most, side, exact = next(
        (choice for choice in CHOICES if _bytes(tensors, *choice) <= MAX_BYTES), CHOICES[-1]
    )
    left = MAX_BYTES
    encoded = {}
    for key, planes in tensors.items():
        shown, step = _shown(planes, most, side)
        needed = shown.numel() * (4 if exact else 1)
        fits = needed <= left
        left -= needed if fits else 0
        encoded[key] = _encode(planes, shown if fits else shown[:0], step, exact=exact)
    return encoded


def _bytes(tensors: Mapping[int, Planes], most: int, side: int, exact: bool) -> int:
    shown = (_shown(planes, most, side)[0].numel() for planes in tensors.values())
    return sum(shown) * (4 if exact else 1)


def _shown(planes: Planes, most: int, side: int) -> tuple[torch.Tensor, tuple[int, int]]:
    values = planes.values
    if planes.vector:
        return values[:, :, : most * 8], (1, 1)
    rows, columns = (max(1, -(-length // side)) for length in values.shape[1:])
    return values[:most, ::rows, ::columns], (rows, columns)


def _encode(planes: Planes, shown: torch.Tensor, step: tuple[int, int], *, exact: bool) -> dict[str, object]:
    finite = shown[torch.isfinite(shown)]
    low, high = (float(finite.min()), float(finite.max())) if finite.numel() else (0.0, 0.0)
    if exact:
        data = base64_float32(shown)
    else:
        share = (shown.double() - low) / ((high - low) or 1.0)
        codes = torch.nan_to_num(share * STEPS, nan=0.0, posinf=0.0, neginf=0.0).round().clamp(0, STEPS)
        codes[~torch.isfinite(shown)] = NOT_FINITE
        data = base64.b64encode(codes.to(torch.uint8).contiguous().numpy().tobytes()).decode()
    return {
        "shape": list(shown.shape), "of": list(planes.values.shape), "step": list(step),
        "vector": planes.vector, "inner": list(planes.shape), "sample": planes.sample, "exact": exact,
        "low": low, "high": high, "data": data,
    }  # fmt: skip
