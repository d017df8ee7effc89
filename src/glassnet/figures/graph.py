"""The graph of what a network computes: a trace to boxes in boxes, and arrows along which tensors go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from glassnet.errors import UsageError, did_you_mean
from glassnet.figures.boxes import (
    Graph,
    GraphEdge,
    GraphNode,
    boxes_of,
    data_of,
    looks,
    module_node,
    op_node,
)
from glassnet.figures.labels import role, shape_text
from glassnet.figures.opening import Leaf, Part, open_readably, open_to_depth, tree
from glassnet.figures.shortcuts import find_shortcuts
from glassnet.texts import choose_language, texts
from glassnet.trace.trace import Ref

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from glassnet.figures.boxes import Link
    from glassnet.trace.trace import Trace


def forward_graph(
    trace: Trace,
    *,
    depth: int | None = None,
    open: Collection[str] = (),  # noqa: A002
    lang: str | None = None,
) -> Graph:
    """Make the graph of what a network computes.

    Args:
        trace: Of one pass.
        depth: How many levels of modules are opened, 0 for the network's own parts only. None chooses: a
            small network is opened whole; of a large one equal modules that follow each other become one, and
            each kind of module is opened once, so that the picture can be read.
        open: Paths of modules that are opened in any case.
        lang: `en` or `zh`; None chooses.

    Returns:
        The graph.

    Raises:
        UsageError: No module that ran has such a path, or `depth` is negative.
    """
    lang = choose_language(lang)
    words = texts(lang, "graph")
    leaves = [Leaf(op.number, calls_around(trace, op.call), looks(op, trace)) for op in trace.ops]
    inputs = {number: trace.values[number] for number in trace.inputs}
    links = {(_maker(value, trace), op.number): value for op in trace.ops for value in data_of(op, trace)}
    parts = choose_open(trace, leaves, links, depth=depth, wanted=open)
    ends = list(dict.fromkeys(refs_in(trace.output)))
    links |= {(_maker(value, trace), -1 - value): value for value in ends}
    read = {start for start, _ in links}
    nodes = [
        GraphNode(
            f"input-{number}", "input", "other", value.name, shape=shape_text(value.shape),
            hover=f"{value.name} · {shape_text(value.shape)} · {value.dtype}",
        )
        for number, value in inputs.items() if -1 - number in read
    ]  # fmt: skip
    nodes += _tree_nodes(parts, trace, words)
    nodes += [
        GraphNode(
            f"output-{value}", "output", "other", f"{words['output']} {place or ''}".strip(),
            shape=shape_text(trace.values[value].shape),
            hover=f"{words['output']} · {shape_text(trace.values[value].shape)}",
        )
        for place, value in enumerate(ends)
    ]  # fmt: skip
    return Graph(
        title=trace.network,
        subtitle=_subtitle(trace, words),
        nodes=tuple(nodes),
        edges=_edges(trace, nodes, parts, links),
        lang=lang,
    )


def calls_around(trace: Trace, call: int | None) -> tuple[int, ...]:
    """List the module calls around an operation, outermost first, without the network itself.

    Args:
        trace: Of one pass.
        call: The innermost, or None.

    Returns:
        Numbers of calls.
    """
    found: list[int] = []
    while call is not None:
        if trace.calls[call].path:
            found.append(call)
        call = trace.calls[call].parent
    return tuple(reversed(found))


def choose_open(
    trace: Trace,
    leaves: Sequence[Leaf],
    links: Collection[Link],
    *,
    depth: int | None,
    wanted: Collection[str],
) -> tuple[Part, ...]:
    """Gather leaves into modules and decide which of them are drawn open.

    Args:
        trace: Of one pass.
        leaves: In order.
        links: Pairs of leaves (from, to).
        depth: Levels to be opened, or None.
        wanted: Paths of modules to be opened.

    Returns:
        The outermost parts.

    Raises:
        UsageError: A path or the depth cannot be used.
    """
    if depth is not None and depth < 0:
        raise UsageError("the depth is negative", where="depth", got=depth, expected="0, 1, 2, …")
    known = {call.path for call in trace.calls if call.path}
    for path in wanted:
        if path not in known:
            raise UsageError(
                "no module that ran has this path",
                where="open",
                got=repr(path),
                hint=did_you_mean(path, known),
            )
    numbers = {
        around
        for call in trace.calls
        if call.path in set(wanted)
        for around in calls_around(trace, call.number)
    }
    parts = tree(leaves, [call.type for call in trace.calls])
    return open_readably(parts, links, numbers) if depth is None else open_to_depth(parts, depth, numbers)


def edges_between(
    parts: Sequence[Part], box: Mapping[int, str], links: Iterable[Link]
) -> dict[tuple[str, str], list[Link]]:
    """Bring links between operations to the boxes that stand for them.

    Args:
        parts: As they are drawn.
        box: Id of the box of each operation.
        links: Pairs of operations.

    Returns:
        For each pair of boxes its links; none within a box, none between modules that are drawn as one.
    """
    copy: dict[int, list[tuple[int, int]]] = {}
    for place, part in enumerate(_repeated(parts)):
        for index, numbers in enumerate(part.copies):
            for number in numbers:
                copy.setdefault(number, []).append((place, index))
    found: dict[tuple[str, str], list[Link]] = {}
    for start, end in links:
        here, there = dict(copy.get(start, ())), dict(copy.get(end, ()))
        apart = any(there.get(place, index) != index for place, index in here.items())
        if box[start] != box[end] and not apart:
            found.setdefault((box[start], box[end]), []).append((start, end))
    return found


def _repeated(parts: Iterable[Part]) -> Iterator[Part]:
    for part in parts:
        if len(part.copies) > 1:
            yield part
        yield from _repeated(part.parts)


def _tree_nodes(parts: Iterable[Part], trace: Trace, words: Mapping[str, str]) -> tuple[GraphNode, ...]:
    return tuple(
        op_node(part, trace, words)
        if part.call is None
        else module_node(part, trace, words, _tree_nodes(part.parts, trace, words))
        for part in parts
    )


def _maker(value: int, trace: Trace) -> int:
    """Give the operation that made a value; for an input −1 − its number."""
    made_by = trace.values[value].made_by
    return -1 - value if made_by is None else made_by


def refs_in(content: object) -> Iterator[int]:
    """Find the values in what a network returned.

    Args:
        content: As in `Trace.output`, with a `Ref` for every tensor.

    Yields:
        The number of each value, as often as it occurs.
    """
    if isinstance(content, Ref):
        yield content.value
    elif isinstance(content, Mapping):
        for part in content.values():
            yield from refs_in(part)
    elif isinstance(content, list | tuple):
        for part in content:
            yield from refs_in(part)
    elif is_dataclass(content) and not isinstance(content, type):
        for part in fields(content):
            yield from refs_in(getattr(content, part.name))


def _edges(
    trace: Trace, nodes: Sequence[GraphNode], parts: Sequence[Part], links: Mapping[Link, int]
) -> tuple[GraphEdge, ...]:
    box = {number: node.id for node in boxes_of(nodes) for number in node.ops}
    ends = {-1 - value: f"output-{value}" for start, end in links if end < 0 for value in (-1 - end,)}
    starts = {start: f"input-{-1 - start}" for start, _ in links if start < 0}
    shortcuts = shortcuts_of(trace)
    found = edges_between(parts, box | starts, [link for link in links if link[1] >= 0])
    for start, end in links:
        if end < 0:
            found.setdefault(((box | starts)[start], ends[end]), []).append((start, end))
    return tuple(
        GraphEdge(
            source,
            target,
            shape=shape_text(trace.values[links[those[0]]].shape),
            shortcut=all(link in shortcuts for link in those),
            links=tuple(those),
        )
        for (source, target), those in found.items()
    )


def shortcuts_of(trace: Trace) -> set[Link]:
    """Find the shortcuts of a network, as residual connections are.

    Args:
        trace: Of one pass.

    Returns:
        Pairs of operations (from, to); an input is −1 − its number.
    """
    before = {op.number: [_maker(value, trace) for value in data_of(op, trace)] for op in trace.ops}
    joins = {op.number for op in trace.ops if role(op) == "join"}
    sums = {number for number in joins if trace.ops[number].name.rstrip("_").lstrip("ir") in ("add", "sub")}
    return find_shortcuts(before, joins, sums)


def _subtitle(trace: Trace, words: Mapping[str, str]) -> str:
    size = sum(p.size for module in trace.modules for p in module.parameters if p.shared_with is None)
    given = ", ".join(shape_text(trace.values[number].shape) for number in trace.inputs)
    made = ", ".join(
        shape_text(trace.values[number].shape) for number in dict.fromkeys(refs_in(trace.output))
    )
    said = [
        f"{given} → {made}",
        words["operations"].format(count=f"{len(trace.ops):,}"),
        words["parameters"].format(count=f"{size:,}"),
        words["macs"].format(count=f"{sum(op.macs for op in trace.ops):,}"),
    ]
    return " · ".join(said)
