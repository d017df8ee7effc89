"""The reliability diagram: how often a network is right, by how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib

from glassnet.draw import INK, fonts, new_figure
from glassnet.texts import choose_language, texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 6.4, 7.4  # inches
BARS, GAP, LINE, GREY = "#9cc3e6", "#d9772b", "#12602a", "#5b6773"


@dataclass(frozen=True)
class Reliability:
    """Bins of confidence and the error that follows from them."""

    bins: tuple[tuple[float, float, int, float, float], ...]
    """Of each bin with pictures its lower and upper end, their number, mean confidence and accuracy."""

    ece: float  # 0..1


def draw_reliability(
    found: Reliability, mended: Reliability | None, temperature: float | None, *, lang: str | None = None
) -> Figure:
    """Draw accuracy over confidence, the gap between both, and below how many pictures each bin has.

    Args:
        found: Of the network as it is.
        mended: With the temperature; None where there is none.
        temperature: That logits are divided by.
        lang: `en` or `zh`; None chooses.

    Returns:
        The figure.
    """
    words = texts(choose_language(lang), "judgement")
    with matplotlib.rc_context({"font.family": list(fonts()), "text.color": INK}):
        figure = new_figure(WIDTH, HEIGHT)
        figure.text(0.04, 0.968, words["reliability_title"], fontsize=12, weight="bold", va="center")
        figure.text(0.04, 0.936, words["reliability_note"], fontsize=9, color=GREY, va="center")
        axes = figure.add_axes((0.12, 0.28, 0.84, 0.53))
        below = figure.add_axes((0.12, 0.07, 0.84, 0.15))
        total = sum(part[2] for part in found.bins)
        for low, high, count, confidence, accuracy in found.bins:
            axes.bar(low, accuracy, high - low, align="edge", color=BARS, edgecolor="white", linewidth=0.8)
            axes.plot(
                [(low + high) / 2] * 2, [accuracy, confidence], color=GAP, linewidth=3, solid_capstyle="butt"
            )
            below.bar(low, count / total, high - low, align="edge", color=BARS, edgecolor="white")
        axes.bar(0, 0, color=BARS, label=words["as_it_is"].format(ece=f"{100 * found.ece:.1f}"))
        axes.plot([], [], color=GAP, linewidth=3, label=words["gap"])
        if mended is not None and temperature is not None:
            points = [part[3:] for part in mended.bins]
            label = words["mended"].format(temperature=f"{temperature:.3f}", ece=f"{100 * mended.ece:.1f}")
            axes.plot(
                [x for x, _ in points], [y for _, y in points], color=LINE, marker="o", markersize=4,
                linewidth=1.4, label=label,
            )  # fmt: skip
        axes.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle="--", label=words["line"])
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(-0.02, 1.0),
            frameon=False,
            fontsize=9,
            ncols=2,
            columnspacing=2.5,
        )
        axes.set_ylabel(words["accuracy"], fontsize=9, color=GREY)
        below.set_ylabel(words["share"], fontsize=9, color=GREY)
        below.set_xlabel(words["confidence"], fontsize=9, color=GREY)
        for panel in (axes, below):
            panel.set_xlim(0, 1)
            panel.spines[["top", "right"]].set_visible(False)
            panel.tick_params(labelsize=8, labelcolor=GREY)
        axes.set_ylim(0, 1)
    return figure
