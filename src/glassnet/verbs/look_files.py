"""The files that a look writes: graphs, feature maps and kernels, activation curves, the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from glassnet.draw import png
from glassnet.errors import RunError, UsageError
from glassnet.figures.backward_graph import backward_graph
from glassnet.figures.curve_figure import draw_curves
from glassnet.figures.curves import activation_curves
from glassnet.figures.graph import forward_graph
from glassnet.figures.kernels import draw_kernels
from glassnet.figures.maps import draw_feature_maps
from glassnet.figures.svg import draw_graph
from glassnet.pages.look_page import look_page
from glassnet.run import write_whole
from glassnet.terminal.look_rows import sees_text, size_text
from glassnet.texts import texts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from glassnet.inspection.table import Table
    from glassnet.trace.trace import Trace
    from glassnet.verbs.look import Wanted
    from glassnet.verbs.subject import Subject


def write_files(
    wanted: Wanted, subject: Subject, trace: Trace, table: Table, *, depth: int | None, lang: str
) -> dict[str, Path]:
    """Write the files that are asked for.

    Args:
        wanted: Which.
        subject: The network and the picture.
        trace: Of the pass, with its tensors where they are needed.
        table: Made of it.
        depth: How many levels of modules a graph opens; None chooses.
        lang: Of the words in them.

    Returns:
        Paths by name: `graph`, `backward_graph`, `maps`, `kernels`, `curves`, `page`.

    Raises:
        UsageError: There is no such layer, or nothing to draw.
        RunError: A file cannot be written.
    """
    contents: dict[str, tuple[Path, bytes | str]] = {}
    levels = None if depth is None else max(depth - 1, 0)
    if wanted.graph is not None:
        contents["graph"] = wanted.graph, draw_graph(forward_graph(trace, depth=levels, lang=lang))
    if wanted.backward_graph is not None:
        drawn = draw_graph(backward_graph(trace, depth=levels, lang=lang))
        contents["backward_graph"] = wanted.backward_graph, drawn
    if wanted.maps is not None:
        name = re.sub(r"[^\w.-]+", "_", wanted.maps)
        figure = draw_feature_maps(trace, wanted.maps, picture=subject.raw, lang=lang)
        contents["maps"] = wanted.out / f"maps-{name}.png", png(figure)
        kernels = _kernels(subject, wanted.maps, lang)
        if kernels is not None:
            contents["kernels"] = wanted.out / f"kernels-{name}.png", kernels
    if wanted.curves:
        contents["curves"] = wanted.out / "curves.png", png(draw_curves(activation_curves(trace), lang=lang))
    if wanted.html is not None:
        contents["page"] = wanted.html, _page(subject, trace, table, lang)
    for path, content in contents.values():
        _write(path, content)
    return {name: path for name, (path, _) in contents.items()}


def _kernels(subject: Subject, layer: str, lang: str) -> bytes | None:
    """Draw a layer's weights, where it has some that can be drawn."""
    try:
        return png(draw_kernels(subject.module, layer, lang=lang))
    except UsageError:
        return None


def _page(subject: Subject, trace: Trace, table: Table, lang: str) -> str:
    words: Mapping[str, str] = texts(lang, "look")
    rows = [row for root in (table.root, *table.loss) for row in root.walk()]
    sizes = {row.op: size_text(row.size, words) for row in rows if row.op is not None}
    seen = {row.op: sees_text(row.fields, words) for row in rows if row.op is not None}
    return look_page(
        trace,
        formulas={number: text for number, text in sizes.items() if text},
        receptive_fields={number: text for number, text in seen.items() if text},
        graph=draw_graph(forward_graph(trace, lang=lang)),
        picture=subject.raw,
        classes=subject.classes,
        lang=lang,
    )


def _write(path: Path, content: bytes | str) -> None:
    try:
        write_whole(path, content)
    except RunError as error:
        raise RunError("the file cannot be written", **error.parts) from None
