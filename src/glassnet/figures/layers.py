"""Boxes into layers: which box lies in which row, and in which order the boxes of a row stand.

A row holds slots. A box takes a slot in each row it spans (high boxes span several), and a wire that passes
a row takes one, too: all wires from the same outlet share it, so that they are one line until they part.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROW = 70.0  # px, of an ordinary box with the space under it
SPACE = 30.0  # of it, the space
LANE = 10.0  # px, width of a wire's slot
SWEEPS = 12
BODY = 10_000  # crossings that a wire through a box counts as


@dataclass(frozen=True, slots=True)
class Box:
    """A box to be placed: sizes in px; where wires come in and go out, in px from its left, by key."""

    id: str
    width: float
    height: float
    inlets: Mapping[str, float] = field(default_factory=dict)
    outlets: Mapping[str, float] = field(default_factory=dict)
    at: str = ""  # top: in the first row; bottom: in the last


@dataclass(frozen=True, slots=True)
class Wire:
    """A line from one box to another; those of one source with the same key are one line until they part."""

    source: str
    target: str
    key: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a row: part of a box, or of the wires with this key from this box."""

    box: str
    key: str | None  # None: the box itself
    row: int
    width: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A line between slots of neighbouring rows, with its ends in px from the left of each."""

    upper: Slot
    lower: Slot
    upper_x: float
    lower_x: float
    kind: str  # body, lane (between two slots of a wire), end


@dataclass(frozen=True, slots=True)
class Rows:
    """Slots in rows, each in order from left to right, and the segments between them."""

    rows: tuple[tuple[Slot, ...], ...]
    segments: tuple[Segment, ...]
    first: Mapping[str, int]  # row of a box
    span: Mapping[str, int]  # rows that it takes
    ends: frozenset[str] = frozenset()  # boxes in the last row by wish


def into_rows(boxes: Sequence[Box], wires: Sequence[Wire]) -> Rows:
    """Give every box its rows, longest path first, and order each row so that few wires cross.

    Args:
        boxes: In order of execution.
        wires: Between them. One against the order goes up.

    Returns:
        The rows.
    """
    for spans in (_spans(boxes), {box.id: 1 for box in boxes}):
        first = _first_rows(boxes, wires, spans)
        segments, slots = _segments(boxes, wires, first, spans)
        rows = _ordered(slots, segments)
        if _crossings(rows, segments) < BODY:
            break
    ends = frozenset(box.id for box in boxes if box.at == "bottom")
    return Rows(tuple(map(tuple, rows)), tuple(segments), first, spans, ends)


def _spans(boxes: Iterable[Box]) -> dict[str, int]:
    return {box.id: max(1, round((box.height + SPACE) / ROW)) for box in boxes}


def downward(boxes: Sequence[Box], wires: Iterable[Wire]) -> list[tuple[str, str]]:
    """Give the ends of wires, upper first: those that would close a circle are turned.

    Args:
        boxes: In order.
        wires: Between them.

    Returns:
        Pairs (upper, lower).
    """
    after: dict[str, list[str]] = {box.id: [] for box in boxes}
    for wire in wires:
        after[wire.source].append(wire.target)
    state: dict[str, int] = {}
    turned: set[tuple[str, str]] = set()
    for start, those in after.items():
        if start in state:
            continue
        state[start] = 1
        path = [(start, iter(those))]
        while path:
            here, rest = path[-1]
            following = next(rest, None)
            if following is None:
                state[here] = 2
                path.pop()
            elif following not in state:
                state[following] = 1
                path.append((following, iter(after[following])))
            elif state[following] == 1:
                turned.add((here, following))
    pairs = [(source, target) for source, those in after.items() for target in those if source != target]
    return [(b, a) if (a, b) in turned else (a, b) for a, b in pairs]


def _first_rows(boxes: Sequence[Box], wires: Sequence[Wire], spans: Mapping[str, int]) -> dict[str, int]:
    pairs = downward(boxes, wires)
    before: dict[str, list[str]] = {box.id: [] for box in boxes}
    after: dict[str, list[str]] = {box.id: [] for box in boxes}
    for upper, lower in pairs:
        before[lower].append(upper)
        after[upper].append(lower)
    tops = {box.id for box in boxes if box.at == "top"}
    low = 1 if tops else 0
    row: dict[str, int] = {}
    order = _topological(before, after)
    for name in order:
        lowest = 0 if name in tops else low
        row[name] = max((row[upper] + spans[upper] for upper in before[name]), default=lowest)
    for name in reversed(order):  # what has nothing above it stands just above what reads it
        if not before[name] and after[name] and name not in tops:
            row[name] = min(row[lower] for lower in after[name]) - spans[name]
    last = max((row[box.id] + spans[box.id] for box in boxes if box.at != "bottom"), default=0)
    return row | {box.id: last for box in boxes if box.at == "bottom"}


def _topological(before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> list[str]:
    missing = {name: len(those) for name, those in before.items()}
    order = [name for name, count in missing.items() if count == 0]
    for name in order:
        for following in after[name]:
            missing[following] -= 1
            if missing[following] == 0:
                order.append(following)
    return order


def _segments(
    boxes: Sequence[Box], wires: Sequence[Wire], first: Mapping[str, int], spans: Mapping[str, int]
) -> tuple[list[Segment], list[Slot]]:
    known = {box.id: box for box in boxes}
    slots = [Slot(b.id, None, first[b.id] + part, b.width) for b in boxes for part in range(spans[b.id])]
    segments = [
        Segment(upper, lower, 0.0, 0.0, "body")
        for upper, lower in itertools.pairwise(slots)
        if upper.box == lower.box
    ]
    lanes: dict[tuple[str, str], list[Slot]] = {}
    for wire in wires:
        up, down, turned = _ends(wire, first)
        if up == down:
            continue
        row, end = first[up] + spans[up], first[down]
        lane = lanes.setdefault((up, wire.key), [])
        while row + len(lane) < end:
            lane.append(Slot(up, wire.key, row + len(lane), LANE))
        passed = [slot for slot in lane if slot.row < end]
        start, stop = Slot(up, None, row - 1, known[up].width), Slot(down, None, end, known[down].width)
        start_x = outlet(known[up], wire.key) if not turned else inlet(known[up], wire.key)
        stop_x = inlet(known[down], wire.key) if not turned else outlet(known[down], wire.key)
        chain = [start, *passed, stop]
        for upper, lower in itertools.pairwise(chain):
            kind = "lane" if upper.key is not None and lower.key is not None else "end"
            segments.append(
                Segment(
                    upper, lower,
                    start_x if upper is start else LANE / 2,
                    stop_x if lower is stop else LANE / 2,
                    kind,
                )
            )  # fmt: skip
    slots += [slot for lane in lanes.values() for slot in lane]
    return list(dict.fromkeys(segments)), slots


def _ends(wire: Wire, first: Mapping[str, int]) -> tuple[str, str, bool]:
    """Give a wire's upper and lower end, and whether that is against its direction."""
    if first[wire.source] <= first[wire.target]:
        return wire.source, wire.target, False
    return wire.target, wire.source, True


