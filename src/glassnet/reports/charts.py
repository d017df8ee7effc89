"""Numbers to charts: inline SVG that takes its colours from the page, light or dark."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 440.0, 260.0  # px at full size; the page scales a chart to its place
LEFT, RIGHT, TOP, BOTTOM = 52.0, 14.0, 12.0, 42.0
TICKS = 5
MOST_POINTS = 400  # of a line; more cannot be seen

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A line of a chart: its name, its points from left to right, and the style of the page for it."""

    name: str
    points: Sequence[Point]
    style: str = "s0"
    dots: bool = False


@dataclass(frozen=True)
class Axis:
    """One axis: what it counts, its ends, and how a number on it is written."""

    name: str
    low: float
    high: float
    percent: bool = False
    log: bool = False

    def place(self, value: float) -> float:
        """Give where a value lies.

        Args:
            value: Of this axis.

        Returns:
            0 at its lower end to 1 at its upper one.
        """
        low, high = self.low, self.high
        if self.log:
            low, high, value = math.log10(low), math.log10(high), math.log10(max(value, self.low))
        return min(max((value - low) / ((high - low) or 1.0), 0.0), 1.0)

    def ticks(self) -> list[float]:
        """Choose the numbers that are written at the axis.

        Returns:
            Round numbers between its ends.
        """
        if self.log:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            powers = [10.0**power for power in range(first, last + 1)]
            return powers if len(powers) > 1 else nice_ticks(self.low, self.high)
        return nice_ticks(self.low, self.high)

    def text(self, value: float) -> str:
        """Write a number of this axis.

        Args:
            value: Of this axis.

        Returns:
            Text.
        """
        if self.percent:
            return f"{100 * value:.4g} %"
        return f"{value:.4g}".replace("e-0", "e-").replace("-", "−")


def nice_ticks(low: float, high: float, count: int = TICKS) -> list[float]:
    """Give about so many round numbers within a range.

    Args:
        low: Its lower end.
        high: Its upper end, above `low`.
        count: About how many.

    Returns:
        Multiples of 1, 2 or 5 times a power of ten.

    Example:
        >>> nice_ticks(0.0, 1.0), nice_ticks(3, 97)
        ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [20.0, 40.0, 60.0, 80.0])
    """
    rough = (high - low) / count or 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(step * n, 12) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def axis_over(name: str, values: Sequence[float], *, percent: bool = False, log: bool = False) -> Axis:
    """Choose an axis that shows all values, with a little room.

    Args:
        name: What it counts.
        values: Finite numbers, at least one.
        percent: Whether they are shares that are written in per cent, within 0..1.
        log: Whether each power of ten takes the same room; only for numbers above zero.

    Returns:
        The axis.

    Example:
        >>> axis_over("loss", [1.0, 3.0]).low
        0.9
    """
    low, high = min(values), max(values)
    if log:
        return Axis(name, low / 1.3, high * 1.3, log=True)
    room = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    low, high = low - room, high + room
    if percent:
        low, high = max(low, 0.0), min(high, 1.0)
    return Axis(name, low, high, percent=percent)


def line_chart(
    lines: Sequence[Line], x: Axis, y: Axis, *, name: str, marks: Mapping[str, float] | None = None
) -> Markup:
    """Draw lines.

    Args:
        lines: In the order in which they are drawn.
        x: The axis below.
        y: The axis at the left.
        name: What a screen reader says of the chart.
        marks: By text: places on the lower axis where a thin line stands.

    Returns:
        An SVG element. Points that are not finite are gaps.
    """
    parts = [_frame(x, y)]
    for text, value in (marks or {}).items():
        at = _x(x, value)
        parts.append(
            Markup('<line class="mark" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
                _n(at), _n(at), _n(TOP), _n(HEIGHT - BOTTOM)
            )
        )
        right = at > WIDTH * 0.7
        parts.append(
            Markup('<text class="mark" x="{}" y="{}" text-anchor="{}">{}</text>').format(
                _n(at + (-5 if right else 5)), _n(TOP + 11), "end" if right else "start", text
            )
        )
    parts += [_line(line, x, y) for line in lines]
    return svg(Markup("").join(parts), WIDTH, HEIGHT, name=name)


