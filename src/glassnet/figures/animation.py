"""A window moving over its input, as an animated GIF: kernel, products, sum, and the output filling up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from glassnet.figures.cells import (
    DASH,
    DASHES_FROM,
    EMPTY,
    INK,
    MARK,
    MUTED,
    NUMBERS_FROM,
    PAPER,
    SMALLEST_WHOLE,
    Plane,
    as_rgb,
    cell_size,
    colours_of,
    draw_cell,
    draw_dashed,
    draw_grid,
    largest_of,
    paste,
    write_numbers,
)  # fmt: skip
from glassnet.figures.gif import encode_gif, palette_for
from glassnet.figures.lettering import fitting, number, signed, wrapped, write
from glassnet.texts import texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glassnet.inspection.windows import Term, Windowed

MAX_FRAMES = 56
MAX_BYTES = 3_000_000
WIDTH, HEIGHT = 1000, 640
SIDE = 352  # of the input and of the output, pixels
SMALL, GAP = 112, 26  # of window, kernel and products; above each
LEFT, MIDDLE, RIGHT, TOP = 28, 444, 620, 104
CAPTION = 520


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
        data = encode_gif([scene.frame(number) for number in chosen], palette_for(picture))
        if len(data) <= MAX_BYTES or limit == 1:
            return data
        limit = max(1, limit // 2)


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
        self.most = largest_of(self.values)
        rows, columns = window.reach
        cell = cell_size(SIDE, max(len(rows), len(columns)))
        self.source = Plane(LEFT, TOP, cell, rows, columns)
        height, width = self.output.shape
        cell = cell_size(SIDE, max(height, width))
        self.result = Plane(RIGHT, TOP, cell, range(height), range(width))
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
        colours = colours_of(self.values, self.most) if picture is None else as_rgb(picture)
        paste(image, colours, self.source, range(height), range(width))
        draw_grid(draw, self.source, range(height), range(width))
        if picture is None:
            write_numbers(draw, self.source, self.values, colours_of(self.values, self.most))
        blank = np.broadcast_to(np.array(ImageColor.getrgb(EMPTY), np.uint8), (*self.output.shape, 3))
        paste(image, blank, self.result, self.result.rows, self.result.columns)
        draw_grid(draw, self.result, self.result.rows, self.result.columns)
        if self.step > 1:
            said = words["sampled"].format(shown=self.num_shown, count=len(self.places), step=self.step)
            write(draw, (WIDTH - LEFT, HEIGHT - 16), said, 13, MUTED, anchor="rs")
        return image

    def _pad(self, draw: ImageDraw.ImageDraw) -> None:
        height, width = self.values.shape
        for row in self.source.rows:
            for column in self.source.columns:
                if not (0 <= row < height and 0 <= column < width):
                    draw_dashed(draw, self.source.box(row, column))

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
            if self.source.cell >= DASHES_FROM:
                draw.rectangle(box, outline=MARK, width=3 if large else 1)
        if not large:
            x0, y0 = min(box[0] for box in boxes), min(box[1] for box in boxes)
            x1, y1 = max(box[2] for box in boxes), max(box[3] for box in boxes)
            draw.rectangle((x0 - 3, y0 - 3, x1 + 3, y1 + 3), outline=PAPER, width=1)
            draw.rectangle((x0 - 2, y0 - 2, x1 + 2, y1 + 2), outline=MARK, width=2)

    def _fill(self, image: Image.Image, draw: ImageDraw.ImageDraw, number: int) -> None:
        """Fill the output up to a place."""
        colours = colours_of(self.output, largest_of(self.output))
        known = np.zeros(self.output.size, bool)
        known[: number + 1] = True
        known = known.reshape(self.output.shape)
        shown = np.where(known[..., None], colours, np.array(ImageColor.getrgb(EMPTY), np.uint8))
        paste(image, shown, self.result, self.result.rows, self.result.columns)
        draw_grid(draw, self.result, self.result.rows, self.result.columns)
        write_numbers(draw, self.result, self.output, colours, known)
        box = self.result.box(*self.places[number])
        if self.result.cell < SMALLEST_WHOLE:  # a place of one pixel is not seen without a ring
            box = (box[0] - 4, box[1] - 4, box[2] + 4, box[3] + 4)
        draw.rectangle(box, outline=MARK, width=3 if self.result.cell >= NUMBERS_FROM else 2)

    def _small_grids(self, draw: ImageDraw.ImageDraw, here: Sequence[Term]) -> None:
        """Draw the window's numbers, the kernel and the products."""
        height, width = self.window.kernel
        cell = min(cell_size(SMALL, max(height, width)), 40)
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
            plane = Plane(left, top, cell, range(height), range(width))
            write(draw, (MIDDLE + SMALL / 2, plane.top - 9), label, 14, INK, anchor="ms")
            for at, value in numbers.items():
                draw_cell(draw, plane.box(*at), value, most, ring=at == best)

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
            said = fitting(parts, room - 200, 16, words["more"])
            said = words["average"].format(sum=said, divisor=divisor, value=number(value))
            return write(draw, (LEFT, CAPTION + 30), said, 16, INK)
        parts = [_product(term, first=index == 0) for index, term in enumerate(inside)]
        many = len(window.channels_of(self.channel)) > 1
        lines = []
        if not many and window.bias is not None:
            parts.append(signed(float(window.bias[self.channel])))
        own = sum((term.value or 0.0) * (term.weight or 0.0) for term in inside)
        total = own if many else value
        said = fitting(parts, 2 * room - 260, 15, words["more"])
        lines += wrapped(words["sum"].format(sum=said, value=number(total)), room, 15)[:3]
        if many:
            lines += wrapped(self._channel_sums(terms, value, room), room, 15)[:2]
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
        said = fitting(parts, 2 * room - 260, 15, self.words["more"], between=" + ")
        return self.words["sum"].format(sum=said, value=number(value))


def _product(term: Term, *, first: bool) -> str:
    value, weight = term.value or 0.0, term.weight or 0.0
    one = number(value) if value >= 0 or first else f"({number(value)})"
    other = number(weight) if weight >= 0 else f"({number(weight)})"
    return f"{one}·{other}" if first else f"+ {one}·{other}"
