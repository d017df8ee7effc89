"""A judgement as text, below accuracy and figures per class."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from glassnet.terminal.console import show_field, show_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glassnet.evaluation.judgement import Judgement
    from glassnet.evaluation.scores import Averages
    from glassnet.evaluation.slices import Slice
    from glassnet.terminal.console import Terminal

MOST_PAIRS = 5
MOST_MISTAKES = 5
MOST_SLICES = 5  # of each kind


def show_judgement(judgement: Judgement, terminal: Terminal) -> None:
    """Show what a judgement says beyond accuracy and figures per class.

    Args:
        judgement: Of one split.
        terminal: Where to.
    """
    if judgement.top5 is not None:
        show_field("top-5", f"{100 * judgement.top5:.2f} %", terminal)
    show_field("averages", f"each class alike: {_averages(judgement.scores.macro)} (macro)", terminal)
    show_field("", f"by its pictures: {_averages(judgement.scores.weighted)} (weighted)", terminal)
    areas = {"average precision": judgement.average_precision, "AUC": judgement.auc}
    known = [f"{name} {area:.4f}" for name, area in areas.items() if area is not None]
    show_field("", f"each class against the rest: {', '.join(known)}", terminal)
    _show_calibration(judgement, terminal)
    for index, pair in enumerate(judgement.confused[:MOST_PAIRS]):
        told = f"{pair.name} taken for {pair.said}: {pair.images:,} pictures, {100 * pair.share:.1f} %"
        show_field("" if index else "confused", told, terminal)
    if judgement.mistakes:
        show_field("mistakes", "the most confident ones", terminal)
        rows = [
            (f"{100 * told.probability:.1f} %", told.predicted, f"but it is {told.name}", told.path)
            for told in judgement.mistakes[:MOST_MISTAKES]
        ]
        show_table(rows, ("right", "red", "", "dim"), terminal)
    for by, parts in groupby(judgement.slices, lambda part: part.by):
        _show_slices(by, list(parts), terminal)


def _averages(averages: Averages) -> str:
    figures = {"recall": averages.recall, "precision": averages.precision, "F1": averages.f1}
    return ", ".join(f"{name} {100 * figure:.1f} %" for name, figure in figures.items())


def _show_calibration(judgement: Judgement, terminal: Terminal) -> None:
    found, temperature = judgement.calibration, judgement.temperature
    show_field("calibration", f"error {100 * found.ece:.1f} % (ECE), Brier score {found.brier:.4f}", terminal)
    if temperature is None:
        show_field("", f"no temperature: {judgement.no_temperature}", terminal)
        return
    sure = "too sure" if temperature.value > 1 else "not sure enough"
    mended = f"ECE {100 * temperature.calibration.ece:.1f} %, Brier score {temperature.calibration.brier:.4f}"
    told = f"logits / {temperature.value:.3f}, fitted on {temperature.fitted_on:,} validation pictures"
    show_field("", f"{sure}; with {told}: {mended}", terminal)


def _show_slices(by: str, parts: Sequence[Slice], terminal: Terminal) -> None:
    show_field(by, "in parts, the least accurate first", terminal)
    rows = []
    for part in parts[:MOST_SLICES]:
        low, high = (100 * bound for bound in part.interval)
        accuracy = f"{100 * part.accuracy:.1f} %"
        rows.append((part.name, accuracy, f"{part.images:,} pictures", f"{low:.1f} to {high:.1f}"))
    show_table(rows, ("", "right", "right", "dim"), terminal)
    if len(parts) > MOST_SLICES:
        show_field("", f"… and {len(parts) - MOST_SLICES:,} that are more accurate", terminal)


def show_seconds(seconds: Mapping[str, float], images: int, terminal: Terminal) -> None:
    """Show where the time of an evaluation went.

    Args:
        seconds: `total`, `start`, `data`, `network`, `judgement`, `files`.
        images: Pictures judged.
        terminal: Where to.
    """
    told = f"{seconds['total']:.1f} s: start {seconds['start']:.1f} s, pictures {seconds['data']:.1f} s"
    told += f", network {seconds['network']:.1f} s ({images / max(seconds['network'], 1e-9):,.0f} pictures/s)"
    told += f", judgement {seconds['judgement']:.1f} s, files {seconds['files']:.1f} s"
    show_field("time", told, terminal)
