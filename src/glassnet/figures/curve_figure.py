"""Activation curves as one figure: a panel for each, with the network's own numbers on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib

from glassnet.draw import DPI, INK, fonts, new_figure, number_text, shortened
from glassnet.texts import choose_language, texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from glassnet.figures.curves import ActivationCurve

CURVE, SLOPE, BARS, GREY = "#d07a17", "#1f6fb2", "#cfd6dd", "#5b6773"
COLUMNS, WIDE, TALL = 4, 360, 300  # panels in a row; px of one
HEAD, MARGIN, LINE = 74, 16, 15  # px
CAPTION = 46  # letters in a line of a caption; a Chinese one takes two
FACTS = 2  # lines of a caption in ink
HIGHEST = 0.55  # of a panel: the highest bar
MOST_PANELS = 16


def draw_curves(curves: Sequence[ActivationCurve], *, lang: str | None = None) -> Figure:
    """Draw activation functions: the curve, its slope, and a histogram of the network's own inputs.

    Args:
        curves: From `activation_curves`.
        lang: `en` or `zh`; None chooses.

    Returns:
        The figure, four panels in a row; of more than 16 functions 16 from the first to the last, which its
        title says.
    """
    lang = choose_language(lang)
    words = texts(lang, "curves")
    title = words["title"]
    if len(curves) > MOST_PANELS:
        title = words["title_some"].format(shown=MOST_PANELS, all=len(curves))
        last = len(curves) - 1
        curves = [curves[round(place * last / (MOST_PANELS - 1))] for place in range(MOST_PANELS)]
    columns = min(COLUMNS, len(curves))
    captions = [_caption(curve, words) for curve in curves]
    under = 34 + LINE * max(map(len, captions))
    tall = TALL + under
    rows = -(-len(curves) // columns)
    width = max(columns * WIDE, _legend_px(words)) + 2 * MARGIN
    height = HEAD + rows * tall + MARGIN
    with matplotlib.rc_context(
        {"font.family": list(fonts()), "text.color": INK, "axes.edgecolor": "#9aa5b1"}
    ):
        figure = new_figure(width / DPI, height / DPI)
        sheet = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0, width), ylim=(height, 0))
        sheet.set_axis_off()
        sheet.text(MARGIN + 6, 22, title, fontsize=13, weight="bold", va="center", parse_math=False)
        _legend(sheet, words)
        for index, (curve, caption) in enumerate(zip(curves, captions, strict=True)):
            x, y = MARGIN + (index % columns) * WIDE, HEAD + (index // columns) * tall
            _heading(sheet, curve, x + 40, y)
            place = ((x + 40) / width, 1 - (y + TALL - 4) / height, (WIDE - 62) / width, (TALL - 48) / height)
            _panel(figure, curve, place)
            for number, line in enumerate(caption):
                sheet.text(
                    x + 40, y + TALL + 26 + LINE * number, line, fontsize=8, va="center", parse_math=False,
                    color=INK if number < FACTS else GREY,
                )  # fmt: skip
    return figure


LEGEND = ((CURVE, "-", "curve"), (SLOPE, "--", "slope"), (BARS, "bar", "inputs"))


def _legend_px(words: Mapping[str, str]) -> float:
    return sum(55 + _px(words[key]) for _, _, key in LEGEND)


def _px(text: str) -> float:
    """Estimate the width of a text of 8.5 points."""
    return sum(12.0 if character > "⺀" else 6.6 for character in text)


def _legend(sheet: Axes, words: Mapping[str, str]) -> None:
    x = MARGIN + 6.0
    for colour, style, key in LEGEND:
        if style == "bar":
            sheet.fill_between([x, x + 22], 42, 54, color=colour, linewidth=0)
        else:
            sheet.plot(
                [x, x + 22], [48, 48], color=colour, linestyle=style, linewidth=2.2 if style == "-" else 1.2
            )
        sheet.text(x + 29, 48, words[key], fontsize=8.5, va="center", color=GREY, parse_math=False)
        x += 55 + _px(words[key])


def _heading(sheet: Axes, curve: ActivationCurve, x: float, y: float) -> None:
    sheet.text(
        x, y + 10, shortened(curve.label, 40), fontsize=9.5, weight="bold", va="center", parse_math=False
    )
    sheet.text(
        x,
        y + 28,
        f"{curve.name}(x) = {curve.formula}",
        fontsize=8.5,
        va="center",
        color=GREY,
        parse_math=False,
    )


def _panel(figure: Figure, curve: ActivationCurve, place: tuple[float, float, float, float]) -> None:
    """Draw one panel; the histogram has its own height, the curve its numbers at the left."""
    bars = figure.add_axes(place)
    bars.stairs(curve.counts, curve.edges, fill=True, color=BARS)
    bars.set_ylim(0, max(1, curve.counts.max()) / HIGHEST)
    bars.set_axis_off()
    axes = figure.add_axes(place)
    axes.patch.set_alpha(0.0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=7.5, color="#9aa5b1", labelcolor=GREY)
    if curve.pairs is not None:
        axes.plot(*curve.pairs, color=CURVE, linewidth=1.2, marker="o", markersize=3.5)
        reach = (curve.high - curve.low) * 0.05 or 0.5
        axes.set_xlim(curve.low - reach, curve.high + reach)
    else:
        axes.axhline(0, color="#c3cbd4", linewidth=0.7)
        axes.axvline(0, color="#c3cbd4", linewidth=0.7)
        axes.plot(curve.x, curve.slope, color=SLOPE, linewidth=1.2, linestyle="--")
        axes.plot(curve.x, curve.y, color=CURVE, linewidth=2.2)
        axes.set_xlim(curve.x[0], curve.x[-1])
    bars.set_xlim(axes.get_xlim())
    for number in (curve.low, curve.mean, curve.high):  # marked on the axis of the inputs
        axes.plot(
            [number],
            [0],
            marker="|",
            markersize=9,
            color=INK,
            transform=axes.get_xaxis_transform(),
            clip_on=False,
        )


def _caption(curve: ActivationCurve, words: Mapping[str, str]) -> list[str]:
    """Say what the network's numbers do here, and what to know of the function."""
    low, mean, high = (number_text(number) for number in (curve.low, curve.mean, curve.high))
    lines = [
        words["range"].format(low=low, mean=mean, high=high, count=f"{curve.inputs:,}"),
        words["zeros"].format(share=_percent(curve.zeros)),
    ]
    if curve.flat is not None:
        lines.append(words["flat"].format(share=_percent(curve.flat)))
    return [*lines, *wrapped(words[f"about_{curve.name}"], CAPTION)]


def _percent(share: float) -> str:
    """Write a share so that only none is 0 and only all is 100."""
    text = f"{100 * share:.1f}".removesuffix(".0")
    return {"0": "< 0.1" if share > 0 else "0", "100": "> 99.9" if share < 1 else "100"}.get(text, text)


def wrapped(text: str, cells: int) -> list[str]:
    """Break a text into lines; a Chinese character takes two cells and may be followed by a break.

    Args:
        text: One paragraph.
        cells: Most of a line.

    Returns:
        Lines.

    Example:
        >>> wrapped("a short text of words", 12)
        ['a short text', 'of words']
    """
    lines, line, width = [], "", 0
    for word in _words(text):
        wide = sum(2 if character > "⺀" else 1 for character in word.rstrip())
        if line and width + wide > cells and word not in "，。；：、）":  # noqa: RUF001
            lines.append(line.rstrip())
            line, width = "", 0
        line += word
        width += sum(2 if character > "⺀" else 1 for character in word)
    return [*lines, line.rstrip()]


def _words(text: str) -> list[str]:
    found, word = [], ""
    for character in text:
        word += character
        if character == " " or character > "⺀":
            found.append(word)
            word = ""
    return [*found, word] if word else found
