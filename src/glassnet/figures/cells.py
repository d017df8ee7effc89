"""Numbers as coloured cells of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from glassnet.figures.lettering import short_number, write

if TYPE_CHECKING:
    from collections.abc import Sequence

Box = tuple[float, float, float, float]
PAPER, INK, MUTED, LINE, EMPTY = "#ffffff", "#16202b", "#5b6876", "#c9d2dc", "#f1f3f6"
DASH = "#9aa6b2"
MARK = "#e8590c"  # the window and what it makes
STRANGE = (200, 0, 200)  # NaN and infinities
NEGATIVE, ZERO, POSITIVE = (44, 111, 187), (255, 255, 255), (200, 60, 60)
LARGEST, SMALLEST_WHOLE = 64, 4  # pixels of a cell; smaller ones may end inside a pixel
NUMBERS_FROM, GRID_FROM, DASHES_FROM = 22, 14, 5  # pixels: smaller cells hold no number, no line, no dash
LETTERS = ((44, 16), (38, 14), (34, 13), (28, 11), (0, 9))  # cells of so many pixels -> height of letters
DARK = 400  # red + green + blue: below it letters are white


@dataclass(frozen=True)
class Plane:
    """Where cells of a grid lie, in pixels; `rows` and `columns` are all places shown, padding too."""

    left: float
    top: float
    cell: float
    rows: range
    columns: range

    def box(self, row: int, column: int) -> Box:
        """Give a cell.

        Args:
            row: Of the numbers; negative ones are padding.
            column: Likewise.

        Returns:
            Left, top, right and bottom.
        """
        x = self.left + (column - self.columns[0]) * self.cell
        y = self.top + (row - self.rows[0]) * self.cell
        return x, y, x + self.cell, y + self.cell

    def around(self, rows: Sequence[int], columns: Sequence[int]) -> Box:
        """Give what is around some rows and columns.

        Args:
            rows: In order.
            columns: In order.

        Returns:
            Left, top, right and bottom.
        """
        return (*self.box(rows[0], columns[0])[:2], *self.box(rows[-1], columns[-1])[2:])


def cell_size(room: int, count: int) -> float:
    """Choose the size of a cell, whole pixels where there are enough.

    Args:
        room: Pixels.
        count: Cells in it.

    Returns:
        Pixels.

    Example:
        >>> cell_size(352, 28), cell_size(352, 704), cell_size(352, 2)
        (12.0, 0.5, 64.0)
    """
    return float(min(room // count, LARGEST)) if room // count >= SMALLEST_WHOLE else room / count


def largest_of(values: np.ndarray) -> float:
    """Find the largest finite number without its sign.

    Args:
        values: Any shape.

    Returns:
        Above 0; 1 where there is none.
    """
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size and finite.max() > 0 else 1.0


def colours_of(values: np.ndarray, most: float) -> np.ndarray:
    """Give each number a colour: blue below zero, red above, white at zero.

    Args:
        values: Any shape.
        most: The number that gets the full colour.

    Returns:
        uint8, with three parts at the end.

    Example:
        >>> colours_of(np.array([0.0, 2.0]), 2.0).tolist()
        [[255, 255, 255], [200, 60, 60]]
    """
    share = np.clip(np.nan_to_num(values / most), -1, 1)[..., None]
    ends = np.where(share < 0, np.array(NEGATIVE), np.array(POSITIVE))
    mixed = np.array(ZERO) + np.abs(share) * (ends - np.array(ZERO))
    return np.rint(np.where(np.isfinite(values)[..., None], mixed, STRANGE)).astype(np.uint8)


def as_rgb(picture: np.ndarray) -> np.ndarray:
    """Give a picture three channels.

    Args:
        picture: uint8, H×W×C.

    Returns:
        uint8, H×W×3.
    """
    return np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture[:, :, :3]


def paste(image: Image.Image, colours: np.ndarray, plane: Plane, rows: range, columns: range) -> None:
    """Fill cells with colours.

    Args:
        image: That is drawn on.
        colours: uint8, rows × columns × 3.
        plane: Where the cells lie.
        rows: That are filled.
        columns: That are filled.
    """
    x0, y0, x1, y1 = plane.around(rows, columns)
    size = (max(1, round(x1 - x0)), max(1, round(y1 - y0)))
    way = Image.Resampling.NEAREST if plane.cell >= 1 else Image.Resampling.BOX
    image.paste(Image.fromarray(np.ascontiguousarray(colours)).resize(size, way), (round(x0), round(y0)))


def draw_grid(draw: ImageDraw.ImageDraw, plane: Plane, rows: range, columns: range) -> None:
    """Draw an edge around cells, and lines between those that are large enough.

    Args:
        draw: Of the picture.
        plane: Where the cells lie.
        rows: Of the numbers, without padding.
        columns: Likewise.
    """
    x0, y0, x1, y1 = plane.around(rows, columns)
    if plane.cell >= GRID_FROM:
        for row in rows:
            y = plane.box(row, columns[0])[1]
            draw.line((x0, y, x1, y), fill=LINE)
        for column in columns:
            x = plane.box(rows[0], column)[0]
            draw.line((x, y0, x, y1), fill=LINE)
    draw.rectangle((x0, y0, x1, y1), outline=MUTED)


def draw_dashed(draw: ImageDraw.ImageDraw, box: Box) -> None:
    """Draw a cell that holds no number.

    Args:
        draw: Of the picture.
        box: Left, top, right and bottom.
    """
    x0, y0, x1, y1 = box
    if x1 - x0 < DASHES_FROM:
        draw.point((x0, y0), fill=MUTED)
        return
    dash = 5 if x1 - x0 >= NUMBERS_FROM else 3
    for start in np.arange(0, x1 - x0, 2 * dash):
        end = min(start + dash, x1 - x0)
        for x, y, across in ((x0, y0, True), (x0, y1, True), (x0, y0, False), (x1, y0, False)):
            line = (x + start, y, x + end, y) if across else (x, y + start, x, y + end)
            draw.line(line, fill=DASH)


def write_number(draw: ImageDraw.ImageDraw, box: Box, value: float, colour: np.ndarray) -> None:
    """Write a number into a cell that is large enough for it.

    Args:
        draw: Of the picture.
        box: Left, top, right and bottom.
        value: The number.
        colour: uint8, 3: of the cell.
    """
    cell = box[2] - box[0]
    if cell < NUMBERS_FROM:
        return
    size = next(letters for least, letters in LETTERS if cell >= least)
    ink = PAPER if int(colour.astype(int).sum()) < DARK else INK
    write(draw, ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), short_number(value), size, ink, anchor="mm")


def write_numbers(
    draw: ImageDraw.ImageDraw,
    plane: Plane,
    values: np.ndarray,
    colours: np.ndarray,
    known: np.ndarray | None = None,
) -> None:
    """Write numbers into their cells where these are large enough.

    Args:
        draw: Of the picture.
        plane: Where the cells lie.
        values: rows × columns.
        colours: uint8, rows × columns × 3.
        known: Which of them are written; None: all.
    """
    if plane.cell < NUMBERS_FROM:
        return
    for (row, column), value in np.ndenumerate(values):
        if known is None or known[row, column]:
            write_number(draw, plane.box(row, column), value, colours[row, column])


def draw_cell(draw: ImageDraw.ImageDraw, box: Box, value: float | None, most: float, *, ring: bool) -> None:
    """Draw one number as a cell.

    Args:
        draw: Of the picture.
        box: Left, top, right and bottom.
        value: The number; None is drawn dashed.
        most: The number that gets the full colour.
        ring: Whether it is marked.
    """
    if value is None:
        draw_dashed(draw, box)
        return
    colour = colours_of(np.array(value), most).reshape(3)
    draw.rectangle(box, fill=tuple(int(part) for part in colour), outline=LINE)
    write_number(draw, box, value, colour)
    if ring:
        draw.rectangle(box, outline=MARK, width=3)