def svg(content: Markup, width: float, height: float, *, name: str, kind: str = "chart") -> Markup:
    """Put drawn parts into an SVG element with a name that screen readers say.

    Args:
        content: Elements.
        width: Of the drawing in px.
        height: Of the drawing in px.
        name: What it shows.
        kind: Its class.

    Returns:
        The element.
    """
    return Markup(
        '<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>{}</svg>'
    ).format(kind, _n(width), _n(height), name, name, content)


def legend(lines: Sequence[Line]) -> Markup:
    """Tell which line is which.

    Args:
        lines: Of a chart.

    Returns:
        A list, each with a stroke of its line's style.
    """
    items = [
        Markup(
            '<li><svg viewBox="0 0 22 8" aria-hidden="true"><path class="line {}" d="M1 4h20"/></svg>{}</li>'
        ).format(line.style, line.name)
        for line in lines
    ]  # fmt: skip
    return Markup('<ul class="legend">{}</ul>').format(Markup("").join(items))


def precision_recall(points: Sequence[Point], *, name: str, share: float) -> Markup:
    """Draw one class's precision over its recall, small.

    Args:
        points: Recall and precision, each 0..1.
        name: What a screen reader says.
        share: Of the class among all pictures: the precision of guessing.

    Returns:
        An SVG element.
    """
    side = 100.0
    placed = [(x * side, (1 - y) * side) for x, y in points]
    base = _n((1 - share) * side)
    content = Markup(
        '<rect class="ground" width="100" height="100"/><path class="grid" d="M0 50h100M50 0v100"/>'
        '<path class="guess" d="M0 {}h100"/><path class="area" d="M0 100L{}L{} 100Z"/>'
        '<path class="line s0" d="M{}"/>'
    ).format(base, _path(placed), _n(placed[-1][0]) if placed else 0, _path(placed))
    return svg(content, side, side, name=name, kind="chart small")


def reliability(bins: Sequence[tuple[float, float, float, int]], x: Axis, y: Axis, *, name: str) -> Markup:
    """Draw how often a network is right when it is sure by so much.

    Args:
        bins: Lower and upper confidence, share right (0..1), and number of pictures; empty ones left out.
        x: Confidence.
        y: Share right.
        name: What a screen reader says.

    Returns:
        An SVG element: bars as wide as their bin, the diagonal that a calibrated network follows, and
        below the bars how many pictures are in each.
    """
    most = max((count for *_, count in bins), default=1)
    parts = [_frame(x, y)]
    ground = HEIGHT - BOTTOM
    for low, high, right, count in bins:
        left, width = _x(x, low), _x(x, high) - _x(x, low)
        top = _y(y, right)
        label = f"{x.text(low)} – {x.text(high)}: {y.text(round(right, 3))} ({count:,})"
        parts.append(
            Markup(
                '<g><title>{}</title>'
                '<rect class="bar" x="{}" y="{}" width="{}" height="{}" style="--full:{}"/></g>'
            ).format(
                label, _n(left + 1), _n(top), _n(width - 2), _n(ground - top),
                round(0.25 + 0.75 * math.sqrt(count / most), 3),
            )
        )  # fmt: skip
    first, last = max(x.low, y.low), min(x.high, y.high)
    parts.append(
        Markup('<path class="line ideal" d="M{} {}L{} {}"/>').format(
            _n(_x(x, first)), _n(_y(y, first)), _n(_x(x, last)), _n(_y(y, last))
        )
    )
    return svg(Markup("").join(parts), WIDTH, HEIGHT, name=name)


