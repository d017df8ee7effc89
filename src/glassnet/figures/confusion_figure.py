"""The confusion matrix as a figure: counts and shares in squares, names along both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib
import numpy as np

from glassnet.draw import INK, cells_of, fonts, new_figure, shortened
from glassnet.texts import choose_language, texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_NUMBERED, MOST_NAMED = 30, 120  # classes, up to which squares hold numbers and have names
BODY, LARGEST, SMALLEST = 9.0, 0.62, 0.17  # inches: of all squares, and of one with a name
NAME_CELLS, CELL = 20, 0.07  # letters of a name; inches that one takes
LEAST_SQUARE, SHARED_SQUARE = 0.3, 0.45  # inches: of a square with a number, of one with a share too
HEAD, MARGIN, LABEL = 0.75, 0.2, 0.3  # inches: title and note, white around, what an axis is
FLAT, GAP = 0.25, 0.1  # inches: a line of names that need not be turned, white beside a name
GREY, DARK = "#5b6773", 0.55  # a share from which on numbers are white


def draw_confusion(
    counts: Sequence[Sequence[int]], classes: Sequence[str], *, lang: str | None = None
) -> Figure:
    """Draw a confusion matrix: the colour of a square is its share of the row.

    Args:
        counts: K×K: rows are labels, columns predicted.
        classes: K names.
        lang: `en` or `zh`; None chooses.

    Returns:
        The figure; with up to 30 classes each square says its count, with more the colour alone tells, and
        with more than 120 there are no names.
    """
    words = texts(choose_language(lang), "judgement")
    matrix = np.array(counts)
    shares = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    number = len(classes)
    named, numbered = number <= MOST_NAMED, number <= MOST_NUMBERED
    square = min(LARGEST, max(BODY / number, SMALLEST if named else 0.0))
    names = [shortened(name, NAME_CELLS) for name in classes] if named else []
    longest = max(map(cells_of, names), default=0) * CELL
    flat = longest < square
    below = FLAT if flat else longest + GAP
    body, left = square * number, MARGIN + LABEL + longest + GAP
    title = words["confusion_title"].format(
        images=f"{matrix.sum():,}", percent=f"{100 * matrix.trace() / matrix.sum():.2f}"
    )
    note = words["confusion_note" if numbered and square >= SHARED_SQUARE else "confusion_note_colour"]
    width = max(left + body + MARGIN, MARGIN * 2 + CELL * 1.15 * max(cells_of(title), cells_of(note)))
    height = HEAD + body + below + LABEL + MARGIN
    with matplotlib.rc_context({"font.family": list(fonts()), "text.color": INK}):
        figure = new_figure(width, height)
        sheet = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0, width), ylim=(height, 0))
        sheet.set_axis_off()
        sheet.text(MARGIN, 0.25, title, fontsize=11, weight="bold", va="center", parse_math=False)
        sheet.text(MARGIN, 0.5, note, fontsize=8.5, va="center", color=GREY, parse_math=False)
        place = (left / width, 1 - (HEAD + body) / height, body / width, body / height)
        axes = figure.add_axes(place)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest", aspect="auto")
        _put_names(axes, names, flat=flat)
        said, label = words["confusion_said"], words["confusion_label"]
        sheet.text(left + body / 2, height - MARGIN, said, fontsize=9, ha="center", color=GREY)
        sheet.text(MARGIN, HEAD + body / 2, label, fontsize=9, va="center", rotation=90, color=GREY)
        if numbered and square >= LEAST_SQUARE:
            _put_numbers(axes, matrix, shares, square)
    return figure


def _put_names(axes: Axes, names: Sequence[str], *, flat: bool) -> None:
    axes.tick_params(length=0, labelsize=8, labelcolor=INK)
    axes.set_xticks(range(len(names)), names, rotation=0 if flat else 90, parse_math=False)
    axes.set_yticks(range(len(names)), names, parse_math=False)


def _put_numbers(axes: Axes, matrix: np.ndarray, shares: np.ndarray, square: float) -> None:
    both = square >= SHARED_SQUARE
    size = min(8.5, 20 * square)
    for row, column in np.argwhere(matrix).tolist():
        share = float(shares[row, column])
        percent = f"{100 * share:.0f}" if share >= 0.005 else "<1"  # noqa: PLR2004 — what rounds to 0
        text = f"{matrix[row, column]:,}" + (f"\n{percent} %" if both else "")
        axes.text(
            column, row, text, ha="center", va="center", fontsize=size, linespacing=1.15,
            color="white" if share >= DARK else INK,
        )  # fmt: skip
