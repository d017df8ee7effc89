"""Convolutions: the window under the kernel, number by number; transposed ones the other way round."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from glassnet.arithmetic.expansion import Term
from glassnet.arithmetic.gather import Along, gather, number_at, product_terms, sum_of_terms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch

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


def convolution(
    at: At,
    input: torch.Tensor,  # noqa: A002 - PyTorch's name
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Expansion:
    """Work out one number of `conv1d`, `conv2d` or `conv3d`.

    Args:
        at: Which number.
        input: (N×)C×… with one to three axes of space.
        weight: O×(C/groups)×….
        bias: O, or None.
        stride: Steps of the window.
        padding: Zeros on each side, or `same` or `valid`.
        dilation: Distance of the kernel's places.
        groups: Into how many parts the channels are cut.

    Returns:
        The sum of input times weight over the window; places in the padding are counted in `padded`.
    """
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

    pairs = _pairs(at, axes, meets)
    group = at.index[-axes - 1] // (weight.shape[0] // groups)
    inner = weight.shape[1]
    padded = inner * (math.prod(kernel) - math.prod(len(axis) for axis in pairs))
    shape = [inner, *(len(axis) for axis in pairs)]
    seen = gather("input", input, [*at.index[: -axes - 1], *_grid(pairs, 0, group * inner, inner)], shape)
    weights = gather("weight", weight, [at.index[-axes - 1], *_grid(pairs, 1, 0, inner)], shape)
    return _with_bias(at, axes, product_terms([seen, weights]), bias, padded)


def transposed_convolution(
    at: At,
    input: torch.Tensor,  # noqa: A002 - PyTorch's name
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,  # makes the output larger, changes no number
    groups: int = 1,
    dilation: Sizes = 1,
) -> Expansion:
    """Work out one number of `conv_transpose1d`, `conv_transpose2d` or `conv_transpose3d`.

    Each number of the input is spread over a window of the output; here those that reach one output are
    collected.

    Args:
        at: Which number.
        input: (N×)C×… with one to three axes of space.
        weight: C×(O/groups)×….
        bias: O, or None.
        stride: Steps of the window in the output.
        padding: What is cut off on each side of the output.
        output_padding: What is added at the end of the output.
        groups: Into how many parts the channels are cut.
        dilation: Distance of the kernel's places.

    Returns:
        The sum of input times weight; places of the kernel that meet no input are counted in `padded`.
    """
    axes = weight.dim() - 2
    kernel, steps, gaps = list(weight.shape[2:]), each_axis(stride, axes), each_axis(dilation, axes)
    before, sides = each_axis(padding, axes), input.shape[-axes:]

    def reaches(axis: int, place: int) -> list[Pair]:
        spread = (divmod(place + before[axis] - gaps[axis] * k, steps[axis]) for k in range(kernel[axis]))
        return [(i, k) for k, (i, rest) in enumerate(spread) if not rest and 0 <= i < sides[axis]]

    pairs = _pairs(at, axes, reaches)
    group, output = divmod(at.index[-axes - 1], weight.shape[1])
    inner = weight.shape[0] // groups
    padded = inner * (math.prod(kernel) - math.prod(len(axis) for axis in pairs))
    shape = [inner, *(len(axis) for axis in pairs)]
    seen = gather("input", input, [*at.index[: -axes - 1], *_grid(pairs, 0, group * inner, inner)], shape)
    channels, *places = _grid(pairs, 1, group * inner, inner)
    weights = gather("weight", weight, [channels, output, *places], shape)
    return _with_bias(at, axes, product_terms([seen, weights]), bias, padded)


def _pairs(at: At, axes: int, meeting: Callable[[int, int], list[Pair]]) -> list[list[Pair]]:
    """Pair places of the input with places of the kernel, axis by axis."""
    return [meeting(axis, place) for axis, place in enumerate(at.index[-axes:])]


def _grid(pairs: list[list[Pair]], side: int, first_channel: int, channels: int) -> list[Along]:
    """Visit the channels, then the places of the input (side 0) or of the kernel (side 1)."""
    places = [[pair[side] for pair in axis] for axis in pairs]
    return [
        Along(0, range(first_channel, first_channel + channels)),
        *(Along(axis + 1, visited) for axis, visited in enumerate(places)),
    ]


def _with_bias(at: At, axes: int, terms: list[Term], bias: torch.Tensor | None, padded: int) -> Expansion:
    formula = "Σ input·weight"
    if bias is not None:
        number = number_at("bias", bias, (at.index[-axes - 1],))
        terms.append(Term((number,), number.value))
        formula += " + bias"
    return sum_of_terms(terms, formula=formula, facts={"padded": padded})
