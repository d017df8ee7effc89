"""One level of a graph, placed: boxes with x and y, wires with right angles, long chains cut into columns."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glassnet.figures.layers import LANE, Box, Rows, Slot, Wire, inlet, into_rows, outlet
from glassnet.figures.positions import LANE_GAP, Net, place_slots, tracks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GAP = 26.0  # px between boxes above each other: room for an arrow
TURN = 16.0  # px above and below a column, where wires come from another one
GUTTER = 34.0  # px between columns
TALL = 1.25  # times the height that is aimed at: from there on a level is cut into columns
ROUNDING = 0.25  # px
MOST_CUT = 3  # wires that may pass from one column to the next

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Level:
    """Placed boxes and wires, in px from the top left."""

    width: float
    height: float
    boxes: Mapping[str, Point]
    wires: Mapping[Wire, tuple[Point, ...]]


@dataclass(frozen=True, slots=True)
class _Heights:
    """The top of each row and its height, before a level is cut."""

    top: list[float]
    height: list[float]


def place_level(boxes: Sequence[Box], wires: Sequence[Wire], *, aim: float | None = None) -> Level:
    """Place the boxes of one level and lead the wires between them.

    Args:
        boxes: In order of execution.
        wires: Between them.
        aim: Height in px that is aimed at; None never cuts.

    Returns:
        Places; no two boxes overlap and no wire passes through a box.
    """
    rows = into_rows(boxes, wires)
    x = place_slots(rows)
    nets = _nets(rows, x)
    heights = _heights(boxes, rows, nets)
    cuts = _cuts(rows, nets, heights, aim) if aim else []
    shift = _column_shifts(rows, x, heights, cuts, nets)
    column = [sum(cut <= row for cut in cuts) for row in range(len(rows.rows))]
    placed = {}
    for box in boxes:
        first, last = rows.first[box.id], rows.first[box.id] + rows.span[box.id] - 1
        room = heights.top[last] + heights.height[last] - heights.top[first]
        dx, dy = shift[column[first]]
        y = heights.top[first] + (room - box.height) / 2
        placed[box.id] = (
            round(x[Slot(box.id, None, first, box.width)] + dx, 1), round(y + dy, 1)
        )  # fmt: skip
    lines = _Lines(boxes, rows, x, heights, nets, cuts, shift, column, placed)
    drawn = {wire: lines.path(wire) for wire in wires}
    points = [point for path in drawn.values() for point in path]
    right = max((placed[box.id][0] + box.width for box in boxes), default=0.0)
    low = max((placed[box.id][1] + box.height for box in boxes), default=0.0)
    left = min((px for px, _ in points), default=0.0)
    if left < 0:  # a wire outside of the boxes
        placed = {name: (px - left, py) for name, (px, py) in placed.items()}
        drawn = {wire: tuple((px - left, py) for px, py in path) for wire, path in drawn.items()}
        points = [point for path in drawn.values() for point in path]
        right -= left
    return Level(
        max([right, *(px + LANE / 2 for px, _ in points)]),
        max([low, *(py for _, py in points)]),
        placed,
        drawn,
    )


def _nets(rows: Rows, x: Mapping[Slot, float]) -> list[dict[tuple, Net]]:
    """Gather the lines below each row by their source."""
    found: list[dict[tuple, Net]] = [{} for _ in rows.rows]
    for segment in rows.segments:
        if segment.kind == "body":
            continue
        name = (segment.upper.box, segment.upper.key or "", round(segment.upper_x, 1))
        start, end = x[segment.upper] + segment.upper_x, x[segment.lower] + segment.lower_x
        before = found[segment.upper.row].get(name)
        ends = (*before.ends, end) if before else (end,)
        found[segment.upper.row][name] = Net(start, ends)
    return found


def _heights(boxes: Sequence[Box], rows: Rows, nets: Sequence[Mapping[tuple, Net]]) -> _Heights:
    count = len(rows.rows)
    height = [0.0] * count
    for box in boxes:
        if rows.span[box.id] == 1:
            height[rows.first[box.id]] = max(height[rows.first[box.id]], box.height)
    turning = {segment.upper.row for segment in rows.segments if segment.kind == "end"}
    gap = [
        _gap(nets[row], first=row == 0 and height[0] == 0) if row in turning else 0.0 for row in range(count)
    ]
    for box in sorted(boxes, key=lambda box: rows.first[box.id] + rows.span[box.id]):
        first, span = rows.first[box.id], rows.span[box.id]
        inner = range(first, first + span)
        lacking = box.height - sum(height[row] for row in inner) - sum(gap[row] for row in inner[:-1])
        for row in inner:
            height[row] += max(lacking, 0.0) / span
    top, y = [], 0.0
    for row in range(count):
        top.append(y)
        y += height[row] + gap[row]
    return _Heights(top, height)


def _gap(nets: Mapping[tuple, Net], *, first: bool) -> float:
    """Give the room between two rows; the one under a group's title holds no box and may be narrow."""
    bends = tracks(nets)
    if not bends:
        return GAP - 8 if first else GAP
    return GAP + LANE_GAP * max(bends.values())


