"""A run as one offline page: what was trained on what, how good it is, where it errs, how to repeat it."""

from __future__ import annotations

import math
import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import jinja2
import numpy as np

from glassnet.draw import shortened
from glassnet.pages.parts import build_page
from glassnet.reports.audited import audited_of
from glassnet.reports.charts import Axis, interval_bar, precision_recall, reliability
from glassnet.reports.facts import (
    balance_of,
    commands_of,
    result_facts,
    run_facts,
    short_of,
    short_source,
)
from glassnet.reports.matrix import matrix_of
from glassnet.reports.network import structure_of
from glassnet.reports.sheets import sheet_of
from glassnet.reports.told import choices_of, mistakes_of, reason_in
from glassnet.reports.training import training_curves
from glassnet.texts import texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markupsafe import Markup

    from glassnet.evaluation.judgement import Judgement
    from glassnet.reports.content import Content
    from glassnet.reports.sheets import Sheet

HOME = Path(__file__).parent
WORST = 24  # mistakes that are shown
MOST_SMALL = 12  # classes with a curve of their own
MOSAIC = 16  # pictures at the head
LABEL_CELLS, SMALL_CELLS = 16, 11  # letters of a class's name beside the matrix, below a small curve
SECTIONS = (
    "result", "findings", "curves", "confusion", "classes", "sure", "mistakes", "network", "pictures",
    "recipe", "repeat",
)  # fmt: skip
TITLES = {
    "classes": "per_class",
    "sure": "sureness",
    "mistakes": "worst",
}  # where the key of the text differs
# templates are filled in by Jinja2, which PyTorch brings along anyway: it escapes every name by itself
TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HOME), autoescape=True, undefined=jinja2.StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip


class Worst(NamedTuple):
    """One of the worst mistakes, with its picture where that is there."""

    picture: Markup | None
    name: str
    said: str
    probability: float
    own: float
    path: str


class Small(NamedTuple):
    """A small curve of one class."""

    name: str
    label: str  # the name, shortened
    chart: Markup
    area: float


def report_page(content: Content, *, lang: str = "en") -> str:
    """Write a run as one HTML file that asks nothing of any host.

    Args:
        content: What it is made of.
        lang: Of the words.

    Returns:
        The file.
    """
    words, info = texts(lang, "report"), content.info
    sheets: list[Sheet] = []
    view: dict[str, Any] = {
        "t": SimpleNamespace(**words),
        "number": number,
        "gap": "" if lang == "zh" else " ",  # between sentences
        "name": content.name,
        "net": info["net"]["net"],
        "source": short_source(info["source"]["name"]),
        "version": info.get("glassnet", "?"),
        "left_out": content.left_out,
        "badges": _badges(info, words),
        "classes": info["source"]["classes"],
        "labels": [shortened(name, LABEL_CELLS) for name in info["source"]["classes"]],
        "mistakes": mistakes_of(info, lang),
        "has_findings": (info.get("result") or {}).get("findings") is not None,
        "training": training_curves(content.metrics, words),
        "epochs": [line for line in content.metrics if line.get("kind") == "epoch"],
        "choices": choices_of(info, lang),
        "commands": commands_of(info, content.name),
        "run_facts": run_facts(info, words),
        "balance": balance_of(content.pictures),
        "notes": [reason_in(note, lang) for note in info["source"].get("notes", ())],
        "rejected": info["source"].get("rejected", ()),
        "structure": None,
        "audited": None,
        "audit_command": shlex.join(["glassnet", "data", str(info["source"]["name"])]),
        "short": short_of(content, words),
        "matrix": None,
        "scores": None,
        "judgement": content.judgement,
        "mosaic": _mosaic(content, sheets),
        "sheets": sheets,
    }
    if content.judgement is not None:
        view |= _result(content, content.judgement, words, sheets)
    if content.audit is not None:
        view["audited"] = audited_of(content.audit, lang, sheets)
    if content.seen is not None:
        structure = view["structure"] = structure_of(content.seen, lang)
        sheets += [
            *([structure.picture] if structure.picture else []),
            *(maps.sheet for maps in structure.maps),
        ]
    matrix = view["matrix"]
    shown = [name for name in SECTIONS if matrix or name not in ("confusion", "classes", "sure", "mistakes")]
    view["sections"] = [(name, words[TITLES.get(name, name)]) for name in shown]
    return build_page(
        "report_page", home=HOME, lang=lang, scripts=("report_page",),
        title=f"{content.name} · glassnet", data=_data(content, matrix, words),
        markup=TEMPLATES.get_template("report.jinja").render(view),
    )  # fmt: skip


def number(value: float | None) -> str:
    """Write a number for a table.

    Args:
        value: None stands for one that is not there.

    Returns:
        At most four digits, with a proper minus.

    Example:
        >>> number(None), number(-0.5), number(0.00012345)
        ('–', '−0.5', '0.0001234')
    """
    return "–" if value is None or not math.isfinite(value) else f"{value:.4g}".replace("-", "−")


