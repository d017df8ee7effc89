"""Maps of numbers as one figure: a grid with one shared colour scale, every number a crisp square."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

from glassnet.draw import BAD, DPI, INK, Scale, coloured, fonts, new_figure, number_text, scale_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGIN, SPACE = 18, 5  # px: around; between maps
LABEL, LINE = 15, 17  # px: height of a map's number; of a line of text
PICTURE = 190  # px, width of the picture beside
BAR = (300, 13)  # px: width and height of the colour bar
MOST = 5200  # px, width of a grid; above it numbers are left out, and that is said
SIDES = (
    (2, 300),
    (6, 230),
    (16, 170),
    (64, 118),
    (128, 84),
    (256, 64),
    (768, 44),
)  # up to so many maps: px of a side
LEAST_SIDE, LABELLED = 34, 22  # px: of a side with more maps; narrower maps have no number each
LONE = 60  # px, of the square of a number that is no map
VALUES = 40  # px, from which on a lone number is written into its square
PALE = 0.45  # of full colour: a number on a lighter ground is written in ink
GREY = "#5b6773"


@dataclass(frozen=True, slots=True)
class Grid:
    """Maps to be drawn.

    Attributes:
        maps: N×H×W float numbers, or N×H×W×3 uint8 colours that are shown as they are.
        title: In bold.
        notes: Lines under it.
        scale: Of the numbers.
        columns: Maps in a row, or None to choose.
        dead: Which maps are marked as all zero.
        first: Number of the first map; counting goes on from it.
        reduced: What is said where only one number of so many can be drawn, with a field `step`.
        table: Rows and columns have a number each, instead of each map.
        bar: Texts at the colour bar's left and right end, for colours that are given; None shows the scale.
    """

    maps: np.ndarray
    title: str
    notes: tuple[str, ...]
    scale: Scale
    columns: int | None = None
    dead: tuple[int, ...] = ()
    reduced: str = "1:{step}"
    table: bool = False
    bar: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """The picture beside the maps: uint8 H×W×3 or H×W×1, with lines of text under it."""

    image: np.ndarray
    lines: tuple[str, ...]


def draw_maps(grid: Grid, beside: Beside | None = None) -> Figure:
    """Draw maps in rows, with their numbers, the colour scale, and a picture beside them.

    Args:
        grid: The maps.
        beside: The picture, if there is one.

    Returns:
        The figure, as large as it needs to be.
    """
    count, tall, wide = grid.maps.shape[:3]
    columns = grid.columns or choose_columns(count, tall, wide)
    rows = -(-count // columns)
    factor = magnification(count, tall, wide)
    step = max(1, -(-columns * (wide + SPACE) // MOST))
    maps = grid.maps[:, ::step, ::step]
    cell_wide, cell_tall = maps.shape[2] * factor, maps.shape[1] * factor
    label = LABEL if cell_wide >= LABELLED and count > 1 and not grid.table else 0
    row_number = 0 if label or count == 1 else 34
    column_number = LABEL if grid.table else 0
    body_wide = row_number + columns * (cell_wide + SPACE) - SPACE
    body_tall = column_number + rows * (cell_tall + label + SPACE) - SPACE
    left = MARGIN + (PICTURE + 24 if beside else 0)
    notes = [*grid.notes, *([grid.reduced.format(step=step)] if step > 1 else [])]
    head = 26 + LINE * len(notes) + 10
    width = max(left + body_wide, left + BAR[0], _text_px(grid.title, notes)) + MARGIN
    beside_tall = _beside_px(beside) if beside else 0
    height = MARGIN + head + max(body_tall + 52, beside_tall) + MARGIN
    with matplotlib.rc_context({"font.family": list(fonts()), "text.color": INK}):
        figure = new_figure(width / DPI, height / DPI)
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0, width), ylim=(height, 0))
        axes.set_axis_off()
        axes.set_autoscale_on(False)
        _text(axes, MARGIN, MARGIN + 10, grid.title, size=13, weight="bold")
        for number, note in enumerate(notes):
            _text(axes, MARGIN, MARGIN + 26 + LINE * number + 8, note, size=8.5, colour=GREY)
        top = MARGIN + head
        if beside:
            _draw_beside(axes, beside, top)
        sheet = _sheet(grid, maps, factor, columns, label, row_number)
        _image(axes, sheet, left, top)
        x0 = left + row_number
        _draw_bar(axes, grid, x0, top + body_tall + 14)
    return figure


def choose_columns(count: int, tall: int, wide: int) -> int:
    """Choose how many maps stand in a row: about 8 to 5, all rows full where that can be.

    Args:
        count: How many maps.
        tall: Height of a map.
        wide: Width of a map.

    Returns:
        Columns.

    Example:
        >>> [choose_columns(count, 1, 1) for count in (1, 6, 64, 2048)]
        [1, 3, 8, 64]
    """
    wanted = max(1.0, (count * 1.6 * tall / wide) ** 0.5)
    near = [columns for columns in range(1, count + 1) if 0.7 * wanted <= columns <= 1.45 * wanted] or [1]
    return min(near, key=lambda columns: (-(-count // columns) * columns - count, abs(columns - wanted)))


def magnification(count: int, tall: int, wide: int) -> int:
    """Choose into how many px a side of each number is drawn.

    Args:
        count: How many maps.
        tall: Height of a map.
        wide: Width of a map.

    Returns:
        A whole number, so that all squares are alike.

    Example:
        >>> magnification(64, 28, 28), magnification(2048, 7, 7), magnification(64, 224, 224)
        (4, 5, 1)
    """
    side = next((px for most, px in SIDES if count <= most), LEAST_SIDE)
    longest = max(tall, wide)
    if longest == 1:
        side = min(side, LONE)
    if count == 1 and longest > side:
        side = 900
    return max(1, round(side / longest))


def _text_px(title: str, notes: Sequence[str]) -> int:
    return int(max([len(title) * 10.5, *(len(note) * 6.6 for note in notes)])) + MARGIN


def _text(
    axes: Axes, x: float, y: float, text: str, *, size: float, colour: str = INK, ha: str = "left",
    weight: str = "normal",
) -> None:  # fmt: skip
    axes.text(x, y, text, fontsize=size, color=colour, ha=ha, va="center", weight=weight, parse_math=False)


def _image(axes: Axes, colours: np.ndarray, x: float, y: float, wide: float = 0, tall: float = 0) -> None:
    """Put colours on the figure, one px each where no size is given."""
    height, width = colours.shape[:2]
    extent = (x, x + (wide or width), y + (tall or height), y)
    axes.imshow(colours, extent=extent, interpolation="nearest", aspect="auto", resample=False)


def _sheet(
    grid: Grid, maps: np.ndarray, factor: int, columns: int, label: int, row_number: int
) -> np.ndarray:
    """Make the picture of all maps and numbers: by hand, since matplotlib takes a second for 300 texts."""
    count, tall, wide = len(maps), maps.shape[1] * factor, maps.shape[2] * factor
    rows = -(-count // columns)
    first = LABEL if grid.table else 0
    size = (row_number + columns * (wide + SPACE) - SPACE, first + rows * (tall + label + SPACE) - SPACE)
    sheet = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(sheet)
    small, normal = _digits(9), _digits(11)
    for index in range(count):
        x = row_number + (index % columns) * (wide + SPACE)
        y = first + (index // columns) * (tall + label + SPACE) + label
        colours = maps[index] if maps.ndim == 4 else coloured(maps[index], grid.scale)  # noqa: PLR2004 — N×H×W×3
        sheet.paste(Image.fromarray(colours.repeat(factor, 0).repeat(factor, 1)), (x, y))
        dead = index in grid.dead
        if label:
            pen.text((x, y - 3), str(index), BAD if dead else GREY, small, anchor="ls")
        elif count > 1 and index % columns == 0:
            row = index // columns if grid.table else index
            pen.text((row_number - 6, y + tall / 2), str(row), GREY, small, anchor="rm")
        if grid.table and index < columns:
            pen.text((x + wide / 2, y - 3), str(index), GREY, small, anchor="ms")
        if dead:
            pen.line([(x, y), (x + wide - 1, y + tall - 1)], BAD)
            pen.line([(x, y + tall - 1), (x + wide - 1, y)], BAD)
        if grid.maps.shape[1:] == (1, 1) and wide >= VALUES:
            text = f"{float(maps[index, 0, 0]):.3g}".replace("-", "−")
            ink = INK if colours[0, 0] @ (0.3, 0.59, 0.11) > PALE * 255 else "white"
            pen.text((x + wide / 2, y + tall / 2), text, ink, normal, anchor="mm")
    return np.asarray(sheet)


@cache
def _digits(size: int) -> ImageFont.FreeTypeFont:
    """Load the font that matplotlib brings; it has all digits and signs."""
    return ImageFont.truetype(font_manager.findfont("DejaVu Sans"), size)


def _beside_px(beside: Beside) -> int:
    height, width = beside.image.shape[:2]
    return int(PICTURE * height / width) + 8 + LINE * len(beside.lines)


def _draw_beside(axes: Axes, beside: Beside, top: float) -> None:
    image = beside.image.repeat(3, 2) if beside.image.shape[2] == 1 else beside.image
    tall = PICTURE * image.shape[0] / image.shape[1]
    _image(axes, image, MARGIN, top, PICTURE, tall)
    for number, line in enumerate(beside.lines):
        _text(axes, MARGIN, top + tall + 14 + LINE * number, line, size=8, colour=GREY)


def _draw_bar(axes: Axes, grid: Grid, x: float, y: float) -> None:
    """Draw the colour scale with the smallest number, zero and the largest."""
    wide, tall = BAR
    if grid.bar is not None:
        shades = np.linspace(0, 255, wide).astype(np.uint8)[None, :, None].repeat(3, 2).repeat(tall, 0)
        _image(axes, shades, x, y)
        _text(axes, x, y + tall + 10, grid.bar[0], size=8)
        _text(axes, x + wide, y + tall + 10, grid.bar[1], size=8, ha="right")
        return
    low, high = grid.scale.ends
    ramp = np.linspace(low, high, wide)[None].repeat(tall, 0)
    _image(axes, coloured(ramp, grid.scale), x, y)
    marks = dict.fromkeys([grid.scale.low, grid.scale.high])
    if grid.scale.diverging and all(abs(mark) > 0.25 * high for mark in marks):
        marks[0.0] = None
    for mark in marks:
        at = x + wide * (mark - low) / ((high - low) or 1.0)
        axes.plot([at, at], [y + tall, y + tall + 4], color=INK, linewidth=0.8)
        ha = "left" if at - x < 20 else "right" if x + wide - at < 20 else "center"  # noqa: PLR2004 — px
        _text(axes, at, y + tall + 12, number_text(mark), size=8, ha=ha)


def grid_of(
    maps: np.ndarray,
    *,
    title: str,
    notes: Sequence[str],
    columns: int | None = None,
    reduced: str = "1:{step}",
) -> Grid:
    """Gather maps of numbers with their shared scale, and find the dead ones.

    Args:
        maps: float, N×H×W.
        title: What they are.
        notes: Lines under the title.
        columns: Maps in a row, or None to choose.
        reduced: What is said where not all numbers can be drawn.

    Returns:
        The grid; a map is dead where every number of it is exactly 0.

    Example:
        >>> grid_of(np.zeros((2, 3, 3)), title="conv1", notes=[]).dead
        (0, 1)
    """
    dead = tuple(int(index) for index in np.flatnonzero((maps == 0).all(axis=(1, 2))))
    return Grid(maps, title, tuple(notes), scale_of(maps), columns, dead, reduced)