def _cuts(rows: Rows, nets: Sequence[Mapping[tuple, Net]], heights: _Heights, aim: float) -> list[int]:
    """Choose the rows at which a new column begins: few wires pass, columns are about equally high."""
    if not rows.rows:
        return []
    low = heights.top[-1] + heights.height[-1]
    if low <= aim * TALL:
        return []
    whole = {segment.upper.row for segment in rows.segments if segment.kind == "body"}
    allowed = [
        row for row in range(2, len(rows.rows) - 1) if row - 1 not in whole and len(nets[row - 1]) <= MOST_CUT
    ]
    tops = [heights.top[row] for row in allowed]
    places = _filled(tops, low, aim)
    least, most = 0.0, aim
    while most - least > 1:  # the same number of columns, as equal as can be
        limit = (least + most) / 2
        tried = _filled(tops, low, limit)
        if len(tried) <= len(places):
            places, most = tried, limit
        else:
            least = limit
    return [allowed[place] for place in places]


def _filled(tops: Sequence[float], low: float, limit: float) -> list[int]:
    """Fill columns up to a height, one after another: give the places in `tops` at which new ones begin."""
    cuts: list[int] = []
    start = 0.0
    for place, top in enumerate(tops):
        following = tops[place + 1] if place + 1 < len(tops) else low
        if following - start > limit and top > start:
            cuts.append(place)
            start = top
    return cuts


def _column_shifts(
    rows: Rows,
    x: Mapping[Slot, float],
    heights: _Heights,
    cuts: Sequence[int],
    nets: Sequence[Mapping[tuple, Net]],
) -> list[Point]:
    shifts, cursor = [], 0.0
    bounds = [0, *cuts, len(rows.rows)]
    for start, end in itertools.pairwise(bounds):
        slots = [slot for row in rows.rows[start:end] for slot in row]
        if not slots:
            shifts.append((0.0, 0.0))
            continue
        left = min(x[slot] for slot in slots)
        right = max(x[slot] + slot.width for slot in slots)
        shifts.append((cursor - left, TURN - heights.top[start] if cuts else 0.0))
        passing = len(nets[end - 1]) if end < len(rows.rows) else 0
        cursor += right - left + GUTTER + LANE_GAP * passing
    return shifts