def _result(
    content: Content, judgement: Judgement, words: Mapping[str, str], sheets: list[Sheet]
) -> dict[str, Any]:
    """Make all that follows from the predictions."""
    predictions = content.predictions
    if predictions is None:
        raise AssertionError("a judgement has predictions")
    scores, calibration = judgement.scores, judgement.calibration
    matrix = matrix_of(judgement, predictions, content.judged)
    sheets += matrix.sheets.values()
    guess = max(entry.support for entry in scores.per_class) / scores.images
    bins = [(b.low, b.high, b.accuracy, b.images) for b in calibration.bins if b.accuracy is not None]
    order = sorted(
        zip(scores.per_class, judgement.curves, strict=True),
        key=lambda pair: (pair[0].recall is None, pair[0].recall),
    )
    known = [(curve, entry) for entry, curve in order if curve.average_precision is not None]
    confidence = float(predictions.probabilities.max(1).mean())
    key = "too_sure" if confidence > scores.accuracy else "too_shy"
    return {
        "scores": scores,
        "matrix": matrix,
        "guess": guess,
        "facts": result_facts(content.info, judgement, words),
        "rule": interval_bar(scores.accuracy, *scores.interval, guess=guess, name=words["accuracy"]),
        "per_class": order,
        "slices": judgement.slices,
        "reliability": reliability(
            bins, Axis(words["confidence"], 0.0, 1.0, percent=True), Axis("", 0.0, 1.0, percent=True),
            name=words["calibration"],
        ),
        "calibration_told": words[key].format(
            confidence=f"{100 * confidence:.1f}", accuracy=f"{100 * scores.accuracy:.1f}",
            ece=f"{100 * calibration.ece:.1f}",
        ),
        "temperature_told": None if judgement.temperature is None else words["temperature"].format(
            value=number(judgement.temperature.value),
            ece=f"{100 * judgement.temperature.calibration.ece:.1f}",
            count=f"{judgement.temperature.fitted_on:,}",
        ),
        "pr": [
            Small(curve.name, shortened(curve.name, SMALL_CELLS), precision_recall(
                curve.precision_recall, name=words["precision_recall_of"].format(name=curve.name),
                share=entry.support / scores.images,
            ), curve.average_precision or 0.0)
            for curve, entry in known[:MOST_SMALL]
        ],
        "pr_left_out": max(0, len(known) - MOST_SMALL),
        "worst": _worst(content, judgement, sheets),
    }  # fmt: skip


def _worst(content: Content, judgement: Judgement, sheets: list[Sheet]) -> list[Worst]:
    told = judgement.mistakes[:WORST]
    sheet = None
    if content.judged is not None and told:
        sheet = sheet_of(content.judged.batch([each.index for each in told]), "sheet-worst")
        sheets.append(sheet)
    return [
        Worst(
            sheet.show(place, f"{each.name} → {each.predicted}") if sheet else None,
            each.name, each.predicted, each.probability, each.own_probability, each.path,
        )
        for place, each in enumerate(told)
    ]  # fmt: skip


def _mosaic(content: Content, sheets: list[Sheet]) -> list[Markup]:
    """Show a picture of each class, again and again, at the head of the page."""
    pictures = content.judged
    if pictures is None or not len(pictures):
        return []
    order = np.argsort(pictures.labels, kind="stable")
    each = np.split(order, np.flatnonzero(np.diff(pictures.labels[order])) + 1)
    chosen = [
        int(rows[turn]) for turn in range(MOSAIC) for rows in each if turn < len(rows)
    ][:MOSAIC]  # fmt: skip
    sheet = sheet_of(pictures.batch(chosen), "sheet-mosaic")
    sheets.append(sheet)
    return [sheet.show(place, "") for place in range(len(chosen))]


def _badges(info: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    status = str(info.get("status", "?"))
    policy = info["source"]["policy"]
    colour = words["grey"] if policy["channels"] == 1 else words["colour"]
    return [
        words.get(f"status_{status}", status),
        str(info.get("started", "")).replace("T", " ")[:16],
        words["class_count"].format(count=len(info["source"]["classes"])),
        f"{policy['width']}×{policy['height']} {colour}",
    ]


def _data(content: Content, matrix: Any, words: Mapping[str, str]) -> dict[str, Any]:
    """Give what the script of the page reads."""
    names = (
        "cell_title",
        "cell_shown",
        "cell_all",
        "cell_right",
        "cell_none",
        "cell_no_pictures",
        "copied",
        "copy",
    )
    data: dict[str, Any] = {
        "words": {name: words[name] for name in names},
        "cells": {},
        "sheets": {},
        "paths": {},
    }
    if matrix is None or content.predictions is None:
        return data
    paths = content.predictions.paths
    shown = sorted({index for cell in matrix.cells.values() for _, index, _ in cell})
    return data | {
        "classes": content.info["source"]["classes"],
        "cells": matrix.cells,
        "sheets": {
            str(row): [sheet.id, sheet.columns, sheet.across, sheet.down, sheet.width, sheet.height]
            for row, sheet in matrix.sheets.items()
        },
        "paths": {str(index): str(paths[index]) for index in shown},
    }
