"""A trace to pictures: what goes into each layer and what comes out, every channel a map of its own.

Reshaping six channels to three, so that a viewer for photographs takes them, mixes channels of different
pictures into colours that mean nothing; here each channel is drawn alone, all of a layer with one scale.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

from glassnet.draw import INK, coloured, fonts, number_text, scale_of
from glassnet.errors import UsageError
from glassnet.figures.boxes import data_of
from glassnet.figures.map_figure import choose_columns
from glassnet.figures.maps import as_maps, kept_numbers
from glassnet.tensorboard.event_file import picture, plain
from glassnet.trace.trace import shape_text

if TYPE_CHECKING:
    from tensorboard.compat.proto.summary_pb2 import Summary  # pyright: ignore[reportAttributeAccessIssue]

    from glassnet.draw import Scale
    from glassnet.trace.trace import Op, Trace

MOST_LAYERS = 40  # with pictures of their own
MOST_MAPS = 256  # of one layer
WIDE, LONGEST = 560, 1024  # px: what a sheet of maps is magnified to; above it numbers are left out
GAP, MARGIN, LINE = 2, 8, 15  # px
BAR = (256, 8)  # px
LEAST_WIDTH = 420  # px, for the lines of text


def layer_pictures(trace: Trace) -> tuple[list[Summary.Value], list[str]]:
    """Draw what goes into each operation and what comes out.

    Args:
        trace: Of one pass of one picture that kept all.

    Returns:
        Two pictures for each operation, and a sentence for what is left out.
    """
    drawn: dict[int, Summary.Value] = {}  # what comes out of one layer goes into the next
    ops = [(number, op) for number, op in enumerate(trace.ops, 1) if op.stage == "forward"]
    chosen, notes = _chosen(ops)
    values = []
    for number, op in chosen:
        for side, numbers in (("input", data_of(op, trace)), ("output", op.outputs)):
            for place, value in enumerate(numbers):
                if value not in drawn and not _draw(trace, value, drawn):
                    notes.append(f"{op.label}: its {side} {_name(trace, value)} cannot be drawn as maps")
                    continue
                tag = f"layers/{number:03} {plain(op.label)}, {side}" + (f" {place + 1}" if place else "")
                copy = type(drawn[value])()
                copy.CopyFrom(drawn[value])
                copy.tag = tag
                values.append(copy)
    return values, notes


def _chosen(ops: list[tuple[int, Op]]) -> tuple[list[tuple[int, Op]], list[str]]:
    if len(ops) <= MOST_LAYERS:
        return ops, []
    places = dict.fromkeys(np.linspace(0, len(ops) - 1, MOST_LAYERS).round().astype(int).tolist())
    note = f"pictures of {len(places)} of {len(ops):,} operations, evenly spread; glassnet look draws any"
    return [ops[place] for place in places], [note]


def _draw(trace: Trace, value: int, drawn: dict[int, Summary.Value]) -> bool:
    """Draw a value, unless it has no numbers, was not kept or has too many axes."""
    try:
        maps, how = as_maps(kept_numbers(trace, trace.values[value], "layers"), 0)
    except UsageError:
        return False
    drawn[value] = picture("", sheet(maps, f"{_name(trace, value)}, {how}"))
    return True


def _name(trace: Trace, value: int) -> str:
    return f"{plain(trace.values[value].name)}  {shape_text(trace.values[value].shape)}"


def sheet(maps: np.ndarray, title: str) -> np.ndarray:
    """Draw maps beside each other with one scale, which is written above them and drawn below.

    Args:
        maps: float, N×H×W.
        title: What they are.

    Returns:
        uint8, H×W×3. The numbers are brought into 0..1 from the smallest to the largest, or, where there are
        negative ones, from −most to most with 0 in the middle.
    """
    scale = scale_of(maps)
    lines = [title, scale_text(scale)]
    count, tall, wide = maps.shape
    if count > MOST_MAPS:
        lines.append(f"the first {MOST_MAPS} of {count:,}")
        maps = maps[:MOST_MAPS]
    columns = choose_columns(len(maps), tall, wide)
    step = max(1, -(-columns * wide // LONGEST), -(-(-(-len(maps) // columns) * tall) // (2 * LONGEST)))
    if step > 1:
        lines.append(f"every {step}. row and column")
        maps = maps[:, ::step, ::step]
    strange = int((~np.isfinite(maps)).sum())
    if strange:
        lines.append(f"magenta: {strange:,} NaN or infinite")
    body = _side_by_side(coloured(maps, scale), columns)
    return _with_text(body, lines, scale)


def scale_text(scale: Scale) -> str:
    """Say which numbers the colours are.

    Args:
        scale: Of the numbers.

    Returns:
        The smallest and largest number, and where 0 lies.

    Example:
        >>> from glassnet.draw import Scale
        >>> scale_text(Scale(-1.0, 3.0)), scale_text(Scale(0.0, 3.0))
        ('−1 to 3; blue is −3, white 0, red 3', '0 to 3; dark is 0, light 3')
    """
    ends = [number_text(number) for number in scale.ends]
    colours = f"blue is {ends[0]}, white 0, red {ends[1]}" if scale.diverging else "dark is {}, light {}"
    return f"{number_text(scale.low)} to {number_text(scale.high)}; {colours.format(*ends)}"


def _side_by_side(colours: np.ndarray, columns: int) -> np.ndarray:
    """Lay N×H×W×3 out in rows, every number a square of whole pixels."""
    count, tall, wide = colours.shape[:3]
    factor = max(1, (WIDE // columns - GAP) // max(wide, 1))
    if tall * factor > 2 * WIDE:
        factor = max(1, 2 * WIDE // tall)
    rows = -(-count // columns)
    if tall == wide == 1:
        factor = min(factor, 4 * LINE)
    colours = colours.repeat(factor, 1).repeat(factor, 2)
    padded = np.full((rows * columns, tall * factor + GAP, wide * factor + GAP, 3), 255, np.uint8)
    padded[:count, GAP:, GAP:] = colours
    grid = padded.reshape(rows, columns, *padded.shape[1:]).swapaxes(1, 2)
    return grid.reshape(rows * padded.shape[1], columns * padded.shape[2], 3)


def _with_text(body: np.ndarray, lines: list[str], scale: Scale) -> np.ndarray:
    pens = [_font(any(letter >= "⺀" for letter in line)) for line in lines]
    lengths = [pen.getlength(line) for pen, line in zip(pens, lines, strict=True)]
    width = int(max(body.shape[1], LEAST_WIDTH, *lengths)) + 2 * MARGIN
    top = MARGIN + LINE * len(lines) + GAP
    image = Image.new("RGB", (width, top + body.shape[0] + 2 * MARGIN + BAR[1]), "white")
    draw = ImageDraw.Draw(image)
    for number, (pen, line) in enumerate(zip(pens, lines, strict=True)):
        draw.text((MARGIN, MARGIN + LINE * number), line, INK, pen)
    image.paste(Image.fromarray(body), (MARGIN, top))
    ramp = np.linspace(*scale.ends, BAR[0])[None].repeat(BAR[1], 0)
    image.paste(Image.fromarray(coloured(ramp, scale)), (MARGIN, top + body.shape[0] + MARGIN))
    return np.asarray(image)


@cache
def _font(chinese: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font_manager.findfont(fonts()[-1 if chinese else 0]), 11)
