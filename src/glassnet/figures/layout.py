"""A graph's boxes and arrows, placed: groups from the inside out, each level by itself."""

from __future__ import annotations

import itertools
import math
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glassnet.figures.columns import Point, place_level, simplified
from glassnet.figures.layers import Box, Wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from glassnet.figures.graph import Graph, GraphEdge, GraphNode

TITLE, SMALL = 12.5, 11.0  # px, sizes of letters
LINE, PAD = 17.0, 10.0  # px: of a line of text; inside a box
LEAST_WIDTH, MOST_WIDTH = 128.0, 330.0
ONE_LINE = 210.0  # px: what fits into it stands in one line
HEADER, BORDER, FOOT = 27.0, 14.0, 12.0  # px of a group: its title, its sides, its bottom
STRIP = 7.0  # px, the colours of what a closed module holds
BEHIND = 4.0  # px, by which the cards behind a pile show
ASPECT, LEAST_HEIGHT = 1.35, 900.0  # of the whole picture: width to height; what is never cut


@dataclass(frozen=True, slots=True)
class PlacedNode:
    """A box with its place in px; `level` counts the groups around it."""

    node: GraphNode
    x: float
    y: float
    width: float
    height: float
    level: int


@dataclass(frozen=True, slots=True)
class PlacedEdge:
    """An arrow with its corners in px, from its source to its target."""

    edge: GraphEdge
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """A graph, placed: groups stand before what is in them."""

    graph: Graph
    width: float
    height: float
    nodes: tuple[PlacedNode, ...]
    edges: tuple[PlacedEdge, ...]


@dataclass(frozen=True, slots=True)
class _Inside:
    """A group or leaf with what is in it placed, from its own top left."""

    node: GraphNode
    box: Box
    nodes: tuple[tuple[_Inside, Point], ...]
    wires: Mapping[Wire, tuple[Point, ...]]


def place(graph: Graph) -> Placement:
    """Place the boxes of a graph and lead its arrows around them.

    Args:
        graph: From `forward_graph` or `backward_graph`.

    Returns:
        Places. Boxes of a group do not overlap and lie inside it, no arrow passes through a box.
    """
    above = {child.id: parents for child, parents in _with_parents(graph.nodes, ())}
    wires = _wires(graph, above)
    whole = _whole(graph, wires, None)
    area = whole.box.width * whole.box.height
    aim = max(LEAST_HEIGHT, math.sqrt(area / ASPECT))
    if whole.box.height > aim:
        whole = _whole(graph, wires, aim)
    nodes: list[PlacedNode] = []
    lines: dict[tuple[str, Wire], tuple[Point, ...]] = {}
    _collect(whole, (0.0, 0.0), -1, nodes, lines)
    edges = [PlacedEdge(edge, _joined(edge, above, lines)) for edge in graph.edges]
    return Placement(graph, whole.box.width, whole.box.height, tuple(nodes), tuple(edges))


def _with_parents(
    nodes: Iterable[GraphNode], parents: tuple[str, ...]
) -> Iterable[tuple[GraphNode, tuple[str, ...]]]:
    for node in nodes:
        yield node, parents
        yield from _with_parents(node.children, (*parents, node.id))


def _steps(edge: GraphEdge, above: Mapping[str, tuple[str, ...]]) -> list[tuple[str, Wire]]:
    """Cut an arrow into the wires of the levels that it passes; `<` is a group's way out, `>` its way in."""
    out, into = above[edge.source], above[edge.target]
    shared = 0
    while shared < min(len(out), len(into)) and out[shared] == into[shared]:
        shared += 1
    key, here, steps = edge.source, edge.source, []
    for group in reversed(out[shared:]):
        steps.append((group, Wire(here, f"<{key}", key)))
        here = group
    level = out[shared - 1] if shared else ""
    path = [*into[shared:], edge.target]
    steps.append((level, Wire(here, path[0], key)))
    steps += [(group, Wire(f">{key}", inner, key)) for group, inner in itertools.pairwise(path)]
    return steps


