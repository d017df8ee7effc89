"""Pictures to sheets: many small ones in one image, so that a page of thousands stays small."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_SIDE = 64  # px of a picture on a sheet; larger ones are made smaller
QUALITY = 85  # of lossy WebP: no difference is seen at this size
LOSSLESS_PIXELS = 60_000  # a sheet up to here is kept exactly
BLOCK = 16  # px: lossy WebP codes such blocks; pictures that share none do not run into each other


@dataclass(frozen=True)
class Sheet:
    """Pictures in one image.

    Attributes:
        id: Of the image in the page.
        address: The image itself, as a data address.
        width: Of a picture in px.
        height: Of a picture in px.
        across: From one picture to the next in px.
        down: From one row to the next in px.
        columns: Pictures in a row.
        rows: Rows.
    """

    id: str
    address: str
    width: int
    height: int
    across: int
    down: int
    columns: int
    rows: int

    @property
    def image(self) -> Markup:
        """The element that holds the image, for the page's definitions."""
        return Markup('<image id="{}" width="{}" height="{}" href="{}"/>').format(
            self.id, self.columns * self.across, self.rows * self.down, self.address
        )

    def show(self, place: int, name: str) -> Markup:
        """Show one of the pictures.

        Args:
            place: Its number on the sheet.
            name: What it is, for screen readers and the pointer.

        Returns:
            An element.
        """
        x, y = place % self.columns * self.across, place // self.columns * self.down
        return Markup(
            '<svg class="pic" viewBox="{} {} {} {}" role="img" aria-label="{}"><title>{}</title>'
            '<use href="#{}"/></svg>'
        ).format(x, y, self.width, self.height, name, name, self.id)


def sheet_of(images: np.ndarray, id: str) -> Sheet:  # noqa: A002
    """Put pictures onto one sheet.

    Args:
        images: uint8, N×H×W×C with C 1 or 3, at least one.
        id: Of the image in the page.

    Returns:
        The sheet; pictures larger than 64 px are made smaller.

    Example:
        >>> sheet = sheet_of(np.zeros((5, 28, 28, 1), np.uint8), "s")
        >>> sheet.columns, sheet.rows, sheet.address[:23]
        (3, 2, 'data:image/webp;base64,')
    """
    images = np.stack([_small(image) for image in images])
    count, height, width, channels = images.shape
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    across, down = (-(-side // BLOCK) * BLOCK for side in (width, height))
    canvas = np.zeros((rows * down, columns * across, channels), np.uint8)
    for place, image in enumerate(images):
        top, left = place // columns * down, place % columns * across
        padding = ((0, down - height), (0, across - width), (0, 0))
        canvas[top : top + down, left : left + across] = np.pad(image, padding, "edge")
    return Sheet(id, webp_address(canvas), width, height, across, down, columns, rows)


def webp_address(image: np.ndarray) -> str:
    """Write a picture as an address that holds it: exact where that is small.

    Args:
        image: uint8, H×W×C with C 1 or 3.

    Returns:
        `data:image/webp;base64,…`.
    """
    drawn = Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)
    stream = io.BytesIO()
    if image.shape[0] * image.shape[1] <= LOSSLESS_PIXELS:
        drawn.save(stream, "WEBP", lossless=True, quality=30, method=2)
    else:
        drawn.save(stream, "WEBP", quality=QUALITY, method=3)
    return f"data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode()}"


def most_a_group(counts: Sequence[int], budget: int) -> int:
    """Choose how many of each group are shown, so that all together stay within a bound.

    Args:
        counts: Of each group.
        budget: Of all.

    Returns:
        The most of any one group; at least 1.

    Example:
        >>> most_a_group([100, 2, 3], 10)
        5
    """
    low, high = 1, max([1, *counts])
    while low < high:
        middle = (low + high + 1) // 2
        if sum(min(count, middle) for count in counts) <= budget:
            low = middle
        else:
            high = middle - 1
    return low


def _small(image: np.ndarray) -> np.ndarray:
    """Make a picture smaller where it is large; its channels stay."""
    height, width, channels = image.shape
    factor = MOST_SIDE / max(height, width)
    if factor >= 1:
        return image
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    drawn = Image.fromarray(image[:, :, 0] if channels == 1 else image).resize(size, Image.Resampling.BOX)
    return np.asarray(drawn).reshape(size[1], size[0], channels)
