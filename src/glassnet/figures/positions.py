"""Rows of slots into positions: lines straight where they can be, boxes near what they belong to.

Slots that are to stand exactly below each other (parts of a box, a wire passing rows, a chain of boxes) are
one strand with one x. Strands move towards their neighbours and keep their distance from those beside them.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from glassnet.figures.layers import Rows, Segment, Slot

BOX_GAP, LANE_GAP = 22.0, 9.0  # px beside a box; between two wires
ROUNDS, PUSHES = 60, 8
MANY = 3  # a fork into so many is centred above its branches instead of standing above one


@dataclass(frozen=True, slots=True)
class Spring:
    """A wish that two strands stand so that a line between them is straight: x[b] − x[a] = offset."""

    a: int
    b: int
    offset: float
    strength: float


@dataclass(frozen=True, slots=True)
class Distance:
    """The least distance of two strands: x[b] − x[a] ≥ least."""

    a: int
    b: int
    least: float


def place_slots(rows: Rows) -> dict[Slot, float]:
    """Give every slot its x.

    Args:
        rows: From `into_rows`.

    Returns:
        The left side of each slot in px, the leftmost at 0; slots of a row keep their order without overlap.
    """
    strand, shift = _strands(rows)
    distances: dict[tuple[int, int], float] = {}
    for row in rows.rows:
        for left, right in itertools.pairwise(row):
            gap = LANE_GAP if left.key is not None and right.key is not None else BOX_GAP
            least = left.width + gap + shift[left] - shift[right]
            pair = strand[left], strand[right]
            distances[pair] = max(least, distances.get(pair, least))
    springs = [
        Spring(
            strand[s.upper], strand[s.lower],
            shift[s.upper] + s.upper_x - shift[s.lower] - s.lower_x,
            1.0 if s.kind == "end" else 4.0,
        )
        for s in rows.segments
        if strand[s.upper] != strand[s.lower]
    ]  # fmt: skip
    count = 1 + max(strand.values(), default=-1)
    x = _relaxed(count, [Distance(a, b, least) for (a, b), least in distances.items()], springs)
    places = {slot: x[number] + shift[slot] for slot, number in strand.items()}
    left = min(places.values(), default=0.0)
    return {slot: round(place - left, 1) for slot, place in places.items()}


def _strands(rows: Rows) -> tuple[dict[Slot, int], dict[Slot, float]]:
    """Join slots that are to stand below each other, most important first, none across another."""
    place = {slot: index for row in rows.rows for index, slot in enumerate(row)}
    joined: dict[int, list[tuple[int, int]]] = {}
    up: dict[Slot, Segment] = {}
    down: dict[Slot, Segment] = {}
    outs: dict[Slot, list[Segment]] = {}
    ins: dict[Slot, list[Segment]] = {}
    for segment in rows.segments:
        if segment.kind != "body":
            outs.setdefault(segment.upper, []).append(segment)
            ins.setdefault(segment.lower, []).append(segment)
    trunk = _trunk(rows, outs)
    importance = _importance(rows.segments)
    for segment in sorted(rows.segments, key=lambda s: (s not in trunk and s.kind == "end", importance(s))):
        upper, lower = segment.upper, segment.lower
        ends = place[upper], place[lower]
        those = joined.setdefault(upper.row, [])
        crosses = any((ends[0] - a) * (ends[1] - b) <= 0 for a, b in those)
        if upper in down or lower in up or crosses:
            continue
        if segment not in trunk and not _may_join(segment, outs.get(upper, ()), ins.get(lower, ())):
            continue
        those.append(ends)
        down[upper] = up[lower] = segment
    strand: dict[Slot, int] = {}
    shift: dict[Slot, float] = {}
    count = 0
    for row in rows.rows:
        for slot in row:
            segment = up.get(slot)
            if segment is None:
                strand[slot], shift[slot] = count, 0.0
                count += 1
            else:
                strand[slot] = strand[segment.upper]
                shift[slot] = shift[segment.upper] + segment.upper_x - segment.lower_x
    return strand, shift


def _trunk(rows: Rows, outs: Mapping[Slot, Sequence[Segment]]) -> set[Segment]:
    """Find the lines that alone lead out of a group, where other lines from the same slot end inside."""
    reaching: set[Slot] = set()
    for segment in sorted(rows.segments, key=lambda s: -s.upper.row):
        if segment.lower.box in rows.ends or segment.lower in reaching:
            reaching.add(segment.upper)
    found = set()
    for those in outs.values():
        leading = [s for s in those if s.lower in reaching or s.lower.box in rows.ends]
        if len(leading) == 1 and len(those) > 1 and leading[0].kind == "end":
            found.add(leading[0])
    return found


def _importance(segments: Sequence[Segment]) -> Callable[[Segment], tuple[int, int, int]]:
    """Make the order in which segments are joined: boxes, passing wires, then the network's longest paths."""
    below: dict[Slot, int] = {}
    above: dict[Slot, int] = {}
    for segment in sorted(segments, key=lambda s: -s.upper.row):
        below[segment.upper] = max(below.get(segment.upper, 0), below.get(segment.lower, 0) + _boxes(segment))
    for segment in sorted(segments, key=lambda s: s.upper.row):
        above[segment.lower] = max(above.get(segment.lower, 0), above.get(segment.upper, 0) + _boxes(segment))

    def key(segment: Segment) -> tuple[int, int, int]:
        order = {"body": 0, "lane": 1, "end": 2}[segment.kind]
        passing = segment.kind == "end" and (segment.upper.key is not None or segment.lower.key is not None)
        longest = above.get(segment.upper, 0) + below.get(segment.lower, 0)
        return order + passing, -longest, segment.upper.row

    return key


