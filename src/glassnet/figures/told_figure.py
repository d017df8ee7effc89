"""Single pictures with what was said of them: the worst mistakes, the least sure hits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glassnet.draw import BAD, GOOD, draw_grid, shortened
from glassnet.texts import choose_language, texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from matplotlib.figure import Figure

CELL = 1.45  # inches of a picture with the white around it


@dataclass(frozen=True)
class ToldPicture:
    """What a picture is, and what was said of it."""

    name: str  # of its class
    predicted: str
    probability: float  # of the predicted class


def draw_told(
    images: np.ndarray, told: Sequence[ToldPicture], kind: str, *, lang: str | None = None
) -> Figure:
    """Draw pictures with their class and what was said, wrong in red, right in green.

    Args:
        images: uint8, N×H×W×C.
        told: N.
        kind: `mistakes` or `least_confident_hits`: what the title says.
        lang: `en` or `zh`; None chooses.

    Returns:
        The figure.
    """
    words = texts(choose_language(lang), "judgement")
    title = words[f"{kind}_title"].format(count=len(told)) + "\n" + words[f"{kind}_note"]
    names, colours = [], []
    for one in told:
        said = f"{shortened(one.predicted, 12)} {100 * one.probability:.1f} %"
        right = one.name == one.predicted
        names.append(said if right else f"{shortened(one.name, 20)}\n{said}")
        colours.append(GOOD if right else BAD)
    return draw_grid(images, names, colours, title=title, cell=CELL)