def _wires(graph: Graph, above: Mapping[str, tuple[str, ...]]) -> dict[str, dict[Wire, None]]:
    found: dict[str, dict[Wire, None]] = {}
    for edge in graph.edges:
        for group, wire in _steps(edge, above):
            found.setdefault(group, {})[wire] = None
    return found


def _whole(graph: Graph, wires: Mapping[str, dict[Wire, None]], aim: float | None) -> _Inside:
    inner = _sized(graph.nodes, wires, aim)
    level = place_level([one.box for one in inner], list(wires.get("", ())), aim=aim)
    nodes = tuple((one, level.boxes[one.box.id]) for one in inner)
    return _Inside(graph.nodes[0], Box("", level.width, level.height), nodes, level.wires)


def _sized(
    nodes: Sequence[GraphNode], wires: Mapping[str, dict[Wire, None]], aim: float | None
) -> list[_Inside]:
    """Size the boxes of one level: those that are no groups get one width, so that chains look tidy."""
    plain = [node for node in nodes if node.kind != "group"]
    width = max((_least_width(node) for node in plain), default=LEAST_WIDTH)
    return [
        _group(node, wires, aim)
        if node.kind == "group"
        else _Inside(node, Box(node.id, width, height_of(node, width)), (), {})
        for node in nodes
    ]


def _group(node: GraphNode, wires: Mapping[str, dict[Wire, None]], aim: float | None) -> _Inside:
    own = list(wires.get(node.id, ()))
    entries = dict.fromkeys(wire.source for wire in own if wire.source.startswith(">"))
    exits = dict.fromkeys(wire.target for wire in own if wire.target.startswith("<"))
    inner = _sized(node.children, wires, aim)
    boxes = [Box(name, 8.0, 0.0, at="top") for name in entries]
    boxes += [one.box for one in inner]
    boxes += [Box(name, 8.0, 0.0, at="bottom") for name in exits]
    level = place_level(boxes, own, aim=aim)
    header = (
        text_width(node.title, TITLE, bold=True)
        + text_width(f"  {node.detail}  {node.note}", SMALL)
        + 2 * PAD
    )
    behind = 2 * BEHIND if node.count > 1 else 0.0
    width = max(level.width + 2 * BORDER, header)
    height = HEADER + level.height + (FOOT if not exits else 2.0) + behind
    left = (width - level.width) / 2
    width += behind
    placed = {name: (x + left, y + HEADER) for name, (x, y) in level.boxes.items()}
    moved = {}
    for wire, path in level.wires.items():
        points = [(x + left, y + HEADER) for x, y in path]
        under_title = [(points[0][0], 0.0)] if wire.source in entries else []
        to_the_border = [(points[-1][0], height)] if wire.target in exits else []
        moved[wire] = (*under_title, *points, *to_the_border)
    box = Box(
        node.id, width, height,
        inlets={name[1:]: placed[name][0] + 4.0 for name in entries},
        outlets={name[1:]: placed[name][0] + 4.0 for name in exits},
    )  # fmt: skip
    return _Inside(node, box, tuple((one, placed[one.box.id]) for one in inner), moved)


def _collect(
    inside: _Inside,
    corner: Point,
    level: int,
    nodes: list[PlacedNode],
    lines: dict[tuple[str, Wire], tuple[Point, ...]],
) -> None:
    x, y = corner
    box = inside.box
    if level >= 0:
        nodes.append(PlacedNode(inside.node, round(x, 1), round(y, 1), box.width, box.height, level))
    for wire, path in inside.wires.items():
        lines[box.id, wire] = tuple((x + px, y + py) for px, py in path)
    for inner, (dx, dy) in inside.nodes:
        _collect(inner, (x + dx, y + dy), level + 1, nodes, lines)


