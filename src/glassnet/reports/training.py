"""The lines of `metrics.jsonl` to curves: loss, accuracy, learning rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glassnet.reports.charts import Axis, Line, axis_over, legend, line_chart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

    from glassnet.reports.charts import Point

Record = dict[str, Any]
MOST_DOTS = 40  # of a line
SMOOTHED = 20  # steps that a smoothed line looks back over


@dataclass(frozen=True)
class Curve:
    """One chart of a training with all that stands around it."""

    title: str
    chart: Markup
    legend: Markup


def training_curves(metrics: Sequence[Record], words: Mapping[str, str]) -> list[Curve]:
    """Draw what a training did: loss, accuracy and learning rate over its epochs.

    Args:
        metrics: The lines of `metrics.jsonl`.
        words: Texts of the table `report`.

    Returns:
        Charts; none where there are no lines.
    """
    steps = [line for line in metrics if line.get("kind") == "step"]
    epochs = [line for line in metrics if line.get("kind") == "epoch"]
    if not steps and not epochs:
        return []
    an_epoch = epochs[0]["step"] / epochs[0]["epoch"] if len(epochs) > 1 else 1
    name = words["epochs"] if len(epochs) > 1 else words["steps"]
    last = max(float(line["step"]) for line in (*steps, *epochs)) / an_epoch
    x = Axis(name, 0.0, last)
    best = next((line for line in reversed(epochs) if line.get("best")), None)
    marks = {words["kept_here"]: best["step"] / an_epoch} if best and len(epochs) > 1 else {}

    def points(lines: Sequence[Record], key: str) -> list[Point]:
        return [(line["step"] / an_epoch, finite_or_gap(line.get(key))) for line in lines]

    dotted = len(epochs) <= MOST_DOTS
    found = []
    for kind, percent in (("loss", False), ("accuracy", True)):
        lines = [
            Line(words["each_step"], smoothed(points(steps, kind)), "faint"),
            Line(words["training"], points(epochs, f"train_{kind}"), "s0", dots=dotted),
            Line(words["validation"], points(epochs, f"val_{kind}"), "s1", dots=dotted),
        ]
        found.append(_curve(words[kind], lines, x, marks, percent=percent))
    rate = [Line(words["rate"], points(steps, "lr"), "s0")]
    found.append(_curve(words["rate"], rate, x, {}))
    return [curve for curve in found if curve is not None]


def _curve(
    title: str, lines: Sequence[Line], x: Axis, marks: Mapping[str, float], *, percent: bool = False
) -> Curve | None:
    drawn = [line for line in lines if any(math.isfinite(y) for _, y in line.points)]
    values = [y for line in drawn for _, y in line.points if math.isfinite(y)]
    if not values:
        return None
    chart = line_chart(drawn, x, axis_over("", values, percent=percent), name=title, marks=marks)
    return Curve(title, chart, legend(drawn))


def smoothed(points: Sequence[Point]) -> list[Point]:
    """Take the mean over the last points, so that the way of a noisy line is seen.

    Args:
        points: From left to right.

    Returns:
        As many; what is not finite stays and is in no mean.

    Example:
        >>> smoothed([(1, 2.0), (2, 4.0)])
        [(1, 2.0), (2, 3.0)]
    """
    window = min(SMOOTHED, max(1, len(points) // 10))
    window = max(window, 2)
    found = []
    for place, (x, y) in enumerate(points):
        near = [value for _, value in points[max(0, place - window + 1) : place + 1] if math.isfinite(value)]
        found.append((x, sum(near) / len(near) if math.isfinite(y) and near else math.nan))
    return found


def finite_or_gap(value: object) -> float:
    """Read a number of a record.

    Args:
        value: Null stands for what is not finite, or not there.

    Returns:
        The number, or NaN, which charts leave out.
    """
    return float(value) if isinstance(value, int | float) else math.nan
