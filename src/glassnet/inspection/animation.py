"""A window moving over its input, as an animated GIF: kernel, products, sum, and the output filling up."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import font_manager
from PIL import Image, ImageColor, ImageDraw, ImageFont

from glassnet.draw import fonts
from glassnet.texts import texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glassnet.inspection.windows import Term, Windowed

MAX_FRAMES = 56
MAX_BYTES = 3_000_000
FRAME_MILLISECONDS, LAST_MILLISECONDS = 550, 3000
WIDTH, HEIGHT = 1000, 640
SIDE = 352  # of the input and of the output, pixels
SMALL, GAP = 112, 26  # of window, kernel and products; above each
LEFT, MIDDLE, RIGHT, TOP = 28, 444, 620, 104
CAPTION = 520
PAPER, INK, MUTED, LINE, EMPTY = "#ffffff", "#16202b", "#5b6876", "#c9d2dc", "#f1f3f6"
DASH = "#9aa6b2"
MARK = "#e8590c"  # the window and what it makes
NUMBERS_FROM, GRID_FROM = 22, 14  # pixels: smaller cells hold no number, have no lines
NEGATIVE, ZERO, POSITIVE = (44, 111, 187), (255, 255, 255), (200, 60, 60)


@dataclass(frozen=True)
class _Plane:
    """Where cells of a grid lie: `rows` and `columns` are the places shown, also those of the padding."""

    left: float
    top: float
    cell: float
    rows: range
    columns: range

    def box(self, row: int, column: int) -> tuple[float, float, float, float]:
        x = self.left + (column - self.columns[0]) * self.cell
        y = self.top + (row - self.rows[0]) * self.cell
        return x, y, x + self.cell, y + self.cell


def animate(
    window: Windowed,
    *,
    channel: int = 0,
    shown: int | None = None,
    picture: np.ndarray | None = None,
    title: str = "",
    lang: str = "en",
) -> bytes:
    """Draw a window moving over its input, its numbers and their sum, and the output filling up.

    Outputs of more than 56 places are sampled evenly, and the caption says so.

    Args:
        window: A convolution or a pooling.
        channel: Of the output.
        shown: Channel of the input whose numbers are drawn; None takes the first that the output reads.
        picture: uint8, H×W×C, of the input's size: drawn in place of the channel's colours.
        title: What it is.
        lang: Of the words.

    Returns:
        The bytes of a GIF of at most 3 MB.

    Example:
        >>> import torch
        >>> from glassnet.inspection.windows import Windowed
        >>> image, kernel = torch.ones(1, 3, 3), torch.ones(1, 1, 2, 2)
        >>> taps = tuple(tuple((k, place + k) for k in range(2)) for place in range(2))
        >>> whole = Windowed("convolution", image, kernel, None, torch.full((1, 2, 2), 4.0), taps, taps)
        >>> animate(whole)[:6]
        b'GIF89a'
    """
    shown = window.channels_of(channel)[0] if shown is None else shown
    places = [(row, column) for row in range(len(window.rows)) for column in range(len(window.columns))]
    limit = MAX_FRAMES
    while True:
        step = math.ceil(len(places) / limit)
        while math.gcd(step, len(window.columns)) > 1 and step > 1:  # else only a few columns are seen
            step += 1
        chosen = sorted({*range(0, len(places), step), len(places) - 1})
        scene = _Scene(window, channel, shown, picture, title, lang, places, step, len(chosen))
        data = _encode([scene.frame(number) for number in chosen], _palette(picture))
        if len(data) <= MAX_BYTES or limit == 1:
            return data
        limit = max(1, limit // 2)


def _palette(picture: np.ndarray | None) -> Image.Image:
    """Give one palette for all frames: greys of letters, the scale, and what a picture needs; 255 colours."""
    plain = [ImageColor.getrgb(colour) for colour in (PAPER, EMPTY, INK, MUTED, LINE, DASH, MARK, "#c800c8")]
    mixed = [(paper, ink) for paper in (PAPER, EMPTY, "#c4dbf0") for ink in (INK, MARK, MUTED)]
    greys = [*plain, *[_mixed(paper, ink, share / 8) for paper, ink in mixed for share in range(1, 8)]]
    room = 255 - len(greys)
    scale = _colours(np.linspace(-1, 1, room if picture is None else 61), 1.0).tolist()
    colours = [*greys, *map(tuple, scale)]
    if picture is not None:
        rgb = np.ascontiguousarray(_rgb(picture))
        found = (
            Image.fromarray(rgb).quantize(255 - len(colours), method=Image.Quantize.MEDIANCUT).getpalette()
        )
        colours += list(zip(*[iter(found or [])] * 3, strict=True))
    # Pillow looks colours up in steps of 4: none may come between the paper and itself
    colours = plain + [each for each in colours if all(_apart(each, paper) > 8 for paper in plain[:2])]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in colours[:255] for part in colour[:3]])
    return palette


def _apart(one: Sequence[int], other: Sequence[int]) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def _mixed(paper: str, ink: str, share: float) -> tuple[int, ...]:
    ends = zip(ImageColor.getrgb(paper), ImageColor.getrgb(ink), strict=True)
    return tuple(round(one + share * (other - one)) for one, other in ends)


def _encode(frames: Sequence[Image.Image], palette: Image.Image) -> bytes:
    """Write frames with one palette."""
    small = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    file = io.BytesIO()
    times = [FRAME_MILLISECONDS] * (len(small) - 1) + [LAST_MILLISECONDS]
    small[0].save(
        file, "GIF", save_all=True, append_images=small[1:], duration=times, loop=0, optimize=False,
    )  # fmt: skip
    return file.getvalue()


class _Scene:
    """What all frames share: the tensors, where things lie, and the picture without a window."""

    def __init__(
        self,
        window: Windowed,
        channel: int,
        shown: int,
        picture: np.ndarray | None,
        title: str,
        lang: str,
        places: Sequence[tuple[int, int]],
        step: int,
        num_shown: int,
    ) -> None:
        self.window, self.channel, self.shown, self.places = window, channel, shown, places
        self.step, self.num_shown = step, num_shown
        self.words = texts(lang, "animation")
        self.values = window.input[shown].double().numpy()
        self.output = window.output[channel].double().numpy()
        self.most = _largest(self.values)
        rows, columns = window.reach
        cell = _cell(SIDE, max(len(rows), len(columns)))
        self.source = _Plane(LEFT, TOP, cell, rows, columns)
        height, width = self.output.shape
        cell = _cell(SIDE, max(height, width))
        self.result = _Plane(RIGHT, TOP, cell, range(height), range(width))
        self.background = self._background(picture, title)

    def _background(self, picture: np.ndarray | None, title: str) -> Image.Image:
        image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
        draw = ImageDraw.Draw(image)
        words, window = self.words, self.window
        channels, height, width = window.input.shape
        write(draw, (LEFT, 34), title, 19, INK)
        named = words["channel"].format(channel=self.channel, count=window.output.shape[0])
        write(draw, (LEFT, 60), named, 14, MUTED)
        label = words["input_channel" if channels > 1 else "input"]
        if picture is not None:
            label = words["picture"]
        label = label.format(height=height, width=width, channel=self.shown, count=channels)
        write(draw, (LEFT, TOP - 12), label, 14, INK)
        if self.source.rows != range(height) or self.source.columns != range(width):
            write(draw, (LEFT + SIDE, TOP - 12), words["padded"], 13, MUTED, anchor="rs")
        write(
            draw, (RIGHT, TOP - 12),
            words["output"].format(height=self.output.shape[0], width=self.output.shape[1]), 14, INK,
        )  # fmt: skip
        for x in ((LEFT + SIDE + MIDDLE) / 2, (MIDDLE + SMALL + RIGHT) / 2):
            write(draw, (x, TOP + SIDE / 2), "→", 26, DASH, anchor="mm")
        self._pad(draw)
        colours = _colours(self.values, self.most) if picture is None else _rgb(picture)
        _paste(image, colours, self.source, range(height), range(width))
        _grid(draw, self.source, range(height), range(width))
        if picture is None:
            _numbers(draw, self.source, self.values, _colours(self.values, self.most))
        blank = np.broadcast_to(np.array(ImageColor.getrgb(EMPTY), np.uint8), (*self.output.shape, 3))
        _paste(image, blank, self.result, self.result.rows, self.result.columns)
        _grid(draw, self.result, self.result.rows, self.result.columns)
        if self.step > 1:
            said = words["sampled"].format(shown=self.num_shown, count=len(self.places), step=self.step)
            write(draw, (WIDTH - LEFT, HEIGHT - 16), said, 13, MUTED, anchor="rs")
        return image

    def _pad(self, draw: ImageDraw.ImageDraw) -> None:
        height, width = self.values.shape
        for row in self.source.rows:
            for column in self.source.columns:
                if not (0 <= row < height and 0 <= column < width):
                    _dashed(draw, self.source.box(row, column))

    def frame(self, number: int) -> Image.Image:
        """Draw the window at one place; all places before it are filled."""
        image = self.background.copy()
        draw = ImageDraw.Draw(image)
        row, column = self.places[number]
        terms = self.window.terms(self.channel, row, column)
        here = [term for term in terms if term.channel == self.shown]
        self._mark(draw, here)
        self._fill(image, draw, number)
        self._small_grids(draw, here)
        self._caption(draw, terms, here, row, column)
        return image

    def _mark(self, draw: ImageDraw.ImageDraw, here: Sequence[Term]) -> None:
        """Ring the places of the window; where cells are small, with a frame around them all."""
        large = self.source.cell >= NUMBERS_FROM
        boxes = [self.source.box(*term.place) for term in here]
        if not boxes:
            return
        for box in boxes:
            if self.source.cell >= 5:
                draw.rectangle(box, outline=MARK, width=3 if large else 1)
        if not large:
            x0, y0 = min(box[0] for box in boxes), min(box[1] for box in boxes)
            x1, y1 = max(box[2] for box in boxes), max(box[3] for box in boxes)
            draw.rectangle((x0 - 3, y0 - 3, x1 + 3, y1 + 3), outline=PAPER, width=1)
            draw.rectangle((x0 - 2, y0 - 2, x1 + 2, y1 + 2), outline=MARK, width=2)

    def _fill(self, image: Image.Image, draw: ImageDraw.ImageDraw, number: int) -> None:
        """Fill the output up to a place."""
        colours = _colours(self.output, _largest(self.output))
        known = np.zeros(self.output.size, bool)
        known[: number + 1] = True
        known = known.reshape(self.output.shape)
        shown = np.where(known[..., None], colours, np.array(ImageColor.getrgb(EMPTY), np.uint8))
        _paste(image, shown, self.result, self.result.rows, self.result.columns)
        _grid(draw, self.result, self.result.rows, self.result.columns)
        _numbers(draw, self.result, self.output, colours, known)
        box = self.result.box(*self.places[number])
        if self.result.cell < 4:  # a place of one pixel is not seen without a ring
            box = (box[0] - 4, box[1] - 4, box[2] + 4, box[3] + 4)
        draw.rectangle(box, outline=MARK, width=3 if self.result.cell >= NUMBERS_FROM else 2)

    def _small_grids(self, draw: ImageDraw.ImageDraw, here: Sequence[Term]) -> None:
        """Draw the window's numbers, the kernel and the products."""
        height, width = self.window.kernel
        cell = min(_cell(SMALL, max(height, width)), 40)
        places = {term.kernel: term for term in here}
        words, many = self.words, self.window.input.shape[0] > 1
        name = words["window_channel" if many else "window"].format(channel=self.shown)
        grids = [(name, {at: term.value for at, term in places.items()}, self.most)]
        if self.window.weight is not None:
            weights = {at: term.weight for at, term in places.items()}
            largest = float(self.window.weight.abs().max())
            products = {at: (term.value or 0.0) * (term.weight or 0.0) for at, term in places.items()}
            grids += [
                (words["kernel"], weights, largest),
                (words["products"], products, self.most * largest),
            ]
        best = None
        if self.window.kind == "max_pool":
            inside = [term for term in here if term.value is not None]
            best = max(inside, key=lambda term: term.value or 0.0).kernel if inside else None
        alone = (SMALL + GAP) * (3 - len(grids)) / 2
        for place, (label, numbers, most) in enumerate(grids):
            left, top = MIDDLE + (SMALL - cell * width) / 2, TOP + alone + place * (SMALL + GAP)
            plane = _Plane(left, top, cell, range(height), range(width))
            write(draw, (MIDDLE + SMALL / 2, plane.top - 9), label, 14, INK, anchor="ms")
            for at, value in numbers.items():
                _small_cell(draw, plane.box(*at), value, most, ring=at == best)

    def _caption(
        self, draw: ImageDraw.ImageDraw, terms: Sequence[Term], here: Sequence[Term], row: int, column: int
    ) -> None:
        words, window = self.words, self.window
        value, theirs = window.value(self.channel, row, column), self.output[row, column]
        room = WIDTH - 2 * LEFT
        where = words["place"].format(channel=self.channel, row=row, column=column)
        write(draw, (LEFT, CAPTION), where, 15, MARK)
        write(
            draw, (WIDTH - LEFT, CAPTION), words["torch"].format(value=number(float(theirs))), 14, MUTED,
            anchor="rs",
        )  # fmt: skip
        inside = [term for term in here if term.value is not None]
        if window.kind == "max_pool":
            said = words["largest"].format(count=len(inside), value=number(value))
            return write(draw, (LEFT, CAPTION + 30), said, 16, INK)
        if window.kind == "avg_pool":
            divisors = {"places": len(terms), "inside": len(inside)}
            divisor = divisors[window.divisor] if isinstance(window.divisor, str) else window.divisor
            parts = [number(term.value or 0.0) for term in inside[:1]] + [
                signed(term.value or 0.0) for term in inside[1:]
            ]
            said = _fitting(parts, room * 1.0 - 200, 16, words["more"])
            said = words["average"].format(sum=said, divisor=divisor, value=number(value))
            return write(draw, (LEFT, CAPTION + 30), said, 16, INK)
        parts = [_product(term, first=index == 0) for index, term in enumerate(inside)]
        many = len(window.channels_of(self.channel)) > 1
        lines = []
        if not many and window.bias is not None:
            parts.append(signed(float(window.bias[self.channel])))
        own = sum((term.value or 0.0) * (term.weight or 0.0) for term in inside)
        total = own if many else value
        said = _fitting(parts, 2 * room - 260, 15, words["more"])
        lines += _wrapped(words["sum"].format(sum=said, value=number(total)), room, 15)[:3]
        if many:
            lines += _wrapped(self._channel_sums(terms, value, room), room, 15)[:2]
        for place, line in enumerate(lines):
            write(draw, (LEFT, CAPTION + 28 + 23 * place), line, 15, INK)
        return None

    def _channel_sums(self, terms: Sequence[Term], value: float, room: float) -> str:
        """Add up the channels of the input, and the bias."""
        sums: dict[int, float] = {}
        for term in terms:
            sums[term.channel] = sums.get(term.channel, 0.0) + (term.value or 0.0) * (term.weight or 0.0)
        parts = [
            self.words["channel_sum"].format(channel=channel, value=number(part))
            for channel, part in sums.items()
        ]
        if self.window.bias is not None:
            parts.append(self.words["bias"].format(value=number(float(self.window.bias[self.channel]))))
        said = _fitting(parts, 2 * room - 260, 15, self.words["more"], between=" + ")
        return self.words["sum"].format(sum=said, value=number(value))


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
    text = f"{value:.0f}" if value == int_or_nan(value) and abs(value) < 1e6 else f"{value:.4g}"
    return ("0" if text == "-0" else text).replace("-", "−")