def _joined(
    edge: GraphEdge,
    above: Mapping[str, tuple[str, ...]],
    lines: Mapping[tuple[str, Wire], tuple[Point, ...]],
) -> tuple[Point, ...]:
    return simplified([point for step in _steps(edge, above) for point in lines[step]])


# -- text ----------------------------------------------------------------------------------------------------


def lines_of(node: GraphNode, width: float) -> list[tuple[str, str, str]]:
    """Set the texts of a box that is no group in lines.

    Args:
        node: The box.
        width: Its width in px.

    Returns:
        For each line what stands at the left in bold, what follows it, and what stands at the right.
    """
    title, detail = shortened_to(node.title, width - 2 * PAD, TITLE, bold=True), node.detail
    first = text_width(title, TITLE, bold=True) + (text_width(f"  {detail}", SMALL) if detail else 0)
    if not node.note and first + 14 + text_width(node.shape, SMALL) <= width - 2 * PAD:
        return [(title, detail, node.shape)]
    room = width - 2 * PAD - text_width(node.shape, SMALL) - 12
    if first <= width - 2 * PAD + 0.5:
        return [(title, detail, ""), ("", shortened_to(node.note, room, SMALL), node.shape)]
    if not node.note:
        return [(title, "", ""), ("", shortened_to(detail, room, SMALL), node.shape)]
    second = shortened_to(detail, width - 2 * PAD, SMALL)
    return [(title, "", ""), ("", second, ""), ("", shortened_to(node.note, room, SMALL), node.shape)]


def height_of(node: GraphNode, width: float) -> float:
    """Give the height that the texts of a box need.

    Args:
        node: The box.
        width: Its width in px.

    Returns:
        px.
    """
    height = LINE * len(lines_of(node, width)) + 10
    if node.kind == "closed":
        height += STRIP + (2 * BEHIND if node.count > 1 else 0)
    return height


def _least_width(node: GraphNode) -> float:
    first = text_width(node.title, TITLE, bold=True) + text_width(f"  {node.detail}", SMALL)
    second = text_width(node.note, SMALL) + text_width(node.shape, SMALL) + 12
    if not node.note:
        one = first + 14 + text_width(node.shape, SMALL)
        return (
            min(max(LEAST_WIDTH, one + 2 * PAD), ONE_LINE)
            if one < ONE_LINE
            else max(first + 2 * PAD, LEAST_WIDTH)
        )
    behind = 2 * BEHIND if node.count > 1 else 0.0
    return min(max(LEAST_WIDTH, first + 2 * PAD, second + 2 * PAD) + behind, MOST_WIDTH)


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Estimate how wide a text is; no font that people have for this is wider.

    Args:
        text: One line.
        size: Of the letters in px.
        bold: Whether it is bold.

    Returns:
        px.

    Example:
        >>> text_width("iii", 10) < text_width("mmm", 10) < text_width("卷积层", 10)
        True
    """
    wide = sum(_letter(character) for character in text)
    return wide * size * (1.07 if bold else 1.0)


def _letter(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.02
    if character in "iljtfr.,:;|!'()[]/ ":
        return 0.36
    if character in "mwMW@→×·…":
        return 0.86 if character in "mwMW@→" else 0.6
    return 0.66 if character.isupper() else 0.58


def shortened_to(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Shorten a text in its middle until it fits.

    Args:
        text: One line.
        room: px.
        size: Of the letters in px.
        bold: Whether it is bold.

    Returns:
        The text, with … where something is left out.

    Example:
        >>> shortened_to("encoder_layer_11", 80, 11)
        'encod…yer_11'
    """
    if text_width(text, size, bold=bold) <= room + 0.5:
        return text
    for kept in range(len(text) - 1, 0, -1):
        head = (kept + 1) // 2 - 1
        short = f"{text[: max(head, 0)]}…{text[len(text) - (kept - head) + 1 :]}"
        if text_width(short, size, bold=bold) <= room:
            return short
    return "…"
