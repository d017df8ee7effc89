"""Curves of each class against the rest: precision over recall, and ROC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import matplotlib
from matplotlib.collections import LineCollection

from glassnet.draw import INK, fonts, new_figure, shortened
from glassnet.texts import choose_language, texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_COLOURED = 10  # classes; the others are grey
WIDTH, HEIGHT = 9.2, 5.6  # inches
PLACE = (0.085, 0.11, 0.53, 0.78)  # of the axes: left, bottom, width, height, in parts of the figure
NAME_CELLS = 26
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
KEYS = {  # of the words for the axes and the area
    "precision_recall": ("recall", "precision", "average_precision"),
    "roc": ("false_positive_rate", "true_positive_rate", "auc"),
}
GREY, PALE = "#5b6773", "#c3cbd4"


@dataclass(frozen=True)
class CurveOfClass:
    """The curve of one class and the area below it."""

    name: str
    area: float
    points: tuple[tuple[float, float], ...]  # x, y


def draw_class_curves(
    curves: Sequence[CurveOfClass], kind: Literal["precision_recall", "roc"], *, lang: str | None = None
) -> Figure:
    """Draw precision over recall, or the rate of true positives over that of false ones.

    Args:
        curves: At least one.
        kind: Which of both; an ROC comes with the line of guessing.
        lang: `en` or `zh`; None chooses.

    Returns:
        The figure: the ten classes with the least area in colour, the others in grey.
    """
    words = texts(choose_language(lang), "judgement")
    with matplotlib.rc_context({"font.family": list(fonts()), "text.color": INK}):
        figure, axes = _draw(curves, words, kind)
        if kind == "roc":
            axes.plot([0, 1], [0, 1], color=PALE, linewidth=1, linestyle="--")
            axes.text(
                0.6, 0.565, words["chance"], fontsize=8, color=GREY, va="top", rotation=45,
                rotation_mode="anchor", transform_rotates_text=True,
            )  # fmt: skip
    return figure


def _draw(curves: Sequence[CurveOfClass], words: Mapping[str, str], kind: str) -> tuple[Figure, Axes]:
    title = words[f"{kind}_title"]
    across, up, area = (words[key] for key in KEYS[kind])
    figure = new_figure(WIDTH, HEIGHT)
    axes = figure.add_axes(PLACE)
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.02)
    axes.set_xticks(TICKS)
    axes.set_yticks(TICKS)
    axes.grid(color="#e4e7eb", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, color=PALE, labelcolor=GREY)
    axes.set_xlabel(across, fontsize=9, color=GREY)
    axes.set_ylabel(up, fontsize=9, color=GREY)
    figure.text(0.03, 0.95, title, fontsize=12, weight="bold", va="center")
    ordered = sorted(curves, key=lambda curve: curve.area)
    lines = []
    for number, curve in enumerate(ordered[:MOST_COLOURED]):
        colour = matplotlib.colormaps["tab10"](number)
        (line,) = axes.plot(*zip(*curve.points, strict=True), color=colour, linewidth=1.6, zorder=3)
        lines.append((line, f"{curve.area:.3f}  {shortened(curve.name, NAME_CELLS)}"))
    if others := ordered[MOST_COLOURED:]:
        axes.add_collection(LineCollection([curve.points for curve in others], colors=PALE, linewidths=0.7))
        (line,) = axes.plot([], [], color=PALE, linewidth=0.7)
        lines.append((line, words["others"].format(count=len(others))))
    legend = axes.legend(
        *zip(*lines, strict=True), title=area, loc="upper left", bbox_to_anchor=(1.02, 1.02), frameon=False,
        fontsize=9, title_fontsize=9, alignment="left",
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure, axes
