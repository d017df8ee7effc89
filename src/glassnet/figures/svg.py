"""A placed graph as SVG text, for screens and paper; a page can find, hover and click every box."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from glassnet.figures.columns import simplified
from glassnet.figures.layout import (
    BEHIND,
    HEADER,
    LINE,
    PAD,
    SMALL,
    STRIP,
    TITLE,
    PlacedEdge,
    PlacedNode,
    lines_of,
    place,
    text_width,
)  # fmt: skip
from glassnet.texts import texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from glassnet.figures.columns import Point
    from glassnet.figures.graph import Graph
    from glassnet.figures.labels import Role

# a strong colour for the edge of a box, a light one for its ground
COLOURS: dict[Role, tuple[str, str]] = {
    "weights": ("#1f6fb2", "#e6f0f9"),
    "activation": ("#d07a17", "#fdf0df"),
    "pool": ("#2b8a5f", "#e3f4ec"),
    "norm": ("#7a58b5", "#f0eaf9"),
    "join": ("#c22f55", "#fce8ed"),
    "reshape": ("#66727f", "#eef1f4"),
    "loss": ("#1f2933", "#e4e7eb"),
    "other": ("#9aa5b1", "#ffffff"),
}
INK, GREY, WIRE, SHORTCUT = "#1f2933", "#5b6773", "#7b8794", COLOURS["join"][0]
GROUND = ("#fafbfc", "#f3f5f8")  # of groups, by turns
FONTS = (
    "'Helvetica Neue', Arial, 'Liberation Sans', 'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', "
    "'Microsoft YaHei', 'WenQuanYi Micro Hei', sans-serif"
)
MARGIN, HEAD, LEGEND = 28.0, 62.0, 46.0  # px around, of the title, of the legend
ROUND, ARROW = 6.0, 7.0  # px: radius of a wire's corner, length of an arrow's head

STYLE = f"""
.gn-graph text {{ font-family: {FONTS}; fill: {INK}; }}
.gn-graph .t {{ font-size: {TITLE}px; font-weight: 600; }}
.gn-graph .s {{ font-size: {SMALL}px; fill: {GREY}; }}
.gn-graph .h {{ font-size: 20px; font-weight: 600; }}
.gn-graph .r {{ text-anchor: end; }}
.gn-graph .wire {{ fill: none; stroke: {WIRE}; stroke-width: 1.5; }}
.gn-graph .wire.short {{ stroke: {SHORTCUT}; stroke-width: 2.6; }}
.gn-graph .head {{ fill: {WIRE}; }}
.gn-graph .head.short {{ fill: {SHORTCUT}; }}
.gn-graph .group > rect {{ stroke: #c3cbd4; stroke-width: 1; }}
.gn-graph .plate {{ fill: #e6eaef; }}
"""


def draw_graph(graph: Graph) -> str:
    """Draw a graph.

    Each box is a `g` with `id`, `data-kind`, `data-path`, `data-op` (numbers of its operations, the drawn one
    first) and a `title`; each arrow a `path` with `data-from` and `data-to`.

    Args:
        graph: From `forward_graph` or `backward_graph`.

    Returns:
        SVG, to be written to a file as UTF-8 or set into a page.
    """
    words = texts(graph.lang, "graph")
    placed = place(graph)
    groups = [node for node in placed.nodes if node.node.kind == "group"]
    leaves = [node for node in placed.nodes if node.node.kind != "group"]
    edges = [*(e for e in placed.edges if not e.edge.shortcut), *shortcuts_from_their_fork(placed.edges)]
    legend, legend_width = _legend(graph, leaves, edges, words)
    title_width = max(text_width(graph.title, 20, bold=True), text_width(graph.subtitle, SMALL))
    width = max(placed.width, legend_width, title_width) + 2 * MARGIN
    height = placed.height + HEAD + LEGEND + 2 * MARGIN
    left, top = (width - placed.width) / 2, MARGIN + HEAD
    said = f"{graph.title} · {graph.subtitle}"
    size = f'width="{_n(width)}" height="{_n(height)}" viewBox="0 0 {_n(width)} {_n(height)}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="gn-graph" lang="{graph.lang}" role="img" {size}>',
        f"<title>{escape(_drawable(said))}</title>",
        f"<style>{STYLE}</style>",
        f'<rect width="{_n(width)}" height="{_n(height)}" fill="#ffffff"/>',
        _text(MARGIN, MARGIN + 18, graph.title, "h"),
        _text(MARGIN, MARGIN + 38, graph.subtitle, "s"),
        f'<g transform="translate({_n(left)} {_n(top)})">',
        *(_group_ground(node) for node in groups),
        *(_wire(edge) for edge in edges),
        *(_group_plate(node) for node in groups),
        *(_leaf(node) for node in leaves),
        "</g>",
        f'<g transform="translate({_n(MARGIN)} {_n(height - MARGIN - 18)})">{legend}</g>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _n(number: float) -> str:
    """Write a number of px, at most a tenth, without a needless point."""
    return f"{round(number, 1):g}"


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text x="{_n(x)}" y="{_n(y)}" class="{kind}">{escape(_drawable(text))}</text>'


def _two_texts(x: float, y: float, bold: str, plain: str) -> str:
    parts = [
        f'<tspan class="{kind}">{escape(_drawable(t))}</tspan>'
        for kind, t in (("t", bold), ("s", plain))
        if t
    ]
    return f'<text x="{_n(x)}" y="{_n(y)}">{"&#160; ".join(parts)}</text>'


def _drawable(text: str) -> str:
    """Leave out what XML cannot hold."""
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)


def _open_g(placed: PlacedNode) -> str:
    node = placed.node
    facts = {
        "id": node.id,
        "class": node.kind,
        "data-kind": node.kind,
        "data-path": _drawable(node.path),
        "data-op": " ".join(map(str, node.ops)),
    }
    attributes = " ".join(f"{name}={quoteattr(text)}" for name, text in facts.items())
    return f"<g {attributes}><title>{escape(_drawable(node.hover or node.title))}</title>"


def _group_ground(placed: PlacedNode) -> str:
    x, y, width, height = placed.x, placed.y, placed.width, placed.height
    ground = GROUND[placed.level % 2]
    cards = []
    if placed.node.count > 1:
        width, height = width - 2 * BEHIND, height - 2 * BEHIND
        cards = [_rect(x + by, y + by, width, height, 8, ground) for by in (2 * BEHIND, BEHIND)]
    return _open_g(placed) + "".join(cards) + _rect(x, y, width, height, 8, ground) + "</g>"


def _group_plate(placed: PlacedNode) -> str:
    """Draw a group's title over the wires that enter it from above."""
    node, x, y = placed.node, placed.x, placed.y
    width = placed.width - (2 * BEHIND if node.count > 1 else 0)
    plate = (
        f'<path class="plate" d="M{_n(x + 0.5)} {_n(y + HEADER - 4)}v{_n(12 - HEADER)}q0 -7.5 7.5 -7.5'
        f'h{_n(width - 16)}q7.5 0 7.5 7.5v{_n(HEADER - 12)}z"/>'
    )
    more = f"{node.detail} · {node.note}" if node.note else node.detail
    line = y + HEADER - 10.5
    return plate + _two_texts(x + PAD, line, node.title, more)


def _rect(x: float, y: float, width: float, height: float, radius: float, fill: str, stroke: str = "") -> str:
    outline = f' stroke="{stroke}"' if stroke else ""
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="{_n(radius)}" '
        f'fill="{fill}"{outline}/>'
    )


def _leaf(placed: PlacedNode) -> str:
    node, x, y = placed.node, placed.x, placed.y
    width, height = placed.width, placed.height
    strong, light = COLOURS[node.role]
    parts = [_open_g(placed)]
    if node.count > 1 and node.kind == "closed":
        width, height = width - 2 * BEHIND, height - 2 * BEHIND
        parts += [_rect(x + by, y + by, width, height, 5, "#ffffff", strong) for by in (2 * BEHIND, BEHIND)]
    pill = node.kind in ("input", "output")
    parts.append(_rect(x, y, width, height, height / 2 if pill else 5, light, strong if not pill else INK))
    if node.role != "other" and not pill:
        parts.append(
            f'<path fill="{strong}" d="M{_n(x + 5)} {_n(y)}h-0.5a4.5 4.5 0 0 0 -4.5 4.5v{_n(height - 9)}'
            f'a4.5 4.5 0 0 0 4.5 4.5h0.5z"/>'
        )
    inset = PAD + (2 if not pill else 4)
    for number, (bold, plain, right) in enumerate(lines_of(node, placed.width)):
        line = y + 5 + LINE * number + 12.5
        parts.append(_two_texts(x + inset, line, bold, plain))
        if right:
            parts.append(_text(x + width - inset + 4, line, right, "s r"))
    if node.roles:
        parts.append(_strip(node.roles, x + inset, y + height - STRIP - 2, width - 2 * inset + 4))
    return "".join(parts) + "</g>"


def _strip(roles: Sequence[Role], x: float, y: float, width: float) -> str:
    """Draw what a closed module holds: one small bar an operation, in order, in its colour."""
    step = min(12.0, width / len(roles))
    space = 1.5 if step > 4 else 0.0  # noqa: PLR2004 — px
    return "".join(
        f'<rect x="{_n(x + step * place)}" y="{_n(y)}" width="{max(step - space, 0.3):.2f}" height="4" '
        f'fill="{COLOURS[role][0]}"/>'
        for place, role in enumerate(roles)
    )


def _wire(placed: PlacedEdge) -> str:
    kind = " short" if placed.edge.shortcut else ""
    points = placed.points
    end, before = points[-1], points[-2]
    down = 1 if end[1] >= before[1] else -1
    line = rounded((*points[:-1], (end[0], end[1] - down * (ARROW - 1))))
    edge = placed.edge
    return (
        f'<path class="wire{kind}" d="{line}" data-from="{edge.source}" data-to="{edge.target}">'
        f"<title>{escape(edge.shape)}</title></path>"
        f'<path class="head{kind}" d="M{_n(end[0])} {_n(end[1])}l-4 {_n(-down * ARROW)}h8z"/>'
    )


def shortcuts_from_their_fork(edges: Sequence[PlacedEdge]) -> list[PlacedEdge]:
    """Cut off what shortcuts share with the other arrows from their source.

    Args:
        edges: All of a picture.

    Returns:
        The shortcuts, beginning where they leave the trunk.
    """
    found = []
    for placed in edges:
        if not placed.edge.shortcut:
            continue
        others = [e for e in edges if not e.edge.shortcut and e.edge.source == placed.edge.source]
        rests = [after_fork(placed.points, other.points) for other in others]
        points = min([placed.points, *rests], key=lambda p: sum(map(_length, p, p[1:])))
        found.append(PlacedEdge(placed.edge, points))
    return found


def after_fork(path: Sequence[Point], other: Sequence[Point]) -> tuple[Point, ...]:
    """Give what remains of a line after the part that another one runs along, too.

    Args:
        path: Corners.
        other: Corners of a line from the same point.

    Returns:
        The rest of the path, the whole where they part at once.

    Example:
        >>> after_fork([(0, 0), (0, 9), (5, 9), (5, 20)], [(0, 0), (0, 20)])
        ((0.0, 9.0), (5, 9.0), (5, 20))
    """
    place = 0
    while place + 1 < min(len(path), len(other)) and path[place + 1] == other[place + 1]:
        place += 1
    if place + 1 >= min(len(path), len(other)):
        return tuple(path[-2:])
    here, there, apart = path[place], path[place + 1], other[place + 1]
    along = min(_length(here, there), _length(here, apart))
    fork = _towards(here, there, along)
    same_way = _towards(here, apart, along) == fork
    return tuple(simplified([fork if same_way else here, *path[place + 1 :]]))


def rounded(points: Sequence[Point]) -> str:
    """Write a line of right angles with rounded corners as the `d` of an SVG path.

    Args:
        points: Its corners in px.

    Returns:
        Commands of a path.

    Example:
        >>> rounded([(0, 0), (0, 20), (30, 20)])
        'M0 0L0 14Q0 20 6 20L30 20'
    """
    found = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(ROUND, _length(before, corner) / 2, _length(corner, after) / 2)
        a, b = _towards(corner, before, radius), _towards(corner, after, radius)
        found.append(f"L{_n(a[0])} {_n(a[1])}Q{_n(corner[0])} {_n(corner[1])} {_n(b[0])} {_n(b[1])}")
    found.append(f"L{_n(points[-1][0])} {_n(points[-1][1])}")
    return "".join(found)


def _length(a: Point, b: Point) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _towards(a: Point, b: Point, by: float) -> Point:
    length = _length(a, b) or 1.0
    return a[0] + (b[0] - a[0]) * by / length, a[1] + (b[1] - a[1]) * by / length


def _legend(
    graph: Graph, leaves: Iterable[PlacedNode], edges: Iterable[PlacedEdge], words: dict[str, str]
) -> tuple[str, float]:
    """Explain the colours that are on the picture, and give how wide that is."""
    used = {role for leaf in leaves for role in (leaf.node.role, *leaf.node.roles)}
    parts, x = [], 0.0
    for role, (strong, light) in COLOURS.items():
        if role in used and role != "other":
            parts += [_rect(x, 0, 16, 12, 0, light, strong), _rect(x, 0, 5, 12, 0, strong)]
            parts.append(_text(x + 22, 10, words[role], "s"))
            x += 22 + text_width(words[role], SMALL) + 20
    if any(edge.edge.shortcut for edge in edges):
        parts.append(
            f'<path class="wire short" d="M{_n(x)} 6h20"/>'
            f'<path class="head short" d="M{_n(x + 26)} 6l-7 -4v8z"/>'
        )
        parts.append(_text(x + 32, 10, words["shortcut"], "s"))
        x += 32 + text_width(words["shortcut"], SMALL) + 20
    return "".join(parts), x
