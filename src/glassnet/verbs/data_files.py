"""The figures of an audit: examples of each class, copies, doubtful labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glassnet.audit.make import SHOWN, shown_copies
from glassnet.draw import BAD, INK, draw_grid, mosaic, png, shortened
from glassnet.run import write_whole
from glassnet.texts import texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from glassnet.audit.audit import Audit, Copy, Place

MOST_CLASSES = 48
ACROSS = 5  # examples side by side


def write_figures(audit: Audit, folder: Path, lang: str) -> tuple[Path, ...]:
    """Write the figures of an audit.

    Args:
        audit: It.
        folder: It is made where it is missing.
        lang: A key of `glassnet.texts.LANGUAGES`.

    Returns:
        The files: `classes.png`, and where there is something to show `copies.png` and `labels.png`.

    Raises:
        RunError: They cannot be written.
    """
    figures = figures_of(audit, lang)
    for name, figure in figures.items():
        write_whole(folder / f"{name}.png", png(figure))
    return tuple(folder / f"{name}.png" for name in figures)


def figures_of(audit: Audit, lang: str) -> dict[str, Figure]:
    """Draw an audit.

    Args:
        audit: It; its gallery holds the pictures.
        lang: A key of `glassnet.texts.LANGUAGES`.

    Returns:
        Figures by name: `classes`, `copies`, `labels`.
    """
    words = texts(lang, "data")
    drawn = {"classes": _classes(audit, words)}
    copies = shown_copies(audit)
    if copies:
        pairs = [
            mosaic(np.stack([_image(audit, copy.of), _image(audit, copy.picture)]), 2) for copy in copies
        ]
        names = [_name_of_copy(copy, audit.classes, words) for copy in copies]
        colours = [BAD if copy.two_labels else INK for copy in copies]
        title = _title("title_copies", audit, len(copies), len(audit.copies), words)
        drawn["copies"] = draw_grid(np.stack(pairs), names, colours, title=title, cell=2.2, columns=5)
    doubts = audit.labels.doubts[:SHOWN]
    if doubts:
        names = [
            f"{shortened(audit.classes[doubt.picture.label], 20)}\n"
            f"→ {shortened(audit.classes[doubt.suggested], 14)} {doubt.other:.0%}"
            for doubt in doubts
        ]
        title = _title("title_doubts", audit, len(doubts), len(audit.labels.doubts), words)
        images = np.stack([_image(audit, doubt.picture) for doubt in doubts])
        drawn["labels"] = draw_grid(images, names, [INK] * len(doubts), title=title, cell=1.45)
    return drawn


def _name_of_copy(copy: Copy, classes: Sequence[str], words: dict[str, str]) -> str:
    labels = dict.fromkeys(classes[place.label] for place in (copy.of, copy.picture))
    cells = 32 // len(labels)
    sign = "=" if copy.kind == "exact" else "~"
    return (
        f"{' / '.join(shortened(label, cells) for label in labels)}\n"
        f"{_where(copy.of, words)} {sign} {_where(copy.picture, words)}"
    )


def _title(key: str, audit: Audit, shown: int, count: int, words: dict[str, str]) -> str:
    number = f"{count:,}" if shown == count else words["shown_of"].format(shown=shown, count=f"{count:,}")
    return words[key].format(source=shortened(audit.source, 28), count=number)


def _classes(audit: Audit, words: dict[str, str]) -> Figure:
    """Draw each class as one picture of its examples."""
    pictures, names = [], []
    rows = max(-(-len(row) // ACROSS) for row in audit.examples)
    for label, places in list(enumerate(audit.examples))[:MOST_CLASSES]:
        images = np.full((rows * ACROSS, audit.height, audit.width, audit.channels), 255, np.uint8)
        for number, place in enumerate(places):
            images[number] = _image(audit, place)
        pictures.append(mosaic(images, ACROSS))
        count = sum(facts.per_class[label] for facts in audit.splits)
        names.append(f"{shortened(audit.classes[label], 34)}  {count:,}")
    title = _title("title_classes", audit, len(pictures), len(audit.classes), words)
    return draw_grid(np.stack(pictures), names, [INK] * len(names), title=title, cell=2.6, columns=4)


def _image(audit: Audit, place: Place) -> np.ndarray:
    image = audit.gallery.image(place.split, place.index)
    if image is None:
        raise AssertionError("the gallery lacks a picture that a figure shows")
    return image


def _where(place: Place, words: dict[str, str]) -> str:
    return f"{words[f'split_{place.split}']} {place.index}"