def _boxes(segment: Segment) -> int:
    """Count a step of a path that begins at a box."""
    return int(segment.upper.key is None)


def _may_join(segment: Segment, outs: Sequence[Segment], ins: Sequence[Segment]) -> bool:
    """Say whether a line should be exactly straight: not one of many branches.

    `outs` are all lines that leave its upper slot, `ins` all that meet its lower one.
    """
    if segment.kind != "end":
        return True
    passing_out, passing_in = segment.lower.key is not None, segment.upper.key is not None
    if passing_out or passing_in:
        return (len(outs) == 1 or not passing_out) and (len(ins) == 1 or not passing_in)
    same_outlet = [s for s in outs if s.upper_x == segment.upper_x]
    same_inlet = [s for s in ins if s.lower_x == segment.lower_x]
    return len(same_outlet) < MANY and len(same_inlet) < MANY


def _relaxed(count: int, distances: Sequence[Distance], springs: Sequence[Spring]) -> list[float]:
    """Move strands towards their neighbours, keep distances, and end with distances that hold exactly."""
    order = _left_to_right(count, distances)
    x = _pushed_right([0.0] * count, order, distances)
    weight = dict.fromkeys(range(count), 0.0)
    for spring in springs:
        weight[spring.a] += spring.strength
        weight[spring.b] += spring.strength
    for _ in range(ROUNDS):
        wanted = [0.0] * count
        for spring in springs:
            wanted[spring.a] += spring.strength * (x[spring.b] - spring.offset)
            wanted[spring.b] += spring.strength * (x[spring.a] + spring.offset)
        x = [
            0.4 * old + 0.6 * new / weight[number] if weight[number] else old
            for number, (old, new) in enumerate(zip(x, wanted, strict=True))
        ]
        for _ in range(PUSHES):
            for d in distances:
                lacking = d.least - (x[d.b] - x[d.a])
                if lacking > 0:
                    share = (weight[d.b] + 0.1) / (weight[d.a] + weight[d.b] + 0.2)
                    x[d.a] -= lacking * share
                    x[d.b] += lacking * (1 - share)
    return _pushed_right(x, order, distances)


def _left_to_right(count: int, distances: Sequence[Distance]) -> list[list[Distance]]:
    """Order distances so that each strand is final before those to its right depend on it."""
    right: dict[int, list[Distance]] = {}
    missing = [0] * count
    for distance in distances:
        right.setdefault(distance.a, []).append(distance)
        missing[distance.b] += 1
    order: list[list[Distance]] = []
    ready = [number for number in range(count) if missing[number] == 0]
    for number in ready:
        order.append(right.get(number, []))
        for distance in right.get(number, []):
            missing[distance.b] -= 1
            if missing[distance.b] == 0:
                ready.append(distance.b)
    return order


def _pushed_right(
    x: list[float], order: Sequence[Sequence[Distance]], distances: Sequence[Distance]
) -> list[float]:
    pushed = list(x)
    for those in order:
        for distance in those:
            pushed[distance.b] = max(pushed[distance.b], pushed[distance.a] + distance.least)
    return pushed


# -- channels ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Net:
    """Lines of one source between two rows: where they come from above, and where they go below."""

    start: float
    ends: tuple[float, ...]

    @property
    def left(self) -> float:
        """Its leftmost place."""
        return min(self.start, *self.ends)

    @property
    def right(self) -> float:
        """Its rightmost place."""
        return max(self.start, *self.ends)


def tracks(nets: Mapping[tuple, Net]) -> dict[tuple, int]:
    """Give the lines between two rows heights for their horizontal parts, so that few cross, none coincide.

    Args:
        nets: By what names them.

    Returns:
        The track of each net that is not straight, from the top.
    """
    bent = {name: net for name, net in nets.items() if net.right - net.left > 0.5}  # noqa: PLR2004 — px
    order: list[tuple] = []
    for name in sorted(bent, key=lambda name: (bent[name].right - bent[name].left, name)):
        costs = [
            sum(_over(bent[other], bent[name]) for other in order[:place])
            + sum(_over(bent[name], bent[other]) for other in order[place:])
            for place in range(len(order) + 1)
        ]
        order.insert(costs.index(min(costs)), name)
    found: dict[tuple, int] = {}
    for place, name in enumerate(order):
        net = bent[name]
        found[name] = max(
            (
                found[other] + 1
                for other in order[:place]
                if bent[other].left <= net.right + LANE_GAP and net.left <= bent[other].right + LANE_GAP
            ),
            default=0,
        )
    return found


def _over(upper: Net, lower: Net) -> int:
    """Count how often two nets cross if one runs above the other; lines that coincide are worst."""
    crossings = sum(lower.left < x < lower.right for x in upper.ends)
    crossings += upper.left < lower.start < upper.right
    return crossings + 20 * sum(abs(x - lower.start) < 2 for x in upper.ends)  # noqa: PLR2004 — px
