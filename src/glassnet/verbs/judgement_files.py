"""The files that an evaluation writes beside the run: figures, and predictions as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glassnet.draw import png
from glassnet.errors import RunError
from glassnet.evaluation.tables import import_pyarrow, to_csv, to_parquet
from glassnet.figures.class_curves_figure import CurveOfClass, draw_class_curves
from glassnet.figures.confusion_figure import draw_confusion
from glassnet.figures.reliability_figure import Reliability, draw_reliability
from glassnet.figures.told_figure import ToldPicture, draw_told
from glassnet.run import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from glassnet.evaluation.calibration import Calibration
    from glassnet.evaluation.judgement import Judgement
    from glassnet.evaluation.predictions import Predictions
    from glassnet.pictures.pictures import Pictures


@dataclass(frozen=True)
class WantedFiles:
    """What is to be written; None: not."""

    figures: Path | None
    csv: Path | None
    parquet: Path | None


def check_parquet(wanted: WantedFiles) -> None:
    """Refuse Parquet at the start where it cannot be written at the end.

    Args:
        wanted: What is to be written.

    Raises:
        UsageError: pyarrow is not installed.
    """
    if wanted.parquet is not None:
        import_pyarrow()


def write_judgement(
    wanted: WantedFiles, judgement: Judgement, predictions: Predictions, pictures: Pictures, lang: str
) -> dict[str, Path]:
    """Write the files that are asked for.

    Args:
        wanted: Which.
        judgement: Of a split.
        predictions: That it derives from.
        pictures: The split.
        lang: Of the words in figures.

    Returns:
        Paths by name: `confusion`, `precision_recall`, `roc`, `reliability`, `mistakes`,
        `least_confident_hits`, `csv`, `parquet`.

    Raises:
        RunError: A file cannot be written.
    """
    files: dict[str, Path] = {}
    if wanted.figures is not None:
        for name, content in draw_judgement(judgement, pictures, lang).items():
            files[name] = wanted.figures / f"{name.replace('_', '-')}.png"
            _write(files[name], content)
    if wanted.csv is not None:
        files["csv"] = wanted.csv
        _write(wanted.csv, to_csv(predictions))
    if wanted.parquet is not None:
        files["parquet"] = wanted.parquet
        _write(wanted.parquet, to_parquet(predictions))
    return files


def draw_judgement(judgement: Judgement, pictures: Pictures, lang: str) -> dict[str, bytes]:
    """Draw all figures of a judgement.

    Args:
        judgement: Of a split.
        pictures: The split.
        lang: Of the words.

    Returns:
        PNG files by name; without those that have nothing to show.
    """
    classes, curves, temperature = judgement.classes, judgement.curves, judgement.temperature
    figures = {"confusion": draw_confusion(judgement.confusion, classes, lang=lang)}
    found = [(curve.average_precision, curve.precision_recall, curve.name) for curve in curves]
    precision = [CurveOfClass(name, area, line) for area, line, name in found if area is not None]
    figures["precision_recall"] = draw_class_curves(precision, "precision_recall", lang=lang)
    rates = [CurveOfClass(curve.name, curve.auc, curve.roc) for curve in curves if curve.auc is not None]
    if rates:
        figures["roc"] = draw_class_curves(rates, "roc", lang=lang)
    mended = None if temperature is None else _reliability(temperature.calibration)
    value = None if temperature is None else temperature.value
    figures["reliability"] = draw_reliability(_reliability(judgement.calibration), mended, value, lang=lang)
    for name, told in (
        ("mistakes", judgement.mistakes),
        ("least_confident_hits", judgement.least_confident_hits),
    ):
        if told:
            shown = [ToldPicture(one.name, one.predicted, one.probability) for one in told]
            images = pictures.batch([one.index for one in told])
            figures[name] = draw_told(images, shown, name, lang=lang)
    return {name: png(figure) for name, figure in figures.items()}


def _reliability(calibration: Calibration) -> Reliability:
    bins = [
        (part.low, part.high, part.images, part.confidence, part.accuracy)
        for part in calibration.bins
        if part.confidence is not None and part.accuracy is not None
    ]
    return Reliability(tuple(bins), calibration.ece)


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except RunError as error:
        raise RunError("the file cannot be written", **error.parts) from None
