"""Feature maps: what a layer makes of a picture, channel by channel, with one colour scale that is told."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from glassnet.draw import number_text
from glassnet.errors import UsageError, did_you_mean
from glassnet.figures.labels import shape_text
from glassnet.figures.map_figure import Beside, Grid, draw_maps, grid_of
from glassnet.texts import choose_language, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from glassnet.trace.trace import Trace, Value

MATRIX = 3  # axes of B×N×C


def draw_feature_maps(
    trace: Trace,
    layer: str,
    *,
    sample: int = 0,
    square: bool = False,
    channels_last: bool = False,
    picture: np.ndarray | None = None,
    lang: str | None = None,
) -> Figure:
    """Draw all channels of what a layer makes, with one colour scale, and the input beside them.

    Colours go from blue over white (0) to red where there are negative numbers, else from dark to light; the
    bar under the maps tells the smallest and largest number. Channels of zeros only are crossed out.

    Args:
        trace: Of one pass that kept the layer's output.
        layer: Path of a module or label of an operation: `conv1`, `relu_1`.
        sample: Which picture of the batch.
        square: Draw tokens, N×C, as C maps of √N×√N; a first token that is no part of a picture is left out.
        channels_last: The output is B×H×W×C.
        picture: What is shown beside, uint8 H×W×3 or H×W×1; None shows the network's input if it was kept.
        lang: `en` or `zh`; None chooses.

    Returns:
        The figure.

    Raises:
        UsageError: There is no such layer, its output was not kept, or it has no maps of that kind.
    """
    words = texts(choose_language(lang), "maps")
    value = trace.values[value_of_layer(trace, layer)]
    numbers = kept_numbers(trace, value, layer)
    if value.shape and not 0 <= sample < max(1, value.shape[0]):
        raise UsageError(
            "there is no such picture in the batch", got=sample, expected=f"0 to {value.shape[0] - 1}"
        )
    maps, how = as_maps(numbers, sample, square=square, channels_last=channels_last)
    told = words[how].format(count=f"{len(maps):,}", tall=maps.shape[1], wide=maps.shape[2])
    grid = noted(grid_of(maps, title=f"{layer}  {shape_text(value.shape)}", notes=[told]), words)
    return draw_maps(grid, _beside(trace, sample, picture, words))


def value_of_layer(trace: Trace, layer: str) -> int:
    """Find what a layer makes: the output of a module, or of an operation.

    Args:
        trace: Of one pass.
        layer: Path of a module or label of an operation.

    Returns:
        The number of the value; of a module that was called more than once that of the first call.

    Raises:
        UsageError: There is no such layer, or it makes no tensor.
    """
    for call in trace.calls:
        if call.path == layer and call.outputs:
            return call.outputs[0]
    for op in trace.ops:
        if op.label == layer and op.outputs:
            return op.outputs[0]
    known = dict.fromkeys([call.path for call in trace.calls if call.path] + [op.label for op in trace.ops])
    raise UsageError(
        "there is no layer with this name",
        where=trace.network,
        got=repr(layer),
        hint=did_you_mean(layer, known),
    )


def kept_numbers(trace: Trace, value: Value, layer: str) -> np.ndarray:
    """Give the numbers of a value that the trace kept.

    Args:
        trace: Of one pass.
        value: One of its values.
        layer: What asks for it, for the error.

    Returns:
        float32 numbers in the value's shape; of complex numbers their size.

    Raises:
        UsageError: The trace did not keep them.
    """
    kept = trace.kept.get(value.number)
    if kept is None:
        raise UsageError(
            "the trace did not keep these numbers", where=layer, got=value.name,
            hint=f'record(net, images, keep=["{layer}"]) keeps them, keep="all" all',
        )  # fmt: skip
    kept = kept.detach().cpu()
    return (kept.abs() if kept.is_complex() else kept).float().numpy()


def as_maps(
    numbers: np.ndarray, sample: int, *, square: bool = False, channels_last: bool = False
) -> tuple[np.ndarray, str]:
    """Bring a tensor into maps.

    Args:
        numbers: B×C×H×W, B×C×D×H×W (its slices side by side), B×N×C (one map, rows are tokens), B×N or N.
        sample: Which of the batch.
        square: Tokens as maps, one for each channel.
        channels_last: B×H×W×C.

    Returns:
        N×H×W, and what they are: `channels`, `tokens`, `tokens_first_left_out`, `matrix` or `numbers`.

    Raises:
        UsageError: Tokens are no square, or the tensor has no numbers or too many axes.

    Example:
        >>> as_maps(np.zeros((2, 8, 4, 4)), 0)[0].shape
        (8, 4, 4)
        >>> as_maps(np.zeros((2, 17, 6)), 0, square=True)[0].shape
        (6, 4, 4)
    """
    one = numbers[sample] if numbers.ndim > 1 else numbers
    if one.size == 0 or numbers.ndim > 5:  # noqa: PLR2004 — B×C×D×H×W
        raise UsageError("this tensor cannot be drawn as maps", got=shape_text(numbers.shape))
    if square:
        return _square(one)
    if one.ndim < 2:  # noqa: PLR2004
        return one.reshape(-1, 1, 1), "numbers"
    if one.ndim == 2:  # noqa: PLR2004
        return one[None], "matrix"
    if channels_last:
        one = np.moveaxis(one, -1, 0)
    if one.ndim == 4:  # noqa: PLR2004 — C×D×H×W
        channels, depth, height, width = one.shape
        return one.transpose(0, 2, 1, 3).reshape(channels, height, depth * width), "channels"
    return one, "channels"


def _square(tokens: np.ndarray) -> tuple[np.ndarray, str]:
    if tokens.ndim != 2:  # noqa: PLR2004
        raise UsageError("only tokens, B×N×C, can be drawn as squares", got=f"{tokens.ndim + 1} axes")
    count = len(tokens)
    for left_out, how in ((0, "tokens"), (1, "tokens_first_left_out")):
        side = math.isqrt(count - left_out)
        if side > 0 and side * side == count - left_out:
            return tokens[left_out:].T.reshape(-1, side, side), how
    raise UsageError(
        "the tokens are no square picture", got=f"{count} tokens", expected="N or N − 1 a square number"
    )


def noted(grid: Grid, words: Mapping[str, str]) -> Grid:
    """Add the notes that follow from the numbers: the scale, what is dead, what is not finite.

    Args:
        grid: Maps of numbers with their first notes.
        words: Texts of the table `maps`.

    Returns:
        The grid; single numbers and a single map are not crossed out.
    """
    count, size = len(grid.maps), grid.maps[0].size
    sign = "scale_signed" if grid.scale.diverging else "scale_plain"
    notes = [
        *grid.notes,
        words[sign].format(low=number_text(grid.scale.low), high=number_text(grid.scale.high)),
    ]
    if grid.dead and count > 1:
        key = "dead" if size > 1 else "dead_numbers"
        notes.append(words[key].format(dead=f"{len(grid.dead):,}", count=f"{count:,}"))
    strange = int((~np.isfinite(grid.maps)).sum())
    if strange:
        notes.append(words["not_finite"].format(count=f"{strange:,}"))
    dead = grid.dead if size > 1 and count > 1 else ()
    return replace(grid, notes=tuple(notes), dead=dead, reduced=words["reduced"])


def _beside(trace: Trace, sample: int, picture: np.ndarray | None, words: Mapping[str, str]) -> Beside | None:
    """Take the picture that is given, or the network's input as it was kept, brought into 0..255."""
    if picture is not None:
        height, width, channels = picture.shape
        return Beside(picture, (words["picture"], f"{channels}×{height}×{width}"))
    for number in trace.inputs:
        value = trace.values[number]
        kept = trace.kept.get(number)
        if kept is None or len(value.shape) != 4 or value.shape[1] not in (1, 3):  # noqa: PLR2004 — B×C×H×W
            continue
        image = np.moveaxis(kept[sample].detach().cpu().float().numpy(), 0, -1)
        low, high = float(image.min()), float(image.max())
        shown = ((image - low) / ((high - low) or 1.0) * 255).round().astype(np.uint8)
        told = words["input_scale"].format(low=number_text(low), high=number_text(high))
        return Beside(shown, (f"{value.name}  {shape_text(value.shape[1:])}", told))
    return None
