"""The noun `Judgement`: all that predictions of one split say of a network, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.errors import RunError
from glassnet.evaluation.calibration import Calibration, calibrate, fit_temperature
from glassnet.evaluation.confusion import Confused, confusion, most_confused, normalised
from glassnet.evaluation.curves import ClassCurves, class_curves
from glassnet.evaluation.mistakes import lowest
from glassnet.evaluation.scores import Scores, score, top_k
from glassnet.evaluation.slices import Slice, by_folder, by_thirds, slices

if TYPE_CHECKING:
    from glassnet.evaluation.predictions import Predictions

TOP = 5
MOST_CONFUSED = 20  # pairs of classes
MOST_TOLD = 32  # pictures of each kind


@dataclass(frozen=True)
class Told:
    """What was said of one picture."""

    index: int  # its position in the predictions
    path: str
    name: str  # of its class
    predicted: str
    probability: float  # of the predicted class
    own_probability: float  # of its own class


@dataclass(frozen=True)
class Temperature:
    """The temperature that logits are divided by so that probabilities can be believed."""

    value: float  # above 1: the network is too sure
    fitted_on: int  # pictures of the validation split
    calibration: Calibration  # of the judged split with it


@dataclass(frozen=True)
class Judgement:
    """How good a network is on one split; all derives from its `Predictions`."""

    split: str
    source: str
    classes: tuple[str, ...]  # K
    scores: Scores  # accuracy, interval, images, per class, macro, weighted
    top5: float | None  # None with five classes or fewer
    confusion: tuple[tuple[int, ...], ...]  # K×K: rows are labels, columns predicted
    confused: tuple[Confused, ...]  # at most 20 pairs, the most mistakes first
    curves: tuple[ClassCurves, ...]  # K
    calibration: Calibration
    temperature: Temperature | None
    no_temperature: str | None  # why there is none
    mistakes: tuple[Told, ...]  # at most 32, the most confident first
    least_confident_hits: tuple[Told, ...]  # at most 32
    slices: tuple[Slice, ...]  # by folder, size and brightness, where they vary; the worst of each first

    @property
    def average_precision(self) -> float | None:
        """The mean over the classes with pictures."""
        return _mean([curve.average_precision for curve in self.curves])

    @property
    def auc(self) -> float | None:
        """The mean over the classes with pictures, each against the rest."""
        return _mean([curve.auc for curve in self.curves])


def judge(
    predictions: Predictions,
    *,
    split: str,
    source: str,
    validation: Predictions | None = None,
    sizes: np.ndarray | None = None,
    brightness: np.ndarray | None = None,
) -> Judgement:
    """Judge a network by its predictions.

    Args:
        predictions: Of the split; at least one picture.
        split: Its name.
        source: Where its pictures come from.
        validation: Predictions of the validation split, to fit the temperature on; None where there are none.
        sizes: float, N: pixels a side, √(width·height), of the pictures as they lie in their files; None
            where they are not known.
        brightness: float, N: mean of the pixels, 0..1; None where it is not known.

    Returns:
        The judgement.

    Raises:
        RunError: Logits are not finite.

    Example:
        >>> from glassnet.evaluation.predictions import Predictions
        >>> logits = np.array([[2.0, 0.0], [0.0, 1.0], [3.0, 0.0]], np.float32)
        >>> told = Predictions(logits, np.array([0, 1, 1]), np.array(["a", "b", "c"]), ("cat", "dog"))
        >>> found = judge(told, split="test", source="pets")
        >>> found.confusion, found.mistakes[0].path, round(found.mistakes[0].probability, 3)
        (((1, 0), (1, 1)), 'c', 0.953)
    """
    _check_finite(predictions.logits, split)
    labels, predicted, classes = predictions.labels, predictions.predicted, predictions.classes
    probabilities = predictions.probabilities
    right = predicted == labels
    confidence = probabilities.max(1)
    matrix = confusion(labels, predicted, len(classes))
    temperature, no_temperature = _temperature(predictions, split, validation)
    parts = {
        "folder": by_folder(predictions.paths.tolist(), labels, classes),
        "size": None if sizes is None else by_thirds(sizes, "{:.0f} px"),
        "brightness": None if brightness is None else by_thirds(brightness, "{:.2f}"),
    }
    return Judgement(
        split=split,
        source=source,
        classes=classes,
        scores=score(labels, predicted, classes),
        top5=top_k(predictions.logits, labels, TOP) if len(classes) > TOP else None,
        confusion=tuple(map(tuple, matrix.tolist())),
        confused=most_confused(matrix, classes, MOST_CONFUSED),
        curves=class_curves(probabilities, labels, classes),
        calibration=calibrate(probabilities, labels),
        temperature=temperature,
        no_temperature=no_temperature,
        mistakes=_told(predictions, probabilities, lowest(-confidence, ~right, MOST_TOLD)),
        least_confident_hits=_told(predictions, probabilities, lowest(confidence, right, MOST_TOLD)),
        slices=tuple(part for by, names in parts.items() for part in slices(by, names, right)),
    )


def _check_finite(logits: np.ndarray, split: str) -> None:
    broken = int((~np.isfinite(logits)).any(1).sum())
    if broken:
        raise RunError(
            "the network's outputs are not finite, so they cannot be judged", where=f"{split} split",
            got=f"NaN or infinity for {broken:,} of {len(logits):,} pictures",
            hint="glassnet check RUN looks for the cause; train with a lower --lr",
        )  # fmt: skip


def _temperature(
    predictions: Predictions, split: str, validation: Predictions | None
) -> tuple[Temperature | None, str | None]:
    """Fit the temperature on the validation split and judge it on another, or say why it is not."""
    if split == "val":
        return None, "it is fitted on the validation split, so it is not judged there"
    if validation is None:
        return None, "there are no predictions of the validation split to fit it on"
    if validation.classes != predictions.classes or not np.isfinite(validation.logits).all():
        return None, "the run's predictions of the validation split are not of this network"
    value = fit_temperature(validation.logits, validation.labels)
    if value is None:
        return None, "no temperature is best for the validation split: all or nothing in it is told right"
    cooled = replace(predictions, logits=predictions.logits.astype(np.float64) / value)
    found = calibrate(cooled.probabilities, predictions.labels)
    return Temperature(value, len(validation.labels), found), None


def _told(predictions: Predictions, probabilities: np.ndarray, indices: np.ndarray) -> tuple[Told, ...]:
    names = predictions.classes
    return tuple(
        Told(
            index,
            str(predictions.paths[index]),
            names[label],
            names[predicted],
            float(probabilities[index, predicted]),
            float(probabilities[index, label]),
        )
        for index, label, predicted in zip(
            indices.tolist(), predictions.labels[indices].tolist(),
            predictions.predicted[indices].tolist(), strict=True,
        )
    )  # fmt: skip


def _mean(figures: list[float | None]) -> float | None:
    known = [figure for figure in figures if figure is not None]
    return sum(known) / len(known) if known else None


def as_data(judgement: Judgement) -> dict[str, Any]:
    """Turn a judgement into JSON's own types, with the keys that `evaluate --json` gives.

    Args:
        judgement: Of one split.

    Returns:
        Plain data.

    Example:
        >>> from glassnet.evaluation.predictions import Predictions
        >>> told = Predictions(np.array([[2.0, 0.0]]), np.array([0]), np.array(["a"]), ("cat", "dog"))
        >>> as_data(judge(told, split="test", source="pets"))["confusion"]
        {'counts': [[1, 0], [0, 0]], 'shares': [[1.0, 0.0], [0.0, 0.0]]}
    """
    scores, temperature = judgement.scores, judgement.temperature
    counts = np.array(judgement.confusion)
    per_class = [
        _renamed(asdict(entry)) | {"average_precision": curve.average_precision, "auc": curve.auc}
        for entry, curve in zip(scores.per_class, judgement.curves, strict=True)
    ]
    areas = {"average_precision": judgement.average_precision, "auc": judgement.auc}
    return {
        "source": judgement.source,
        "split": judgement.split,
        "accuracy": scores.accuracy,
        "interval": list(scores.interval),
        "images": scores.images,
        "top5": judgement.top5,
        "macro": asdict(scores.macro) | areas,
        "weighted": asdict(scores.weighted),
        "per_class": per_class,
        "confusion": {"counts": counts.tolist(), "shares": normalised(counts).tolist()},
        "confused": [_renamed(asdict(pair)) for pair in judgement.confused],
        "curves": [
            {"class": curve.name, "precision_recall": curve.precision_recall, "roc": curve.roc}
            for curve in judgement.curves
        ],
        "calibration": asdict(judgement.calibration),
        "temperature": None if temperature is None else asdict(temperature),
        "no_temperature": judgement.no_temperature,
        "mistakes": [_renamed(asdict(told)) for told in judgement.mistakes],
        "least_confident_hits": [_renamed(asdict(told)) for told in judgement.least_confident_hits],
        "slices": [asdict(part) for part in judgement.slices],
    }


def _renamed(entry: dict[str, Any]) -> dict[str, Any]:
    """Call the name of a class `class`, which is no name that Python allows in its place."""
    return {"class" if key == "name" else key: value for key, value in entry.items()}