def outlet(box: Box, key: str) -> float:
    """Give where wires with this key leave a box, in px from its left.

    Args:
        box: Any.
        key: Of the wires.

    Returns:
        The place, the middle where none is said.
    """
    return box.outlets.get(key, box.width / 2)


def inlet(box: Box, key: str) -> float:
    """Give where wires with this key enter a box, in px from its left.

    Args:
        box: Any.
        key: Of the wires.

    Returns:
        The place, the middle where none is said.
    """
    return box.inlets.get(key, box.width / 2)


# -- order ---------------------------------------------------------------------------------------------------


def _ordered(slots: Iterable[Slot], segments: Sequence[Segment]) -> list[list[Slot]]:
    """Order each row by the middle of its neighbours above, then below, and keep the best."""
    rows: list[list[Slot]] = [[] for _ in range(1 + max((slot.row for slot in slots), default=-1))]
    for slot in slots:
        rows[slot.row].append(slot)
    above: dict[Slot, list[Segment]] = {}
    below: dict[Slot, list[Segment]] = {}
    for segment in segments:
        above.setdefault(segment.lower, []).append(segment)
        below.setdefault(segment.upper, []).append(segment)
    best, fewest = [list(row) for row in rows], _crossings(rows, segments)
    for sweep in range(SWEEPS):
        if fewest == 0:
            break
        down = sweep % 2 == 0
        indices = range(1, len(rows)) if down else range(len(rows) - 2, -1, -1)
        for index in indices:
            _sort_row(
                rows[index], rows[index - 1 if down else index + 1], above if down else below, down=down
            )
        _swap_neighbours(rows, above, below)
        crossings = _crossings(rows, segments)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _sort_row(
    row: list[Slot], fixed: Sequence[Slot], neighbours: Mapping[Slot, list[Segment]], *, down: bool
) -> None:
    place = _places(fixed)
    wanted: dict[Slot, float] = {}
    for index, slot in enumerate(row):
        ends = []
        for segment in neighbours.get(slot, ()):
            near, x = (segment.upper, segment.upper_x) if down else (segment.lower, segment.lower_x)
            ends.append(place[near] + _part(x, near))
        wanted[slot] = sum(ends) / len(ends) if ends else index * len(fixed) / len(row)
    row.sort(key=lambda slot: wanted[slot])


