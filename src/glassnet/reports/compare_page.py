"""Several runs side by side as one offline page."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import glassnet
from glassnet.pages.parts import build_page
from glassnet.reports.answers import BELIEVED, answers, p_text
from glassnet.reports.charts import Axis, Line, axis_over, interval_bar, legend, line_chart
from glassnet.reports.facts import time_text
from glassnet.reports.page import HOME, TEMPLATES, number
from glassnet.reports.sheets import sheet_of
from glassnet.reports.training import Curve, finite_or_gap, smoothed
from glassnet.texts import texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

    from glassnet.reports.charts import Point
    from glassnet.reports.comparison import Comparison, Entry, Pair
    from glassnet.reports.sheets import Sheet

MOST_PICTURES = 12  # of a pair, on each side
MOST_PAIRS = 10  # with pictures
STYLES = 8  # of lines, in the page's styles


class Shown(NamedTuple):
    """A picture that one run tells right and the other wrong."""

    picture: Markup
    name: str
    said: str  # by the run that is wrong


class Side(NamedTuple):
    """The pictures that one run of a pair tells right and the other wrong."""

    right: str  # names of the runs
    wrong: str
    total: int
    shown: list[Shown]


class Tested(NamedTuple):
    """A pair of runs for the page."""

    first: str
    second: str
    pair: Pair
    told: str
    better: str | None
    sides: list[Side]
    has_pictures: bool


def compare_page(found: Comparison, *, lang: str = "en") -> str:
    """Write a comparison as one HTML file that asks nothing of any host.

    Args:
        found: The comparison.
        lang: Of the words.

    Returns:
        The file.
    """
    words = texts(lang, "compare")
    sheets: list[Sheet] = []
    tested = [_tested(found, pair, words, sheets) for pair in found.pairs]
    sections = ["results", "differences", "curves", "pairs", "sources", "speed"]
    curves = run_curves(found.entries, words)
    shown = [
        name for name in sections
        if not (name == "sources" and not found.sources) and not (name == "curves" and not curves)
    ]  # fmt: skip
    view: dict[str, Any] = {
        "t": SimpleNamespace(**words),
        "number": number,
        "time_text": time_text,
        "p_text": p_text,
        "found": found,
        "answers": answers(found, words),
        "starred": any(any(each.chosen) for each in found.differences),
        "entries": found.entries,
        "rules": [_rule(entry, words) for entry in found.entries],
        "groups": [(group, [found.entries[run].name for run in group.runs]) for group in found.groups],
        "curves": curves,
        "tested": tested,
        "sheets": sheets,
        "sections": [(name, words[f"section_{name}"]) for name in shown],
        "version": glassnet.__version__,
    }
    data = {"words": {name: texts(lang, "report")[name] for name in ("copied", "copy")}}
    return build_page(
        "report_page", home=HOME, lang=lang, scripts=("report_page",), data=data,
        title=f"{words['title'].format(count=len(found.entries))} · glassnet",
        markup=TEMPLATES.get_template("compare.jinja").render(view),
    )  # fmt: skip


def run_curves(entries: Sequence[Entry], words: Mapping[str, str]) -> list[Curve]:
    """Lay the curves of runs over each other.

    Args:
        entries: The runs.
        words: Texts of the table `compare`.

    Returns:
        Charts; none where no run has any line.
    """
    found = []
    for key, kind, percent in (
        ("val_accuracy", "epoch", True),
        ("val_loss", "epoch", False),
        ("train_loss", "step", False),
    ):
        lines = []
        for place, entry in enumerate(entries):
            points = _points(entry, "loss" if kind == "step" else key, kind)
            style = f"s{place % STYLES}"
            lines.append(Line(entry.name, points, style, dots=kind == "epoch"))
        lines = [line for line in lines if any(math.isfinite(y) for _, y in line.points)]
        values = [y for line in lines for _, y in line.points if math.isfinite(y)]
        if not values:
            continue
        x = Axis(words["epochs"], 0.0, max(x for line in lines for x, _ in line.points))
        chart = line_chart(lines, x, axis_over("", values, percent=percent), name=words[key])
        found.append(Curve(words[key], chart, legend(lines)))
    return found


def _points(entry: Entry, key: str, kind: str) -> list[Point]:
    """Give a figure over the epochs; what is not finite is a gap."""
    train = (entry.info["source"]["splits"].get("train") or {}).get("images")
    batch = entry.info["recipe"].get("batch")
    if not train or not batch:
        return []
    an_epoch = max(1.0, train / batch)
    lines = [line for line in entry.metrics if line.get("kind") == kind]
    points = [(line["step"] / an_epoch, finite_or_gap(line.get(key))) for line in lines]
    return smoothed(points) if kind == "step" else points


def _rule(entry: Entry, words: Mapping[str, str]) -> Markup | None:
    if entry.scores is None:
        return None
    guess = max(each.support for each in entry.scores.per_class) / entry.scores.images
    name = f"{words['column_accuracy']}: {entry.name}"
    return interval_bar(entry.scores.accuracy, *entry.scores.interval, guess=guess, name=name)


def _tested(found: Comparison, pair: Pair, words: Mapping[str, str], sheets: list[Sheet]) -> Tested:
    first, second = found.entries[pair.first], found.entries[pair.second]
    paired, pictures = pair.paired, found.pictures.get(found.fingerprint(pair.first) or "")
    if paired is None:
        told = words[f"reason_{pair.reason}"].format(first=first.name, second=second.name)
        return Tested(first.name, second.name, pair, told, None, [], has_pictures=False)
    ahead = first if len(paired.only_first) > len(paired.only_second) else second
    better = ahead.name if pair.adjusted is not None and pair.adjusted < BELIEVED else None
    sides = []
    for right, wrong, indices in ((first, second, paired.only_first), (second, first, paired.only_second)):
        shown: list[Shown] = []
        chosen = list(indices[:: max(1, -(-len(indices) // MOST_PICTURES))])[:MOST_PICTURES]
        if pictures is not None and chosen and len(sheets) < 2 * MOST_PAIRS and wrong.predictions is not None:
            sheet = sheet_of(pictures.batch(chosen), f"sheet-{len(sheets)}")
            sheets.append(sheet)
            said = wrong.predictions.predicted
            for place, index in enumerate(chosen):
                name, taken = (pictures.classes[label] for label in (pictures.labels[index], said[index]))
                shown.append(Shown(sheet.show(place, f"{name} → {taken}"), name, taken))
        sides.append(Side(right.name, wrong.name, len(indices), shown))
    return Tested(first.name, second.name, pair, "", better, sides, has_pictures=pictures is not None)
