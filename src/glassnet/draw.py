"""Numbers to figures: matplotlib, without a window and without torch."""

from __future__ import annotations

import io
import unicodedata
import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

CHINESE_FONTS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "SimHei",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Sans CJK JP",
)  # fmt: skip
INK, GOOD, BAD = "#1f2933", "#1a7f37", "#c62828"
NOT_FINITE = (255, 0, 255)  # magenta, which no scale has
DPI = 100
LEAST_WIDTH, LINE, GAP = 4.8, 0.16, 0.05  # inches: what a title needs, a line of text, white between pictures


@cache
def fonts() -> tuple[str, ...]:
    """Tell which fonts texts are drawn with, the first that has a character wins.

    Returns:
        Names of installed fonts: DejaVu Sans, then one with Chinese characters where there is one.
    """
    if not _chinese_fonts():
        _add_new_fonts()
    return ("DejaVu Sans", *_chinese_fonts()[:1])


def _chinese_fonts() -> list[str]:
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in CHINESE_FONTS if name in installed]


def _add_new_fonts() -> None:
    """Tell matplotlib of fonts installed since it made the list that it keeps from process to process."""
    known = {font.fname for font in font_manager.fontManager.ttflist}
    for path in font_manager.findSystemFonts():
        if path not in known:
            with suppress(OSError, RuntimeError):  # no font that it can read
                font_manager.fontManager.addfont(path)


