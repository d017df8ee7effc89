"""Windows to what a page holds: planes, kernels and PyTorch's own numbers, within a bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from glassnet.pages.parts import base64_float32

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glassnet.inspection.windows import Axis, Windowed

MAX_NUMBERS = 900_000  # of one page: 3.6 MB, a third more in base64


@dataclass(frozen=True, slots=True)
class Cut:
    """What of an operation a page holds: channels, rows and columns of the output."""

    channels: tuple[int, ...]
    rows: range
    columns: range


def choose_cut(window: Windowed, at: tuple[int, int, int], *, most: int = MAX_NUMBERS) -> Cut:
    """Choose what a page holds: all; else fewer channels; else also a part of the output around a place.

    Args:
        window: The operation.
        at: Channel, row and column of the output that must be in it.
        most: Numbers.

    Returns:
        The part.
    """
    channels, height, width = window.output.shape
    rows, columns = range(height), range(width)
    whole = Cut(tuple(range(channels)), rows, columns)
    if _cost(window, whole) <= most:
        return whole
    one = Cut((at[0],), rows, columns)
    while _cost(window, one) > most and len(one.rows) * len(one.columns) > 1:
        one = Cut(one.channels, _half(one.rows, at[1]), _half(one.columns, at[2]))
    kept = one
    for channel in range(channels):
        if channel != at[0]:
            larger = Cut(tuple(sorted({*kept.channels, channel})), kept.rows, kept.columns)
            if _cost(window, larger) > most:
                break
            kept = larger
    return kept


def _half(places: range, middle: int) -> range:
    """Keep the half of a range around a place."""
    length = max(1, len(places) // 2)
    start = min(max(middle - length // 2, places[0]), places[-1] + 1 - length)
    return range(start, start + length)


def _cost(window: Windowed, cut: Cut) -> int:
    """Count the numbers that a part needs: input, kernels and output."""
    sources = {source for channel in cut.channels for source in window.channels_of(channel)}
    rows, columns = _touched(window.rows, cut.rows), _touched(window.columns, cut.columns)
    kernel = window.kernel[0] * window.kernel[1] * len(window.channels_of(0))
    each = len(cut.rows) * len(cut.columns) + (kernel if window.weight is not None else 0)
    height, width = (min(len(t), n) for t, n in zip((rows, columns), window.input.shape[1:], strict=True))
    return len(sources) * height * width + len(cut.channels) * each


def _touched(axis: Axis, places: range) -> range:
    touched = [at for place in places for _, at in axis[place]]
    return range(min(touched), max(touched) + 1) if touched else range(1)


def window_data(window: Windowed, cut: Cut) -> dict[str, object]:
    """Write a part of an operation as plain JSON; all numbers are float32 in base64, bit for bit.

    Args:
        window: The operation.
        cut: The part.

    Returns:
        `input` and `output` with the first row and column that they begin with, `weight` as
        channels × sources × kernel, `sources` from, to (in the page's input) for each channel.
    """
    sources = sorted({source for channel in cut.channels for source in window.channels_of(channel)})
    height, width = window.input.shape[1:]
    whole = (len(cut.rows), len(cut.columns)) == tuple(window.output.shape[1:])
    rows = range(height) if whole else _inside(_touched(window.rows, cut.rows), height)
    columns = range(width) if whole else _inside(_touched(window.columns, cut.columns), width)
    inputs = window.input[sources, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    outputs = window.output[
        list(cut.channels), cut.rows[0] : cut.rows[-1] + 1, cut.columns[0] : cut.columns[-1] + 1
    ]
    spans = [
        [sources.index(window.channels_of(channel)[0]), sources.index(window.channels_of(channel)[-1]) + 1]
        for channel in cut.channels
    ]
    return {
        "kind": window.kind,
        "divisor": window.divisor,
        "kernel": list(window.kernel),
        "whole": {"input": list(window.input.shape), "output": list(window.output.shape)},
        "input": {
            "channels": sources, "first": [rows[0], columns[0]], "shape": list(inputs.shape),
            "data": base64_float32(inputs),
        },
        "output": {
            "channels": list(cut.channels), "first": [cut.rows[0], cut.columns[0]],
            "shape": list(outputs.shape), "data": base64_float32(outputs),
        },
        "sources": spans,
        "weight": base64_float32(_kernels(window, window.weight, cut.channels))
        if window.weight is not None
        else None,
        "bias": base64_float32(window.bias[list(cut.channels)]) if window.bias is not None else None,
        "rows": [[list(tap) for tap in window.rows[place]] for place in cut.rows],
        "columns": [[list(tap) for tap in window.columns[place]] for place in cut.columns],
    }  # fmt: skip


def _inside(places: range, length: int) -> range:
    return range(max(0, places[0]), min(length, places[-1] + 1))


def _kernels(window: Windowed, weight: torch.Tensor, channels: Sequence[int]) -> torch.Tensor:
    """Give the kernels of some channels of the output: channels × sources × K×K."""
    if window.kind != "transposed":
        return weight[list(channels)]
    per_group = window.output.shape[0] // window.groups
    kernels = [
        weight[window.channels_of(channel)[0] : window.channels_of(channel)[-1] + 1, channel % per_group]
        for channel in channels
    ]
    return torch.stack(kernels)