@dataclass(frozen=True, slots=True)
class _Lines:
    """All that is needed to lead a wire."""

    boxes: Sequence[Box]
    rows: Rows
    x: Mapping[Slot, float]
    heights: _Heights
    nets: Sequence[Mapping[tuple, Net]]
    cuts: Sequence[int]
    shift: Sequence[Point]
    column: Sequence[int]
    placed: Mapping[str, Point]

    def path(self, wire: Wire) -> tuple[Point, ...]:
        """Lead a wire from its source to its target, row by row."""
        known = {box.id: box for box in self.boxes}
        turned = self.rows.first[wire.source] > self.rows.first[wire.target]
        up, down = (wire.target, wire.source) if turned else (wire.source, wire.target)
        upper, lower = known[up], known[down]
        upper_x = inlet(upper, wire.key) if turned else outlet(upper, wire.key)
        lower_x = outlet(lower, wire.key) if turned else inlet(lower, wire.key)
        row = self.rows.first[up] + self.rows.span[up] - 1
        here, y = self.placed[up][0] + upper_x, self.placed[up][1] + upper.height
        name = (up, "", round(upper_x, 1))
        points = [(here, y)]
        while row + 1 <= self.rows.first[down]:
            last = row + 1 == self.rows.first[down]
            dx, dy = self.shift[self.column[row + 1]]
            if last:
                there, end = self.placed[down][0] + lower_x, self.placed[down][1]
            else:
                there = self.x[Slot(up, wire.key, row + 1, LANE)] + LANE / 2 + dx
                end = self.heights.top[row + 1] + dy
            points += self._between(row, name, here, there)
            points.append((there, end))
            if not last:
                points.append((there, end + self.heights.height[row + 1]))
            here, name, row = there, (up, wire.key, LANE / 2), row + 1
        path = simplified(points)
        return tuple(reversed(path)) if turned else path

    def _between(self, row: int, name: tuple, here: float, there: float) -> list[Point]:
        """Lead a line from one row to the next, sideways on its own track; or to the next column."""
        low = self.heights.top[row] + self.heights.height[row] + self.shift[self.column[row]][1]
        if self.column[row] == self.column[row + 1]:
            if abs(here - there) < 0.05:  # noqa: PLR2004 — px, straight
                return []
            y = low + GAP / 2 - 3 + LANE_GAP * tracks(self.nets[row]).get(name, 0)
            return [(here, y), (there, y)]
        place = sorted(self.nets[row]).index(name)
        passing = len(self.nets[row])
        left = min(
            self._left(slot) for r in self._rows_of(self.column[row + 1]) for slot in self.rows.rows[r]
        )
        gutter = left - GUTTER / 2 - LANE_GAP * (passing - 1 - place) - LANE / 2
        bottom = low + TURN / 2 + LANE_GAP * place
        top = TURN / 2 - 4 - LANE_GAP * place
        return [(here, bottom), (gutter, bottom), (gutter, top), (there, top)]

    def _rows_of(self, column: int) -> list[int]:
        return [row for row, number in enumerate(self.column) if number == column]

    def _left(self, slot: Slot) -> float:
        return self.x[slot] + self.shift[self.column[slot.row]][0]


def simplified(points: Sequence[Point]) -> tuple[Point, ...]:
    """Leave out points that lie on the straight line between their neighbours.

    Args:
        points: Of a line of right angles.

    Returns:
        Its corners, to a tenth of a px.

    Example:
        >>> simplified([(0, 0), (0, 5), (0, 9), (4, 9)])
        ((0, 0), (0, 9), (4, 9))
    """
    found: list[Point] = []
    for x, y in points:
        point = round(x, 1), round(y, 1)
        if found:
            point = _snapped(point[0], found[-1][0]), _snapped(point[1], found[-1][1])
        if found and point == found[-1]:
            continue
        while len(found) > 1 and _on_a_line(found[-2], found[-1], point):
            found.pop()
        found.append(point)
    return tuple(found)


def _snapped(number: float, near: float) -> float:
    """Take the number before where they differ by rounding only."""
    return near if abs(number - near) < ROUNDING else number


def _on_a_line(a: Point, b: Point, c: Point) -> bool:
    return (a[0] == b[0] == c[0]) or (a[1] == b[1] == c[1])