def int_or_nan(value: float) -> float:
    """Round to a whole number, and leave what is not finite.

    Args:
        value: Any float.

    Returns:
        The number rounded.

    Example:
        >>> int_or_nan(2.7), int_or_nan(float("inf"))
        (3.0, inf)
    """
    return float(round(value)) if math.isfinite(value) else value


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


def _product(term: Term, *, first: bool) -> str:
    value, weight = term.value or 0.0, term.weight or 0.0
    one = number(value) if value >= 0 or first else f"({number(value)})"
    other = number(weight) if weight >= 0 else f"({number(weight)})"
    return f"{one}·{other}" if first else f"+ {one}·{other}"


def _short(value: float) -> str:
    """Write a number into a cell, at most five characters."""
    if not math.isfinite(value):
        return {True: "NaN"}.get(math.isnan(value), "∞" if value > 0 else "−∞")
    size = abs(value)
    if value == round(value) and size < 1000:
        text = f"{value:.0f}"
    elif size < 0.005:
        text = "~0"
    else:
        text = f"{value:.2f}" if size < 10 else f"{value:.1f}" if size < 100 else f"{value:.0f}"
        text = text.replace("0.", ".", 1) if size < 1 else text
    return ("0" if text == "-0" else text).replace("-", "−")


def _largest(values: np.ndarray) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size and finite.max() > 0 else 1.0


