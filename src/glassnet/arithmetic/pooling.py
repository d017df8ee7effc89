"""Pooling: the largest number, the mean or the norm of a window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glassnet.arithmetic.convolution import each_axis
from glassnet.arithmetic.expansion import Expansion, Term
from glassnet.arithmetic.gather import Along, gather, line_of, total
from glassnet.arithmetic.numbers import factor, joined, short, shown
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from glassnet.arithmetic.convolution import Sizes
    from glassnet.arithmetic.expansion import At, Number


@dataclass(frozen=True, slots=True)
class Window:
    """The places of one window: those in the input, axis by axis, and how many the padding takes."""

    places: list[list[int]]
    padded: int

    def read(self, at: At, tensor: torch.Tensor) -> list[Number]:
        """Read the numbers in it.

        Args:
            at: Which number of the output it makes.
            tensor: The input.

        Returns:
            The numbers, row by row.
        """
        before = at.index[: len(at.index) - len(self.places)]
        axes = [*before, *(Along(axis, visited) for axis, visited in enumerate(self.places))]
        return gather("input", tensor, axes, [len(visited) for visited in self.places]).numbers()


def max_pool(
    at: At,
    input: torch.Tensor,  # noqa: A002 - PyTorch's name
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,  # windows at the end are cut anyway
    return_indices: bool = False,  # at.output tells what is asked for
    *,
    axes: int,
) -> Expansion:
    """Work out one number of `max_pool1d`, `max_pool2d` or `max_pool3d`, or one of the indices they give.

    Args:
        at: Which number; the second output holds the place of the largest in its plane of the input.
        input: (N×)C×….
        kernel_size: Sides of the window.
        stride: Steps of the window, its sides where there is none.
        padding: Places on each side that never win.
        dilation: Distance of the window's places.
        ceil_mode: Not used.
        return_indices: Not used.
        axes: Of space.

    Returns:
        The largest; `winner` is the number of its term.
    """
    sides, gaps = each_axis(kernel_size, axes), each_axis(dilation, axes)
    window = _window(at, input, sides, each_axis(stride or kernel_size, axes), each_axis(padding, axes), gaps)
    return _maximum(at, input, window)


def adaptive_max_pool(
    at: At,
    input: torch.Tensor,  # noqa: A002 - PyTorch's name
    output_size: Sizes,  # the output's own shape tells it
    return_indices: bool = False,  # at.output tells what is asked for
    *,
    axes: int,
) -> Expansion:
    """Work out one number of `adaptive_max_pool1d`, `adaptive_max_pool2d` or `adaptive_max_pool3d`.

    Args:
        at: Which number; the second output holds the place of the largest in its plane of the input.
        input: (N×)C×….
        output_size: Not used.
        return_indices: Not used.
        axes: Of space.

    Returns:
        The largest; `winner` is the number of its term.
    """
    return _maximum(at, input, _share(at, input, axes))


def avg_pool(
    at: At,
    input: torch.Tensor,  # noqa: A002 - PyTorch's name
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,  # windows at the end are cut anyway
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    axes: int,
) -> Expansion:
    """Work out one number of `avg_pool1d`, `avg_pool2d` or `avg_pool3d`.

    Args:
        at: Which number.
        input: (N×)C×….
        kernel_size: Sides of the window.
        stride: Steps of the window, its sides where there is none.
        padding: Zeros on each side.
        ceil_mode: Not used.
        count_include_pad: Whether places in the padding count as numbers.
        divisor_override: What the sum is divided by instead.
        axes: Of space.

    Returns:
        The mean.
    """
    sides, before = each_axis(kernel_size, axes), each_axis(padding, axes)
    steps = each_axis(stride or kernel_size, axes)
    window = _window(at, input, sides, steps, before, [1] * axes)
    divisor = math.prod(len(visited) for visited in window.places)
    if count_include_pad:  # what lies beyond the padding does not count
        divisor = math.prod(
            min(side, length + 2 * pad - place * step)
            for side, length, pad, place, step in zip(
                sides, input.shape[-axes:], before, at.index[-axes:], steps, strict=True
            )
        )
    return _mean(window.read(at, input), divisor_override or divisor, window.padded)


def adaptive_avg_pool(
    at: At,
    input: torch.Tensor,  # noqa: A002 - PyTorch's name
    output_size: Sizes,  # the output's own shape tells it
    *,
    axes: int,
) -> Expansion:
    """Work out one number of `adaptive_avg_pool1d`, `adaptive_avg_pool2d` or `adaptive_avg_pool3d`.

    Args:
        at: Which number.
        input: (N×)C×….
        output_size: Not used.
        axes: Of space.

    Returns:
        The mean over its share of the input.
    """
    numbers = _share(at, input, axes).read(at, input)
    return _mean(numbers, len(numbers), 0)


def lp_pool(
    at: At,
    input: torch.Tensor,  # noqa: A002 - PyTorch's name
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    ceil_mode: bool = False,  # windows at the end are cut anyway
    *,
    axes: int,
) -> Expansion:
    """Work out one number of `lp_pool1d`, `lp_pool2d` or `lp_pool3d`: the p-norm of a window.

    PyTorch multiplies the mean of the powers by the size of the whole window, so that a window which is cut
    off at the end counts as if it were whole.

    Args:
        at: Which number.
        input: (N×)C×….
        norm_type: p.
        kernel_size: Sides of the window.
        stride: Steps of the window, its sides where there is none.
        ceil_mode: Not used.
        axes: Of space.

    Returns:
        The norm; a term's part is that in the sum of powers.
    """
    power = float(norm_type)
    if not math.isfinite(power) or power == 0:
        raise UnexpandedError("lp_pool", f"the norm of {short(power)} is no root of a sum")
    sides = each_axis(kernel_size, axes)
    steps = each_axis(stride or kernel_size, axes)
    window = _window(at, input, sides, steps, [0] * axes, [1] * axes)
    numbers = window.read(at, input)
    scale = math.prod(sides) / len(numbers)
    terms = tuple(Term((number,), scale * _power(number.value, power)) for number in numbers)
    added = total([term.value for term in terms])
    value = _power(added, 1 / power)
    p = short(power)
    parts = joined([f"{factor(number.value)}^{p}" for number in shown(numbers)])
    start = "" if scale == 1 else f"{short(scale)}·"
    return Expansion(
        "norm", f"({'' if scale == 1 else 'scale·'}Σ input^{p})^(1/{p})",
        f"({start}({parts}))^(1/{p}) = {short(value)}" if start else f"({parts})^(1/{p}) = {short(value)}",
        terms, value, {"power": power, "scale": scale, "padded": window.padded},
    )  # fmt: skip


def _power(base: float, power: float) -> float:
    """Raise as PyTorch does: no complex numbers, infinities instead of errors."""
    try:
        return math.pow(base, power)
    except OverflowError:
        return math.inf
    except ValueError:  # a root of a negative number, or 0 to a negative power
        return math.inf if base == 0 else math.nan


def _window(
    at: At,
    tensor: torch.Tensor,
    sides: Sequence[int],
    steps: Sequence[int],
    before: Sequence[int],
    gaps: Sequence[int],
) -> Window:
    axes = len(sides)
    places = []
    for axis in range(axes):
        start = at.index[axis - axes] * steps[axis] - before[axis]
        visited = (start + gaps[axis] * k for k in range(sides[axis]))
        places.append([place for place in visited if 0 <= place < tensor.shape[axis - axes]])
    return Window(places, math.prod(sides) - math.prod(len(visited) for visited in places))


def _share(at: At, tensor: torch.Tensor, axes: int) -> Window:
    """Cut the input into as many shares as the output has places; they may overlap."""
    lengths, parts = tensor.shape[-axes:], at.outputs[at.output].shape[-axes:]
    return Window(
        [
            list(range(place * length // part, -(-(place + 1) * length // part)))
            for place, length, part in zip(at.index[-axes:], lengths, parts, strict=True)
        ],
        0,
    )


def _maximum(at: At, tensor: torch.Tensor, window: Window) -> Expansion:
    numbers = window.read(at, tensor)
    winner = max(range(len(numbers)), key=lambda place: (numbers[place].value, -place))
    for place, number in enumerate(numbers):
        if math.isnan(number.value):  # not a number wins over every number
            winner = place
    largest = numbers[winner]
    facts: dict[str, float | int | str] = {"winner": winner, "padded": window.padded}
    terms = tuple(Term((number,), number.value) for number in numbers)
    listed = joined([short(number.value) for number in shown(numbers)], ", ")
    worked = f"max({listed}) = {short(largest.value)}"
    if at.output == 0:
        return Expansion("maximum", "max input", worked, terms, largest.value, facts)
    place = 0
    for i, side in zip(
        (largest.index or ())[-len(window.places) :], tensor.shape[-len(window.places) :], strict=True
    ):
        place = place * side + i
    worked = f"argmax({listed}) = {place}"
    return Expansion("position", "argmax input", worked, terms, float(place), facts)


def _mean(numbers: list[Number], divisor: int, padded: int) -> Expansion:
    terms = tuple(Term((number,), number.value / divisor) for number in numbers)
    value = total([number.value for number in numbers]) / divisor
    worked = f"({line_of(terms)})/{divisor} = {short(value)}"
    return Expansion(
        "mean", f"(1/{divisor})·Σ input", worked, terms, value, {"divisor": divisor, "padded": padded}
    )
