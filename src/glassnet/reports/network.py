"""A trace to what a report shows of a network: its drawing, its parts, and what its layers see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from torch import nn

from glassnet.draw import coloured, number_text, scale_of
from glassnet.figures.graph import forward_graph
from glassnet.figures.labels import shape_text
from glassnet.figures.maps import as_maps, kept_numbers, value_of_layer
from glassnet.figures.svg import draw_graph
from glassnet.inspection.table import table_of
from glassnet.reports.sheets import Sheet, sheet_of

if TYPE_CHECKING:
    from glassnet.inspection.table import Row, Totals
    from glassnet.reports.content import Seen

LAYERS, MAPS = 4, 16  # that are shown: layers of a network, channels of a layer
MOST_ROWS = 36  # of the table of parts
MOST_GRAPH_BYTES = 400_000  # of a drawing in a page


@dataclass(frozen=True)
class Part:
    """A module or operation of the network, with its share of all parameters and multiply-adds."""

    name: str
    type: str
    depth: int
    shape: str
    parameters: int
    macs: int


@dataclass(frozen=True)
class Maps:
    """What one layer makes of the picture: the first of its channels, on one scale of colours."""

    layer: str
    shape: str
    sheet: Sheet
    shown: int
    channels: int
    low: str
    high: str
    diverging: bool


@dataclass(frozen=True)
class Structure:
    """What a report shows of a network."""

    graph: Markup | None  # None: it would be too large for a page
    parts: tuple[Part, ...]
    more_parts: int  # that are not among them
    totals: Totals
    maps: tuple[Maps, ...]
    picture: Sheet | None
    name: str  # of the picture's class


def layers_to_show(net: nn.Module) -> list[str]:
    """Choose convolutions whose feature maps a report shows: the first, the last, and some between.

    Args:
        net: Any module.

    Returns:
        At most four paths.

    Example:
        >>> layers_to_show(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Conv2d(2, 2, 3)))
        ['0', '2']
    """
    paths = [path for path, module in net.named_modules() if isinstance(module, nn.Conv2d) and path]
    if len(paths) <= LAYERS:
        return paths
    return [paths[place] for place in np.linspace(0, len(paths) - 1, LAYERS).round().astype(int)]


def structure_of(seen: Seen, lang: str) -> Structure:
    """Draw a network, list its parts, and show the maps that its trace kept.

    Args:
        seen: One picture in the network.
        lang: Of the words in the drawing.

    Returns:
        What a report shows.
    """
    trace = seen.trace
    table = table_of(trace)
    parts = _parts(table.root, MOST_ROWS)
    called = {call.path: call.outputs[0] for call in reversed(trace.calls) if call.outputs}
    layers = [path for path, value in reversed(called.items()) if path and value in trace.kept]
    maps = [_maps(seen, layer, place) for place, layer in enumerate(layers)]
    drawn = draw_graph(forward_graph(trace, lang=lang))
    drawn = drawn[drawn.index("<svg") :]
    return Structure(
        graph=Markup(drawn) if len(drawn) <= MOST_GRAPH_BYTES else None,  # noqa: S704 — it escapes all texts itself
        parts=tuple(parts),
        more_parts=sum(1 for _ in table.root.walk()) - 1 - len(parts),
        totals=table.totals,
        maps=tuple(each for each in maps if each is not None),
        picture=None if seen.picture is None else sheet_of(seen.picture[None], "sheet-seen"),
        name=seen.name,
    )


def _parts(root: Row, most: int) -> list[Part]:
    """List rows as deep as they fit."""
    depth, found = 1, list(_rows(root, 1))
    while True:
        deeper = list(_rows(root, depth + 1))
        if len(deeper) == len(found) or len(deeper) > most:
            break
        depth, found = depth + 1, deeper
    return [
        Part(
            name, _type(row), level, shape_text(row.outputs[0]) if row.outputs else "",
            row.parameters, row.macs,
        )
        for row, name, level in found[:most]
    ]  # fmt: skip


def _type(row: Row) -> str:
    """Give the class of a module or the name of a function, where the row's name does not say it."""
    kind = row.type.rpartition(".")[2]
    return "" if kind == row.name else kind


def _rows(root: Row, depth: int, level: int = 0) -> list[tuple[Row, str, int]]:
    """List rows with their names inside the row around them: `convs.0` where the list `convs` has no row."""
    found = []
    around = f"{root.path}." if root.path else ""
    for child in root.children:
        name = child.path.removeprefix(around) if child.kind == "module" else child.name
        found.append((child, name, level))
        if depth > 1:
            found += _rows(child, depth - 1, level + 1)
    return found


def _maps(seen: Seen, layer: str, place: int) -> Maps | None:
    trace = seen.trace
    value = trace.values[value_of_layer(trace, layer)]
    maps, how = as_maps(kept_numbers(trace, value, layer), 0)
    if how != "channels" or maps.shape[1] * maps.shape[2] < 4:  # noqa: PLR2004 — fewer numbers are no map
        return None
    shown = maps[:MAPS]
    scale = scale_of(shown)
    sheet = sheet_of(coloured(shown, scale), f"sheet-maps-{place}")
    low, high = (number_text(end) for end in scale.ends)
    shape = shape_text(value.shape[1:])
    return Maps(layer, shape, sheet, len(shown), len(maps), low, high, scale.diverging)