def _colours(values: np.ndarray, most: float) -> np.ndarray:
    """Give each number a colour: blue below zero, red above, white at zero."""
    share = np.clip(np.nan_to_num(values / most), -1, 1)[..., None]
    ends = np.where(share < 0, np.array(NEGATIVE), np.array(POSITIVE))
    mixed = np.array(ZERO) + np.abs(share) * (ends - np.array(ZERO))
    return np.rint(np.where(np.isfinite(values)[..., None], mixed, (200, 0, 200))).astype(np.uint8)


def _rgb(picture: np.ndarray) -> np.ndarray:
    return np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture[:, :, :3]


def _cell(room: int, count: int) -> float:
    """Give the size of a cell, whole pixels where there are enough."""
    return float(min(room // count, 64)) if room // count >= 4 else room / count


def _paste(image: Image.Image, colours: np.ndarray, plane: _Plane, rows: range, columns: range) -> None:
    x0, y0, *_ = plane.box(rows[0], columns[0])
    *_, x1, y1 = plane.box(rows[-1], columns[-1])
    size = (max(1, round(x1 - x0)), max(1, round(y1 - y0)))
    way = Image.Resampling.NEAREST if plane.cell >= 1 else Image.Resampling.BOX
    image.paste(Image.fromarray(np.ascontiguousarray(colours)).resize(size, way), (round(x0), round(y0)))


def _grid(draw: ImageDraw.ImageDraw, plane: _Plane, rows: range, columns: range) -> None:
    x0, y0, *_ = plane.box(rows[0], columns[0])
    *_, x1, y1 = plane.box(rows[-1], columns[-1])
    if plane.cell >= GRID_FROM:
        for row in rows:
            y = plane.box(row, columns[0])[1]
            draw.line((x0, y, x1, y), fill=LINE)
        for column in columns:
            x = plane.box(rows[0], column)[0]
            draw.line((x, y0, x, y1), fill=LINE)
    draw.rectangle((x0, y0, x1, y1), outline=MUTED)


def _dashed(draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float]) -> None:
    """Draw a cell that is not there."""
    x0, y0, x1, y1 = box
    if x1 - x0 < 5:
        draw.point((x0, y0), fill=MUTED)
        return
    dash = 3 if x1 - x0 < 20 else 5
    for start in np.arange(0, x1 - x0, 2 * dash):
        end = min(start + dash, x1 - x0)
        for x, y, across in ((x0, y0, True), (x0, y1, True), (x0, y0, False), (x1, y0, False)):
            line = (x + start, y, x + end, y) if across else (x, y + start, x, y + end)
            draw.line(line, fill=DASH)


def _numbers(
    draw: ImageDraw.ImageDraw,
    plane: _Plane,
    values: np.ndarray,
    colours: np.ndarray,
    known: np.ndarray | None = None,
) -> None:
    if plane.cell < NUMBERS_FROM:
        return
    size = 16 if plane.cell >= 44 else 13 if plane.cell >= 34 else 10 if plane.cell >= 28 else 9
    for (row, column), value in np.ndenumerate(values):
        if known is None or known[row, column]:
            x0, y0, x1, y1 = plane.box(row, column)
            dark = int(colours[row, column].astype(int).sum()) < 400
            write(
                draw, ((x0 + x1) / 2, (y0 + y1) / 2), _short(value), size, PAPER if dark else INK, anchor="mm"
            )


def _small_cell(
    draw: ImageDraw.ImageDraw,
    box: tuple[float, float, float, float],
    value: float | None,
    most: float,
    *,
    ring: bool,
) -> None:
    if value is None:
        _dashed(draw, box)
        return
    colour = _colours(np.array(value), most).reshape(3)
    draw.rectangle(box, fill=tuple(int(part) for part in colour), outline=LINE)
    cell = box[2] - box[0]
    if cell >= NUMBERS_FROM:
        size = 14 if cell >= 38 else 11 if cell >= 28 else 9
        ink = PAPER if int(colour.astype(int).sum()) < 400 else INK
        write(draw, ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), _short(value), size, ink, anchor="mm")
    if ring:
        draw.rectangle(box, outline=MARK, width=3)


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font_manager.findfont(name), size)


def _runs(text: str, size: int) -> list[tuple[str, ImageFont.FreeTypeFont]]:
    """Cut a text where its font changes: Latin letters and digits, Chinese characters."""
    latin, *chinese = fonts()
    runs: list[tuple[str, ImageFont.FreeTypeFont]] = []
    for character in text:
        foreign = ord(character) >= 0x2E80 and bool(chinese)
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


def _fitting(parts: Sequence[str], room: float, size: int, more: str, *, between: str = " ") -> str:
    """Join what fits, and say how many are left out."""
    said = ""
    for index, part in enumerate(parts):
        longer = part if not said else f"{said}{between}{part}"
        if width_of(longer, size) > room:
            return f"{said} {more.format(count=len(parts) - index)}"
        said = longer
    return said


def _wrapped(text: str, room: float, size: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
