"""Convolutions: the window under the kernel, number by number; transposed ones the other way round."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from glassnet.arithmetic.elements import Along, gather, number
from glassnet.arithmetic.terms import added, products, sum_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from glassnet.arithmetic.expansion import At, Expansion

Sizes = int | tuple[int, ...]
Pair = tuple[int, int]  # a place of the input on an axis, and the place of the kernel that it meets


def each_axis(sizes: Sizes | Sequence[int], axes: int) -> list[int]:
    """Give a setting for each axis: PyTorch takes one number for all of them or one for each.

    Args:
        sizes: As PyTorch took it: 3, (3,) or (3, 5).
        axes: How many axes there are.

    Returns:
        One number an axis.

    Example:
        >>> each_axis(3, 2), each_axis((3, 5), 2)
        ([3, 3], [3, 5])
    """
    if isinstance(sizes, int):
        return [sizes] * axes
    return [int(sizes[0])] * axes if len(sizes) == 1 else [int(size) for size in sizes]


def _convolution(
    at: At,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Expansion:
    axes = weight.dim() - 2
    kernel, steps, gaps = list(weight.shape[2:]), each_axis(stride, axes), each_axis(dilation, axes)
    if padding == "same":  # an odd one is larger at the end
        before = [gap * (size - 1) // 2 for gap, size in zip(gaps, kernel, strict=True)]
    else:
        before = [0] * axes if isinstance(padding, str) else each_axis(padding, axes)
    sides = input.shape[-axes:]

    def meets(axis: int, place: int) -> list[Pair]:
        start = place * steps[axis] - before[axis]
        visited = ((start + gaps[axis] * k, k) for k in range(kernel[axis]))
        return [(i, k) for i, k in visited if 0 <= i < sides[axis]]

    channel, inner = at.index[-axes - 1], weight.shape[1]
    group = channel // (weight.shape[0] // groups)
    return _sum(at, input, weight, bias, meets, (group * inner, inner), [channel, Along(0, range(inner))])


def _transposed_convolution(
    at: At,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,  # makes the output larger, changes no number
    groups: int = 1,
    dilation: Sizes = 1,
) -> Expansion:
    """Each number of the input is spread over a window of the output: collect those that reach one output."""
    axes = weight.dim() - 2
    kernel, steps, gaps = list(weight.shape[2:]), each_axis(stride, axes), each_axis(dilation, axes)
    before, sides = each_axis(padding, axes), input.shape[-axes:]

    def reaches(axis: int, place: int) -> list[Pair]:
        spread = (divmod(place + before[axis] - gaps[axis] * k, steps[axis]) for k in range(kernel[axis]))
        return [(i, k) for k, (i, rest) in enumerate(spread) if not rest and 0 <= i < sides[axis]]

    group, output = divmod(at.index[-axes - 1], weight.shape[1])
    first, inner = group * (weight.shape[0] // groups), weight.shape[0] // groups
    channels = [Along(0, range(first, first + inner)), output]
    return _sum(at, input, weight, bias, reaches, (first, inner), channels)


def _sum(
    at: At,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    meeting: Callable[[int, int], list[Pair]],
    channels: tuple[int, int],
    of_weight: list[int | Along],
) -> Expansion:
    """Add up where input and kernel meet; `channels` of the input: the first, and how many."""
    axes = weight.dim() - 2
    pairs = [meeting(axis, place) for axis, place in enumerate(at.index[-axes:])]
    first, inner = channels
    shape = [inner, *(len(axis) for axis in pairs)]
    seen, kernel = (
        [Along(axis + 1, [pair[side] for pair in met]) for axis, met in enumerate(pairs)] for side in (0, 1)
    )
    outer = [*at.index[: -axes - 1], Along(0, range(first, first + inner))]
    terms = products(
        [
            gather("input", input, [*outer, *seen], shape),
            gather("weight", weight, [*of_weight, *kernel], shape),
        ]
    )
    own = None if bias is None else number("bias", bias, (at.index[-axes - 1],))
    padded = inner * math.prod(weight.shape[2:]) - math.prod(shape)
    formula = "Σ input·weight" + " + bias" * (own is not None)
    return sum_of([*terms, *added(own)], formula, facts={"padded": padded})


RULES = {
    "conv1d": _convolution,
    "conv2d": _convolution,
    "conv3d": _convolution,
    "conv_transpose1d": _transposed_convolution,
    "conv_transpose2d": _transposed_convolution,
    "conv_transpose3d": _transposed_convolution,
}
