"""Predictions to TensorBoard: pictures in green and red, precision-recall curves, confusion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from torch.utils.tensorboard.summary import pr_curve

from glassnet.draw import draw_predictions, pixels
from glassnet.evaluation.confusion import confusion
from glassnet.figures.confusion_figure import draw_confusion
from glassnet.tensorboard.event_file import class_tag, picture

if TYPE_CHECKING:
    from tensorboard.compat.proto.summary_pb2 import Summary  # pyright: ignore[reportAttributeAccessIssue]

    from glassnet.evaluation.predictions import Predictions
    from glassnet.pictures.pictures import Pictures

GRID = 32  # pictures in a figure
MOST_CLASSES = 20  # with curves of their own
THRESHOLDS = 127  # the most that TensorBoard's own writer takes


def prediction_figure(pictures: Pictures, predictions: Predictions) -> Summary.Value:
    """Draw predictions against labels, with probabilities, right ones in green, wrong ones in red.

    Args:
        pictures: A split.
        predictions: Of that split.

    Returns:
        A picture of up to 32 pictures, spread evenly over the split.
    """
    indices = np.linspace(0, len(pictures) - 1, min(GRID, len(pictures))).round().astype(int)
    predicted = predictions.predicted[indices]
    figure = draw_predictions(
        pictures.batch(indices),
        predictions.labels[indices].tolist(),
        predicted.tolist(),
        predictions.probabilities[indices, predicted].tolist(),
        predictions.classes,
    )
    return picture(f"predictions/{pictures.split}", pixels(figure))


def confusion_figure(split: str, predictions: Predictions) -> Summary.Value:
    """Draw what each class was taken for.

    Args:
        split: Of the predictions.
        predictions: Any.

    Returns:
        A picture.
    """
    matrix = confusion(predictions.labels, predictions.predicted, len(predictions.classes))
    return picture(f"confusion/{split}", pixels(draw_confusion(matrix.tolist(), predictions.classes)))


def pr_curves(split: str, predictions: Predictions) -> tuple[list[Summary.Value], list[str]]:
    """Draw the precision-recall curve of each class against all others.

    Args:
        split: Of the predictions.
        predictions: Any.

    Returns:
        A curve for each class that has pictures, and a sentence for what is left out.
    """
    probabilities, labels = predictions.probabilities, predictions.labels
    counts = np.bincount(labels, minlength=len(predictions.classes))
    there, values = np.flatnonzero(counts), []
    for number in there[:MOST_CLASSES].tolist():
        tag = f"{split} precision and recall/{class_tag(number, predictions.classes[number])}"
        values += pr_curve(tag, labels == number, probabilities[:, number], THRESHOLDS).value
    notes = []
    if len(there) > MOST_CLASSES:
        notes.append(
            f"precision-recall curves of the first {MOST_CLASSES} of {len(there):,} classes, {split}"
        )
    if len(there) < len(counts):
        notes.append(f"{len(counts) - len(there):,} classes have no pictures in {split}, so no curve")
    return values, notes