def missing_font(texts: Sequence[str]) -> str | None:
    """Say it where texts hold Chinese characters and no installed font has them.

    Args:
        texts: That will be drawn.

    Returns:
        A sentence with what to install, or None.

    Example:
        >>> missing_font(["cat", "dog"]) is None
        True
    """
    chinese = any("⺀" <= character <= "鿿" for text in texts for character in text)
    if not chinese or len(fonts()) > 1:
        return None
    return "no installed font has Chinese characters, so figures show boxes: apt-get install fonts-noto-cjk"


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure that can be drawn anywhere.

    Args:
        width: Inches, at 100 dots each.
        height: Inches.

    Returns:
        The figure, with its own canvas.
    """
    figure = Figure(figsize=(width, height), dpi=DPI)
    FigureCanvasAgg(figure)
    return figure


def show_image(axes: Axes, image: np.ndarray, extent: tuple[float, float, float, float]) -> None:
    """Draw a picture, each of its pixels a crisp square.

    Args:
        axes: Of matplotlib.
        image: uint8 or float in 0..1, H×W×C with C 1 or 3.
        extent: Left, right, bottom and top in the axes' own numbers.
    """
    shown = image[:, :, 0] if image.shape[2] == 1 else image
    most = 255 if image.dtype.kind == "u" else 1.0
    axes.imshow(shown, cmap="gray", vmin=0, vmax=most, extent=extent, interpolation="nearest", aspect="auto")


def shortened(name: str, cells: int) -> str:
    """Shorten a name in its middle, so that both ends, which tell names apart, can be read.

    Args:
        name: Any text; line breaks and tabs become spaces.
        cells: Most of its width, as `cells_of` counts it.

    Returns:
        The name, with … where something is left out.

    Example:
        >>> shortened("a long name of a class, number 7", 16)
        'a long …number 7'
    """
    characters = list(" ".join(name.split()))
    if sum(map(_cells, characters)) <= cells:
        return "".join(characters)
    head, tail = [], []
    left = cells - 1
    while characters:
        end = head if sum(map(_cells, head)) < sum(map(_cells, tail)) else tail
        character = characters.pop(0 if end is head else -1)
        left -= _cells(character)
        if left < 0:
            break
        end.append(character)
    return "".join(head) + "…" + "".join(reversed(tail))


def cells_of(text: str) -> float:
    """Tell about how wide a text is drawn.

    Args:
        text: One line.

    Returns:
        In small Latin letters: a Chinese character takes two, a capital a little more than one.

    Example:
        >>> cells_of("dog"), cells_of("狗"), cells_of("WW")
        (3.0, 2.0, 3.0)
    """
    return float(sum(map(_cells, text)))


def _cells(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 2.0
    return 1.5 if character in "MW@%…" else 1.2 if character.isupper() else 1.0


def draw_inputs(images: np.ndarray, names: Sequence[str], *, title: str) -> Figure:
    """Draw pictures as a network sees them, brought into 0..1 by one scale that the title states.

    Args:
        images: float, N×H×W×C, any range.
        names: N class names.
        title: What they are.

    Returns:
        The figure.
    """
    low, high = float(images.min()), float(images.max())
    title = f"{title}\nblack is {low:.2f}, white is {high:.2f}".replace("-", "−")
    names = [shortened(name, 17) for name in names]
    return draw_grid((images - low) / ((high - low) or 1.0), names, [INK] * len(names), title=title, cell=1.2)


def draw_predictions(
    images: np.ndarray,
    labels: Sequence[int],
    predicted: Sequence[int],
    probabilities: Sequence[float],
    classes: Sequence[str],
) -> Figure:
    """Draw predictions against labels, right ones in green, wrong ones in red, with their probability.

    Args:
        images: uint8, N×H×W×C.
        labels: N.
        predicted: N.
        probabilities: N, of the predicted class, 0..1.
        classes: Names.

    Returns:
        The figure.
    """
    names, colours = [], []
    for label, guess, probability in zip(labels, predicted, probabilities, strict=True):
        said = f"{shortened(classes[guess], 14)} {100 * probability:.0f} %"
        names.append(said if label == guess else f"{shortened(classes[label], 20)}\n{said}")
        colours.append(GOOD if label == guess else BAD)
    title = f"{colours.count(GOOD)} of {len(images)} right\nin red: what it is, then what was said"
    return draw_grid(images, names, colours, title=title, cell=1.45)


def draw_grid(
    images: np.ndarray,
    names: Sequence[str],
    colours: Sequence[str],
    *,
    title: str,
    cell: float,
    columns: int = 8,
) -> Figure:
    """Draw pictures in rows, with their names above them.

    All is placed here, in inches: laying out 32 axes takes matplotlib half a second.

    Args:
        images: uint8 or float in 0..1, N×H×W×C; at least one.
        names: N texts of one or more lines.
        colours: N colours of the texts.
        title: Of at most two lines.
        cell: Inches, the width of a picture and its white.
        columns: Most pictures in a row.

    Returns:
        The figure.
    """
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    wide, tall = images.shape[2], images.shape[1]
    side = cell - 2 * GAP
    high = side * min(max(tall / wide, 0.25), 2.0)
    names_high = LINE * (1 + max(name.count("\n") for name in names)) + GAP
    width, height = max(cell * columns, LEAST_WIDTH), rows * (high + names_high + GAP) + 3 * LINE
    left = (width - cell * columns) / 2 + GAP
    with matplotlib.rc_context({"font.family": list(fonts()), "text.color": INK}):
        figure = new_figure(width, height)
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0, width), ylim=(0, height))
        axes.set_axis_off()
        axes.set_autoscale_on(False)
        axes.text(width / 2, height - LINE / 2, title, ha="center", va="top", fontsize=10, parse_math=False)
        for index, image in enumerate(images):
            x = left + cell * (index % columns)
            top = height - 3 * LINE - names_high - (index // columns) * (high + names_high + GAP)
            half = min(side, high * wide / tall) / 2
            show_image(
                axes, image, (x + side / 2 - half, x + side / 2 + half, top - half * 2 * tall / wide, top)
            )
            axes.text(
                x + side / 2, top + GAP / 2, names[index], color=colours[index],
                ha="center", va="bottom", fontsize=8, linespacing=1.15, parse_math=False,
            )  # fmt: skip
    return figure


def mosaic(images: np.ndarray, columns: int) -> np.ndarray:
    """Put pictures side by side into one, with white lines between them.

    Args:
        images: uint8, N×H×W×C; at least one.
        columns: Most pictures in a row.

    Returns:
        uint8, H×W×C.

    Example:
        >>> mosaic(np.zeros((3, 4, 4, 1), np.uint8), 2).shape
        (9, 9, 1)
    """
    num, high, wide, channels = images.shape
    line = max(1, high // 16)
    rows = -(-num // columns)
    whole = np.full((rows * (high + line) - line, columns * (wide + line) - line, channels), 255, np.uint8)
    for place, image in enumerate(images):
        top, left = place // columns * (high + line), place % columns * (wide + line)
        whole[top : top + high, left : left + wide] = image
    return whole


def pixels(figure: Figure) -> np.ndarray:
    """Turn a figure into a picture.

    Args:
        figure: From one of the functions above.

    Returns:
        uint8, H×W×3.
    """
    canvas = FigureCanvasAgg(figure)
    with warnings.catch_warnings():  # `missing_font` says it once, not matplotlib for each text
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()


def png(figure: Figure) -> bytes:
    """Turn a figure into the content of a PNG file, the same for the same figure.

    Args:
        figure: From one of the functions here.

    Returns:
        Bytes.
    """
    stream = io.BytesIO()
    Image.fromarray(pixels(figure)).save(stream, "png")
    return stream.getvalue()


@dataclass(frozen=True, slots=True)
class Scale:
    """Which colour stands for which number.

    `low` and `high` are the smallest and largest finite number. Where there are negative ones zero is white
    and colours go from −most to +most, with most the larger of |low| and |high|; else from low to high.
    """

    low: float
    high: float

    @property
    def diverging(self) -> bool:
        """Whether colours lie on both sides of zero."""
        return self.low < 0

    @property
    def ends(self) -> tuple[float, float]:
        """The numbers at both ends of the colours."""
        most = max(abs(self.low), abs(self.high))
        return (-most, most) if self.diverging else (self.low, self.high)


def scale_of(numbers: np.ndarray) -> Scale:
    """Choose the colours for numbers.

    Args:
        numbers: Of any shape; NaN and infinities are left out.

    Returns:
        The scale.

    Example:
        >>> scale_of(np.array([-1.0, 3.0, np.nan])), scale_of(np.array([-1.0, 3.0])).ends
        (Scale(low=-1.0, high=3.0), (-3.0, 3.0))
    """
    finite = numbers[np.isfinite(numbers)]
    return Scale(float(finite.min()), float(finite.max())) if finite.size else Scale(0.0, 0.0)


def coloured(numbers: np.ndarray, scale: Scale) -> np.ndarray:
    """Turn numbers into colours.

    Args:
        numbers: H×W, or of any shape.
        scale: Of all numbers that are drawn together.

    Returns:
        uint8, with three more: red, green, blue. What is not finite is magenta.
    """
    low, high = scale.ends
    places = (np.asarray(numbers, np.float64) - low) / ((high - low) or 1.0)
    finite = np.isfinite(places)
    map_ = matplotlib.colormaps["RdBu_r" if scale.diverging else "viridis"]
    colours = map_(np.where(finite, places, 0.0), bytes=True)[..., :3].copy()
    colours[~finite] = NOT_FINITE
    return colours


def number_text(number: float) -> str:
    """Write a number for a figure.

    Args:
        number: Any.

    Returns:
        At most four digits, with a proper minus.

    Example:
        >>> number_text(-0.012345), number_text(2.0)
        ('−0.01235', '2')
    """
    return f"{number:.4g}".replace("-", "−")
