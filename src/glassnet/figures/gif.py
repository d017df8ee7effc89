"""Frames to the bytes of a GIF, with one palette for all of them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageColor

from glassnet.figures.cells import DASH, EMPTY, INK, LINE, MARK, MUTED, PAPER, as_rgb, colours_of

if TYPE_CHECKING:
    from collections.abc import Sequence

COLOURS = 255  # one is left for what does not change from frame to frame
FRAME_MILLISECONDS, LAST_MILLISECONDS = 550, 3000
PILLOWS_STEP = 8  # Pillow looks colours up roughly: none may come so near to the paper


def palette_for(picture: np.ndarray | None) -> Image.Image:
    """Choose colours: those of letters and lines, the scale of numbers, and what a picture needs.

    Args:
        picture: uint8, H×W×C, or None.

    Returns:
        A picture of Pillow's mode `P` that holds the palette.
    """
    plain = [ImageColor.getrgb(colour) for colour in (PAPER, EMPTY, INK, MUTED, LINE, DASH, MARK, "#c800c8")]
    pairs = [(paper, ink) for paper in (PAPER, EMPTY, "#c4dbf0") for ink in (INK, MARK, MUTED)]
    colours = [*plain, *[_mixed(paper, ink, share / 8) for paper, ink in pairs for share in range(1, 8)]]
    steps = COLOURS - len(colours) if picture is None else 61
    colours += [tuple(colour) for colour in colours_of(np.linspace(-1, 1, steps), 1.0).tolist()]
    if picture is not None:
        whole = Image.fromarray(np.ascontiguousarray(as_rgb(picture)))
        found = whole.quantize(COLOURS - len(colours), method=Image.Quantize.MEDIANCUT).getpalette() or []
        colours += list(zip(*[iter(found)] * 3, strict=True))
    colours = plain + [
        each for each in colours if all(_apart(each, paper) > PILLOWS_STEP for paper in plain[:2])
    ]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in colours[:COLOURS] for part in colour[:3]])
    return palette


def _apart(one: Sequence[int], other: Sequence[int]) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def _mixed(paper: str, ink: str, share: float) -> tuple[int, ...]:
    ends = zip(ImageColor.getrgb(paper), ImageColor.getrgb(ink), strict=True)
    return tuple(round(one + share * (other - one)) for one, other in ends)


def encode_gif(frames: Sequence[Image.Image], palette: Image.Image) -> bytes:
    """Write frames as a GIF that begins again at its end.

    Args:
        frames: RGB pictures of one size; the last stays for 3 seconds.
        palette: From `palette_for`.

    Returns:
        The bytes of a file.
    """
    small = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    file = io.BytesIO()
    times = [FRAME_MILLISECONDS] * (len(small) - 1) + [LAST_MILLISECONDS]
    small[0].save(file, "GIF", save_all=True, append_images=small[1:], duration=times, loop=0)
    return file.getvalue()
