"""Words and numbers written on a picture, in fonts that have their characters."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

from matplotlib import font_manager
from PIL import ImageFont

from glassnet.draw import fonts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import ImageDraw

FIRST_CHINESE = "⺀"  # characters from here on are in none of the Latin fonts
PLAIN_UP_TO = 1e6  # whole numbers below it are written with all digits
IN_CELL_UP_TO, NEAR_ZERO = (
    1000,
    0.005,
)  # in a cell: larger ones lose what is behind the point, smaller ones are ~0


def number(value: float) -> str:
    """Write a number with at most four significant digits, whole ones without a point.

    Args:
        value: Any float.

    Returns:
        `10`, `−0.25`, `1.2e−05`.

    Example:
        >>> number(10.0), number(-0.25), number(0.000012)
        ('10', '−0.25', '1.2e−05')
    """
    whole = abs(value) < PLAIN_UP_TO and value == round(value)
    text = f"{value:.0f}" if whole else f"{value:.4g}"
    return ("0" if text == "-0" else text).replace("-", "−")


def short_number(value: float) -> str:
    """Write a number into a cell.

    Args:
        value: Any float.

    Returns:
        At most five characters: `12`, `−.25`, `3.14`, `~0`.

    Example:
        >>> short_number(-0.254), short_number(12.0), short_number(0.001), short_number(99.96)
        ('−.25', '12', '~0', '100')
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    size = abs(value)
    if value == round(value) and size < IN_CELL_UP_TO:
        text = f"{value:.0f}"
    elif size < NEAR_ZERO:
        text = "~0"
    else:
        digits = 2 if round(size, 2) < 10 else 1 if round(size, 1) < 100 else 0  # noqa: PLR2004 - decimal places
        text = f"{value:.{digits}f}"
        text = text.replace("0.", ".", 1) if round(size, 2) < 1 else text
    return ("0" if text == "-0" else text).replace("-", "−")


def signed(value: float) -> str:
    """Write a number as a further part of a sum.

    Args:
        value: Any float.

    Returns:
        With its sign and a space.

    Example:
        >>> signed(-2.0), signed(0.5)
        ('− 2', '+ 0.5')
    """
    return f"− {number(-value)}" if value < 0 else f"+ {number(value)}"


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font_manager.findfont(name), size)


def _runs(text: str, size: int) -> list[tuple[str, ImageFont.FreeTypeFont]]:
    """Cut a text where its font changes: Latin letters and digits, Chinese characters."""
    latin, *chinese = fonts()
    runs: list[tuple[str, ImageFont.FreeTypeFont]] = []
    for character in text:
        foreign = character >= FIRST_CHINESE and bool(chinese)
        font = _font(chinese[0] if foreign else latin, size)
        if runs and runs[-1][1] is font:
            runs[-1] = (runs[-1][0] + character, font)
        else:
            runs.append((character, font))
    return runs


def width_of(text: str, size: int) -> float:
    """Measure a text.

    Args:
        text: In any language.
        size: Of the letters, pixels.

    Returns:
        Pixels.
    """
    return sum(font.getlength(run) for run, font in _runs(text, size))


def write(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: int,
    colour: str,
    *,
    anchor: str = "ls",
) -> None:
    """Write a line of text in the fonts that have its characters.

    Args:
        draw: Of a picture.
        at: x and y of the anchor, pixels.
        text: One line.
        size: Of the letters, pixels.
        colour: `#rrggbb`.
        anchor: As Pillow names it: left, middle or right, then `m` for the middle or `s` for the baseline.
    """
    x, y = at
    x -= {"l": 0.0, "m": 0.5, "r": 1.0}[anchor[0]] * width_of(text, size)
    for run, font in _runs(text, size):
        draw.text((x, y), run, font=font, fill=colour, anchor=f"l{anchor[1]}")
        x += font.getlength(run)


def fitting(parts: Sequence[str], room: float, size: int, more: str, *, between: str = " ") -> str:
    """Join what fits, and say how many are left out.

    Args:
        parts: Of a line.
        room: Pixels.
        size: Of the letters, pixels.
        more: What is said of the rest, with a field `count`.
        between: Parts.

    Returns:
        The line.
    """
    said = ""
    for index, part in enumerate(parts):
        longer = part if not said else f"{said}{between}{part}"
        if width_of(longer, size) > room:
            return f"{said} {more.format(count=len(parts) - index)}"
        said = longer
    return said


def wrapped(text: str, room: float, size: int) -> list[str]:
    """Break a text into lines.

    Args:
        text: With spaces.
        room: Pixels.
        size: Of the letters, pixels.

    Returns:
        Lines.
    """
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
