"""Pooling: the largest number, the mean or the norm of a window."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from glassnet.arithmetic.convolution import each_axis
from glassnet.arithmetic.elements import Along, gather
from glassnet.arithmetic.expansion import Expansion
from glassnet.arithmetic.numbers import factor, joined, short
from glassnet.arithmetic.reductions import extreme, mean_of
from glassnet.arithmetic.terms import terms_of, total
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from glassnet.arithmetic.convolution import Sizes
    from glassnet.arithmetic.elements import Gathered
    from glassnet.arithmetic.expansion import At

Window = list["Sequence[int]"]  # its places in the input, axis by axis


def _max_pool(
    at: At,
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,  # windows at the end are cut anyway
    return_indices: bool = False,  # at.output tells what is asked for
    *,
    axes: int,
) -> Expansion:
    sides = each_axis(kernel_size, axes)
    window = _window(at, input, sides, stride or kernel_size, padding, dilation)
    return _largest(at, input, window, math.prod(sides))


def _adaptive_max_pool(
    at: At, input: Tensor, output_size: Sizes, return_indices: bool = False, *, axes: int
) -> Expansion:
    window = _share(at, input, axes)
    return _largest(at, input, window, math.prod(map(len, window)))


def _largest(at: At, input: Tensor, window: Window, size: int) -> Expansion:
    """Expand the largest, or (output 1) its place in its plane of the input."""
    plane = input.shape[-len(window) :]
    places = [0]
    for visited, side in zip(window, plane, strict=True):
        places = [place * side + i for place in places for i in visited]
    padded = {"padded": size - math.prod(map(len, window))}
    return extreme(at, _read(at, input, window), "max", padded, places if at.output else None)


def _avg_pool(
    at: At,
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,  # windows at the end are cut anyway
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    axes: int,
) -> Expansion:
    sides, before = each_axis(kernel_size, axes), each_axis(padding, axes)
    steps = each_axis(stride or kernel_size, axes)
    window = _window(at, input, sides, steps, before, 1)
    count = math.prod(map(len, window))
    divisor = count
    if count_include_pad:  # what lies beyond the padding does not count
        divisor = math.prod(
            min(side, length + 2 * pad - place * step)
            for side, length, pad, place, step in zip(
                sides, input.shape[-axes:], before, at.index[-axes:], steps, strict=True
            )
        )
    padded = {"padded": math.prod(sides) - count}
    return mean_of(_read(at, input, window), divisor_override or divisor, padded)


def _adaptive_avg_pool(at: At, input: Tensor, output_size: Sizes, *, axes: int) -> Expansion:
    return mean_of(_read(at, input, _share(at, input, axes)))


def _lp_pool(
    at: At,
    input: Tensor,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    ceil_mode: bool = False,  # windows at the end are cut anyway
    *,
    axes: int,
) -> Expansion:
    """Expand the p-norm of a window.

    PyTorch multiplies the mean of the powers by the size of the whole window, so that a window which is cut
    off at the end counts as if it were whole.
    """
    power = float(norm_type)
    if not math.isfinite(power) or power == 0:
        raise UnexpandedError("lp_pool", f"the norm of {short(power)} is no root of a sum")
    sides = each_axis(kernel_size, axes)
    read = _read(at, input, _window(at, input, sides, stride or kernel_size, 0, 1))
    scale = math.prod(sides) / len(read.values)
    parts = scale * read.values**power
    p = short(power)
    line = joined(read.values.tolist(), lambda x: f"{factor(x)}^{p}")
    return Expansion(
        kind="norm",
        formula=f"(Σ input^{p})^(1/{p})" if scale == 1 else f"(scale·Σ input^{p})^(1/{p})",
        worked=f"({line})^(1/{p})" if scale == 1 else f"({short(scale)}·({line}))^(1/{p})",
        terms=terms_of([read], parts),
        value=_root(total(parts.tolist()), power),
        facts={"power": power, "scale": scale, "padded": math.prod(sides) - len(read.values)},
    )


def _root(powers: float, power: float) -> float:
    """Take a root as PyTorch does: no complex numbers, infinities instead of errors."""
    try:
        return math.pow(powers, 1 / power)
    except OverflowError:
        return math.inf
    except ValueError:  # a root of a negative number, or 0 to a negative power
        return math.inf if powers == 0 else math.nan


def _window(
    at: At,
    input: Tensor,
    sides: list[int],
    stride: Sizes | list[int],
    padding: Sizes | list[int],
    dilation: Sizes,
) -> Window:
    axes = len(sides)
    steps, before, gaps = (each_axis(setting, axes) for setting in (stride, padding, dilation))
    window = []
    for axis, length in enumerate(input.shape[-axes:]):
        start = at.index[axis - axes] * steps[axis] - before[axis]
        visited = (start + gaps[axis] * k for k in range(sides[axis]))
        window.append([place for place in visited if 0 <= place < length])
    return window


def _share(at: At, input: Tensor, axes: int) -> Window:
    """Cut the input into as many shares as the output has places; they may overlap."""
    return [
        range(place * length // part, -(-(place + 1) * length // part))
        for place, length, part in zip(
            at.index[-axes:], input.shape[-axes:], at.result.shape[-axes:], strict=True
        )
    ]


def _read(at: At, input: Tensor, window: Window) -> Gathered:
    inner = [Along(axis, visited) for axis, visited in enumerate(window)]
    return gather("input", input, [*at.index[: -len(window)], *inner], list(map(len, window)))


RULES = {
    "max_pool1d": partial(_max_pool, axes=1),
    "max_pool2d": partial(_max_pool, axes=2),
    "max_pool3d": partial(_max_pool, axes=3),
    "max_pool1d_with_indices": partial(_max_pool, axes=1),
    "max_pool2d_with_indices": partial(_max_pool, axes=2),
    "max_pool3d_with_indices": partial(_max_pool, axes=3),
    "adaptive_max_pool1d": partial(_adaptive_max_pool, axes=1),
    "adaptive_max_pool2d": partial(_adaptive_max_pool, axes=2),
    "adaptive_max_pool3d": partial(_adaptive_max_pool, axes=3),
    "adaptive_max_pool1d_with_indices": partial(_adaptive_max_pool, axes=1),
    "adaptive_max_pool2d_with_indices": partial(_adaptive_max_pool, axes=2),
    "adaptive_max_pool3d_with_indices": partial(_adaptive_max_pool, axes=3),
    "avg_pool1d": partial(_avg_pool, axes=1),
    "avg_pool2d": partial(_avg_pool, axes=2),
    "avg_pool3d": partial(_avg_pool, axes=3),
    "adaptive_avg_pool1d": partial(_adaptive_avg_pool, axes=1),
    "adaptive_avg_pool2d": partial(_adaptive_avg_pool, axes=2),
    "adaptive_avg_pool3d": partial(_adaptive_avg_pool, axes=3),
    "lp_pool1d": partial(_lp_pool, axes=1),
    "lp_pool2d": partial(_lp_pool, axes=2),
    "lp_pool3d": partial(_lp_pool, axes=3),
}
