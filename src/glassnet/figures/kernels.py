"""The weights of a layer as pictures: a first convolution's in colour, others as a grid."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from glassnet.draw import Scale, number_text
from glassnet.errors import UsageError, did_you_mean
from glassnet.figures.labels import shape_text
from glassnet.figures.map_figure import Grid, draw_maps, grid_of
from glassnet.figures.maps import noted
from glassnet.texts import choose_language, texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import nn

MOST_ROWS, MOST_COLUMNS = 32, 32  # kernels that are drawn; the rest is left out, and that is said
COLOURS = 3


def draw_kernels(net: nn.Module, layer: str, *, lang: str | None = None) -> Figure:
    """Draw the weights of a layer with one scale.

    The kernels of a convolution over three channels are colour pictures: grey is 0, and the largest weight in
    size, of all kernels, is full colour. Of any other convolution each row is an output channel and each
    column an input channel; of a linear layer the weights are one map.

    Args:
        net: Any network.
        layer: Path of a module with a weight.
        lang: `en` or `zh`; None chooses.

    Returns:
        The figure.

    Raises:
        UsageError: There is no such module, or it has no weight of two to five axes.

    Example:
        >>> from torch import nn
        >>> figure = draw_kernels(nn.Sequential(nn.Conv2d(3, 8, 5)), "0", lang="en")
        >>> len(figure.axes[0].images)  # all kernels, and the scale
        2
    """
    words = texts(choose_language(lang), "maps")
    weight = weight_of(net, layer)
    title = f"{layer}.weight  {shape_text(weight.shape)}"
    if weight.ndim == 2:  # noqa: PLR2004 — a linear layer
        note = words["kernels_matrix"].format(outside=f"{weight.shape[0]:,}", inside=f"{weight.shape[1]:,}")
        return draw_maps(noted(grid_of(weight[None], title=title, notes=[note]), words))
    if weight.ndim == 3:  # noqa: PLR2004 — of one axis
        weight = weight[:, :, None, :]
    if weight.ndim == 5:  # noqa: PLR2004 — of three axes: their slices side by side
        outside, inside, depth, tall, wide = weight.shape
        weight = weight.transpose(0, 1, 3, 2, 4).reshape(outside, inside, tall, depth * wide)
    if weight.shape[1] == COLOURS:
        return draw_maps(as_colours(weight, title, words))
    return draw_maps(_as_grid(weight, title, words))


def weight_of(net: nn.Module, layer: str) -> np.ndarray:
    """Give the weight of a module.

    Args:
        net: Any network.
        layer: Path of a module.

    Returns:
        float32.

    Raises:
        UsageError: There is no such module, or it has no weight of two to five axes.
    """
    modules = dict(net.named_modules())
    with_weight = [
        path
        for path, module in modules.items()
        if getattr(getattr(module, "weight", None), "ndim", 0) in range(2, 6)
    ]
    if layer not in with_weight:
        what = "this module has no kernels" if layer in modules else "there is no module with this path"
        raise UsageError(
            what, where=type(net).__name__, got=repr(layer), hint=did_you_mean(layer, with_weight)
        )
    return modules[layer].weight.detach().cpu().float().numpy()  # type: ignore[union-attr]


def as_colours(weight: np.ndarray, title: str, words: dict[str, str]) -> Grid:
    """Turn kernels over three channels into small colour pictures with one scale.

    Args:
        weight: float, outputs×3×H×W.
        title: What they are.
        words: Texts of the table `maps`.

    Returns:
        Maps of colours: grey is 0, black −most, white most, with most the largest weight in size.
    """
    finite = np.nan_to_num(weight, nan=0.0, posinf=0.0, neginf=0.0)
    most = float(np.abs(finite).max())
    colours = np.moveaxis(np.round((finite / (most or 1.0) + 1) * 127.5).astype(np.uint8), 1, -1)
    count, tall, wide = colours.shape[:3]
    note = words["kernels_colour"].format(count=count, tall=tall, wide=wide)
    ends = (number_text(-most), number_text(most))
    dead = tuple(int(index) for index in np.flatnonzero((weight == 0).all(axis=(1, 2, 3))))
    return Grid(
        colours, title, (note,), Scale(float(finite.min()), float(finite.max())), None, dead, bar=ends
    )


def _as_grid(weight: np.ndarray, title: str, words: dict[str, str]) -> Grid:
    outside, inside, tall, wide = weight.shape
    drawn = weight[:MOST_ROWS, :MOST_COLUMNS] if inside > 1 else weight[: MOST_ROWS * MOST_COLUMNS]
    note = words["kernels_grid"].format(outside=f"{outside:,}", inside=f"{inside:,}", tall=tall, wide=wide)
    notes = [note]
    if drawn.shape[:2] != (outside, inside):
        notes.append(
            words["kernels_first"].format(
                outside=drawn.shape[0],
                all_outside=f"{outside:,}",
                inside=drawn.shape[1],
                all_inside=f"{inside:,}",
            )
        )
    columns = drawn.shape[1] if inside > 1 else None
    maps = drawn.reshape(-1, tall, wide)
    return replace(noted(grid_of(maps, title=title, notes=notes, columns=columns), words), table=inside > 1)
