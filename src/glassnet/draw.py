"""Numbers to figures: matplotlib, without a window and without torch."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING

import matplotlib
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

CHINESE_FONTS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "SimHei",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Sans CJK JP",
)  # fmt: skip
INK, GOOD, BAD = "#1f2933", "#1a7f37", "#c62828"
DPI = 100


@cache
def fonts() -> tuple[str, ...]:
    """Tell which fonts texts are drawn with, the first that has a character wins.

    Returns:
        Names of installed fonts: DejaVu Sans, then one with Chinese characters where there is one.
    """
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return ("DejaVu Sans", *[name for name in CHINESE_FONTS if name in installed][:1])


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
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def show_image(axes: object, image: np.ndarray) -> None:
    """Draw a picture without axes, each of its pixels a crisp square.

    Args:
        axes: Of matplotlib.
        image: uint8 or float in 0..1, H×W×C with C 1 or 3.
    """
    grey = image.shape[2] == 1
    shown = image[:, :, 0] if grey else image
    top = 255 if image.dtype.kind == "u" else 1.0
    axes.imshow(shown, cmap="gray", vmin=0, vmax=top, interpolation="nearest")  # pyright: ignore[reportAttributeAccessIssue]
    axes.set_axis_off()  # pyright: ignore[reportAttributeAccessIssue]


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
    columns = min(8, len(images))
    rows = -(-len(images) // columns)
    with matplotlib.rc_context({"font.family": list(fonts()), "text.color": INK}), _quiet():
        figure = new_figure(1.2 * columns, 1.35 * rows + 0.5)
        figure.suptitle(f"{title}; black is {low:.2f}, white is {high:.2f}", fontsize=11)
        for index, axes in enumerate(figure.subplots(rows, columns, squeeze=False).flat):
            axes.set_axis_off()
            if index < len(images):
                show_image(axes, (images[index] - low) / ((high - low) or 1.0))
                axes.set_title(names[index], fontsize=8, pad=2)
        figure.canvas.draw()
    return figure


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
    columns = min(8, len(images))
    rows = -(-len(images) // columns)
    right = sum(label == guess for label, guess in zip(labels, predicted, strict=True))
    with matplotlib.rc_context({"font.family": list(fonts()), "text.color": INK}), _quiet():
        figure = new_figure(1.45 * columns, 1.75 * rows + 0.5)
        figure.suptitle(
            f"{right} of {len(images)} right; in red: what it is, then what was said", fontsize=11
        )
        for index, axes in enumerate(figure.subplots(rows, columns, squeeze=False).flat):
            axes.set_axis_off()
            if index >= len(images):
                continue
            label, guess = labels[index], predicted[index]
            said = f"{classes[guess]} {100 * probabilities[index]:.0f} %"
            show_image(axes, images[index])
            axes.set_title(
                said if label == guess else f"{classes[label]}\n{said}",
                color=GOOD if label == guess else BAD, fontsize=8, pad=3,
            )  # fmt: skip
        figure.canvas.draw()
    return figure


def _quiet() -> warnings.catch_warnings:
    """Let a missing glyph be told once, by `missing_font`, and not by matplotlib for each text."""
    quiet = warnings.catch_warnings()
    warnings.filterwarnings("ignore", message="Glyph .* missing from")
    return quiet