def _places(row: Sequence[Slot]) -> dict[Slot, int]:
    return {slot: index for index, slot in enumerate(row)}


def _part(x: float, slot: Slot) -> float:
    """Bring a place on a box below 1, so that it orders the wires of one box."""
    return 0.9 * x / slot.width if slot.width else 0.0


def _swap_neighbours(
    rows: list[list[Slot]], above: Mapping[Slot, list[Segment]], below: Mapping[Slot, list[Segment]]
) -> None:
    """Swap neighbours in a row as long as that saves crossings."""
    for index, row in enumerate(rows):
        for left in range(len(row) - 1):
            a, b = row[left], row[left + 1]
            now = then = 0
            for neighbours, near in ((above, index - 1), (below, index + 1)):
                if not 0 <= near < len(rows):
                    continue
                place = _places(rows[near])
                one, other = (
                    [(_far(segment, place, up=near < index), segment) for segment in neighbours.get(slot, ())]
                    for slot in (a, b)
                )
                for x, first in one:
                    for y, second in other:
                        cost = _cost(first, second)
                        now += cost * (x > y)
                        then += cost * (x < y)
            if then < now:
                row[left], row[left + 1] = b, a


def _far(segment: Segment, place: Mapping[Slot, int], *, up: bool) -> float:
    slot, x = (segment.upper, segment.upper_x) if up else (segment.lower, segment.lower_x)
    return place[slot] + _part(x, slot)


def _cost(one: Segment, other: Segment) -> int:
    """Say how bad it is that two segments cross; nothing may pass through a box."""
    if "body" in (one.kind, other.kind):
        return BODY
    return 3 if one.kind == other.kind == "lane" else 1


def _crossings(rows: Sequence[Sequence[Slot]], segments: Iterable[Segment]) -> int:
    by_row: dict[int, list[Segment]] = {}
    for segment in segments:
        by_row.setdefault(segment.upper.row, []).append(segment)
    total = 0
    for index, those in by_row.items():
        upper, lower = _places(rows[index]), _places(rows[index + 1])
        ends = [(_far(s, upper, up=True), _far(s, lower, up=False), s) for s in those]
        for place, (a, b, one) in enumerate(ends):
            for c, d, other in ends[place + 1 :]:
                if (a - c) * (b - d) < 0:
                    total += _cost(one, other)
    return total
