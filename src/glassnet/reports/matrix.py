"""Predictions to the confusion matrix of a page, with the pictures of each cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.reports.sheets import MOST_SIDE, Sheet, most_a_group, sheet_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glassnet.evaluation.judgement import Judgement
    from glassnet.evaluation.predictions import Predictions
    from glassnet.pictures.pictures import Pictures

MOST_CLASSES = 30  # that a matrix shows: more cannot be read
MOST_PIXELS = 1_600_000  # of all pictures of a matrix: about half a byte each in the file
MOST_A_CELL = 24  # pictures


@dataclass(frozen=True)
class Cell:
    """Pictures of one class that were said to be of one class."""

    row: int  # number of the class
    column: int
    count: int
    share: float  # of the pictures of the class


@dataclass(frozen=True)
class Matrix:
    """A confusion matrix for a page.

    Attributes:
        classes: Numbers of the classes that are shown.
        rows: Cells, row by row.
        left_out: How many classes are not shown, for they are confused the least.
        sheets: The pictures, by number of the row's class.
        cells: What the page's script reads: for `row,column` a list of place on the row's sheet, position in
            the split, and probability in per cent.
    """

    classes: tuple[int, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left_out: int
    sheets: dict[int, Sheet]
    cells: dict[str, list[list[Any]]]


def matrix_of(judgement: Judgement, predictions: Predictions, pictures: Pictures | None) -> Matrix:
    """Lay out the confusion matrix of a split, and choose the pictures that its cells show.

    Args:
        judgement: Of the split.
        predictions: Of the split.
        pictures: The split, in the same order; None: cells show none.

    Returns:
        The matrix. Of mistakes the surest come first, of right ones the least sure.
    """
    counts = np.array(judgement.confusion)
    classes = _shown_classes(counts)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    rows = tuple(
        tuple(Cell(row, column, int(counts[row, column]), float(shares[row, column])) for column in classes)
        for row in classes
    )
    sheets, cells = ({}, {}) if pictures is None else _cells(predictions, pictures, classes)
    return Matrix(classes, rows, len(counts) - len(classes), sheets, cells)


def _shown_classes(counts: np.ndarray) -> tuple[int, ...]:
    """Give all classes, or of too many those that take part in the most mistakes."""
    if len(counts) <= MOST_CLASSES:
        return tuple(range(len(counts)))
    wrong = counts - np.diag(np.diag(counts))
    worst = np.argsort(-(wrong.sum(0) + wrong.sum(1)), kind="stable")[:MOST_CLASSES]
    return tuple(sorted(worst.tolist()))


def _cells(
    predictions: Predictions, pictures: Pictures, classes: Sequence[int]
) -> tuple[dict[int, Sheet], dict[str, list[list[Any]]]]:
    labels, predicted = predictions.labels, predictions.predicted
    sure = predictions.probabilities.max(1)
    groups = {}
    for row in classes:
        for column in classes:
            found = np.flatnonzero((labels == row) & (predicted == column))
            if len(found):
                order = sure[found] if row == column else -sure[found]
                groups[row, column] = found[np.argsort(order, kind="stable")]
    side = min(MOST_SIDE, max(pictures.policy.height, pictures.policy.width))
    budget = MOST_PIXELS // side**2
    most = min(MOST_A_CELL, most_a_group([len(group) for group in groups.values()], budget))
    sheets, cells = {}, {}
    for row in classes:
        chosen: list[int] = []
        for column in classes:
            shown = groups.get((row, column), np.array([], int))[:most].tolist()
            cells[f"{row},{column}"] = [
                [len(chosen) + place, index, round(100 * float(sure[index]), 1)]
                for place, index in enumerate(shown)
            ]
            chosen += shown
        if chosen:
            sheets[row] = sheet_of(pictures.batch(chosen), f"sheet-{row}")
    return sheets, {key: cell for key, cell in cells.items() if cell}