def interval_bar(value: float, low: float, high: float, *, guess: float, name: str) -> Markup:
    """Draw a share with its interval on a line from 0 to 1, and where guessing lies.

    Args:
        value: 0..1.
        low: Of the interval.
        high: Of the interval.
        guess: What guessing reaches.
        name: What a screen reader says.

    Returns:
        An SVG element.
    """
    wide = 400.0

    def at(share: float) -> str:
        return _n(8 + share * (wide - 16))

    content = Markup(
        '<path class="rail" d="M8 14H{end}"/><path class="reached" d="M8 14H{value}"/>'
        '<path class="guess" d="M{guess} 6v16"/><path class="interval" d="M{low} 14H{high}"/>'
        '<circle class="at" cx="{value}" cy="14" r="5"/>'
        '<text x="8" y="36">0</text><text x="{end}" y="36" text-anchor="end">100 %</text>'
    ).format(end=at(1), value=at(value), guess=at(guess), low=at(low), high=at(high))
    return svg(content, wide, 40.0, name=name, kind="chart rule")


def _frame(x: Axis, y: Axis) -> Markup:
    """Draw the grid, the numbers at it, and what the axes count."""
    ground, end = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = []
    for value in y.ticks():
        at = _y(y, value)
        parts.append(
            Markup(
                '<path class="grid" d="M{} {}H{}"/><text x="{}" y="{}" text-anchor="end">{}</text>'
            ).format(
                _n(LEFT), _n(at), _n(end), _n(LEFT - 7), _n(at + 4), y.text(value)
            )
        )  # fmt: skip
    for value in x.ticks():
        at = _x(x, value)
        parts.append(
            Markup(
                '<path class="grid" d="M{} {}v4"/><text x="{}" y="{}" text-anchor="middle">{}</text>'
            ).format(
                _n(at), _n(ground), _n(at), _n(ground + 18), x.text(value)
            )
        )  # fmt: skip
    parts.append(Markup('<path class="axis" d="M{} {}H{}"/>').format(_n(LEFT), _n(ground), _n(end)))
    parts.append(
        Markup('<text class="name" x="{}" y="{}" text-anchor="end">{}</text>').format(
            _n(end), _n(HEIGHT - 6), x.name
        )
    )
    return Markup("").join(parts)


def _line(line: Line, x: Axis, y: Axis) -> Markup:
    points = _thinned([(a, b) for a, b in line.points if math.isfinite(a)])
    pieces: list[list[Point]] = [[]]
    for a, b in points:
        if math.isfinite(b):
            pieces[-1].append((_x(x, a), _y(y, b)))
        elif pieces[-1]:
            pieces.append([])
    path = "".join(f"M{_path(piece)}" for piece in pieces if piece)
    if not path:
        return Markup("")
    drawn = Markup('<g><title>{}</title><path class="line {}" d="{}"/>').format(line.name, line.style, path)
    if line.dots or len(points) == 1:
        drawn += Markup("").join(
            Markup('<circle class="dot {}" cx="{}" cy="{}" r="3.2"><title>{}: {}</title></circle>').format(
                line.style, _n(_x(x, a)), _n(_y(y, b)), line.name, f"{x.text(a)}, {_told(y, b)}"
            )
            for a, b in points
            if math.isfinite(b)
        )
    return drawn + Markup("</g>")


def _told(axis: Axis, value: float) -> str:
    return f"{100 * value:.2f} %" if axis.percent else axis.text(value)


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    """Leave out points that lie too close to be seen; the last one stays."""
    stride = -(-len(points) // MOST_POINTS)
    return points if stride <= 1 else [*points[:-1:stride], points[-1]]


def _x(axis: Axis, value: float) -> float:
    return LEFT + axis.place(value) * (WIDTH - LEFT - RIGHT)


def _y(axis: Axis, value: float) -> float:
    return HEIGHT - BOTTOM - axis.place(value) * (HEIGHT - TOP - BOTTOM)


def _path(points: Sequence[Point]) -> str:
    return "L".join(f"{_n(a)} {_n(b)}" for a, b in points)


def _n(number: float) -> str:
    """Write a number of px, at most a tenth."""
    return f"{round(float(number), 1):g}"
