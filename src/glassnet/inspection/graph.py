"""The graph of a network as plain data: boxes in boxes, and arrows along which tensors go."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Literal

from glassnet.errors import UsageError, did_you_mean
from glassnet.inspection.fold import Leaf, Part, open_readably, open_to_depth, tree
from glassnet.inspection.labels import Role, role, settings, shape_text, shapes
from glassnet.inspection.shortcuts import find_shortcuts
from glassnet.texts import choose_language, texts
from glassnet.trace.trace import Ref

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from glassnet.trace.trace import ModuleCall, Op, Trace

Link = tuple[int, int]
NodeKind = Literal["operation", "group", "closed", "input", "output", "gradient", "parameter"]
MOST_NAMES = 3  # operations of a closed module that are named one by one


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A box.

    Attributes:
        id: Unique in its graph: `op-12`, `module-3`, `input-0`, `output-24`, `backward-7`.
        kind: `group` has children; `closed` is a module (or several equal ones) drawn as one box.
        role: What gives it its colour.
        title: `conv2d`; of a module its path.
        detail: The settings that matter; of a module its class.
        note: A further line: where the operation stands, what a closed module holds.
        shape: Of what leaves it.
        path: Of the module that it is, or in which it stands.
        ops: Numbers of the operations that it stands for, the drawn one first.
        count: How many equal modules it stands for.
        roles: Of the operations in a closed module, in order.
        hover: All of it in words.
        children: In order of execution.
    """

    id: str
    kind: NodeKind
    role: Role
    title: str
    detail: str = ""
    note: str = ""
    shape: str = ""
    path: str = ""
    ops: tuple[int, ...] = ()
    count: int = 1
    roles: tuple[Role, ...] = ()
    hover: str = ""
    children: tuple[GraphNode, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """An arrow between two boxes that are not groups.

    `links` are the pairs of operations (from, to) that it stands for, a value's number as −1 − number where
    that is an input or goes to the output. `shortcut` tells a residual connection.
    """

    source: str
    target: str
    shape: str
    shortcut: bool
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph: its boxes in order, the arrows between them, and what stands above it; `lang` of its texts."""

    title: str
    subtitle: str
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    lang: str


def forward_graph(
    trace: Trace,
    *,
    depth: int | None = None,
    open: Collection[str] = (),
    lang: str | None = None,  # noqa: A002
) -> Graph:
    """Make the graph of what a network computes.

    Args:
        trace: Of one pass.
        depth: How many levels of modules are opened, 0 for the network's own parts only. None chooses: a small
            network is opened whole; of a large one equal modules that follow each other become one, and each
            kind of module is opened once, so that the picture can be read.
        open: Paths of modules that are opened in any case.
        lang: `en` or `zh`; None chooses.

    Returns:
        The graph.

    Raises:
        UsageError: No module that ran has such a path, or `depth` is negative.
    """
    lang = choose_language(lang)
    words = texts(lang, "graph")
    leaves = [Leaf(op.number, calls_around(trace, op.call), _looks(op, trace)) for op in trace.ops]
    inputs = {number: trace.values[number] for number in trace.inputs}
    links = {(_maker(value, trace), op.number): value for op in trace.ops for value in data_of(op, trace)}
    parts = choose_open(trace, leaves, links, depth=depth, wanted=open)
    ends = list(dict.fromkeys(_refs(trace.output)))
    links |= {(_maker(value, trace), -1 - value): value for value in ends}
    read = {start for start, _ in links}
    nodes = [
        GraphNode(
            f"input-{number}", "input", "other", value.name, shape=shape_text(value.shape),
            hover=words["hover_input"].format(name=value.name, shape=shape_text(value.shape), type=value.dtype),
        )
        for number, value in inputs.items() if -1 - number in read
    ]  # fmt: skip
    nodes += _tree_nodes(parts, trace, words)
    nodes += [
        GraphNode(
            f"output-{value}", "output", "other", words["output"] if place == 0 else f"{words['output']} {place}",
            shape=shape_text(trace.values[value].shape),
            hover=words["hover_output"].format(shape=shape_text(trace.values[value].shape)),
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


def data_of(op: Op, trace: Trace) -> list[int]:
    """List the values that an operation reads and that were made in this pass.

    Args:
        op: Of the trace.
        trace: Of one pass.

    Returns:
        Numbers of values: inputs and results, no parameters, buffers or constants.
    """
    return [
        number for number in op.inputs
        if trace.values[number].kind == "input" or trace.values[number].made_by is not None
    ]  # fmt: skip


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


def boxes_of(nodes: Iterable[GraphNode]) -> Iterator[GraphNode]:
    """Give all boxes that are not groups.

    Args:
        nodes: With their children.

    Yields:
        The boxes in order.
    """
    for node in nodes:
        if node.kind == "group":
            yield from boxes_of(node.children)
        else:
            yield node


def short_path(path: str) -> str:
    """Give the end of a path, from its last part that is not a mere number.

    Args:
        path: Of a module.

    Returns:
        As much as names it.

    Example:
        >>> short_path("layer1.0.conv1"), short_path("features.0"), short_path("")
        ('conv1', 'features.0', '')
    """
    names = path.split(".")
    start = len(names) - 1
    while start > 0 and names[start].isdigit():
        start -= 1
    return ".".join(names[start:])


def module_node(
    part: Part, trace: Trace, words: Mapping[str, str], children: tuple[GraphNode, ...]
) -> GraphNode:
    """Make the box of a module, or of several equal ones.

    Args:
        part: A module.
        trace: Of one pass.
        words: Texts of the table `graph`.
        children: Boxes in it, where it is drawn open.

    Returns:
        The box.
    """
    count = len(part.copies)
    # inside a module that stands for several, `calls` has those of all; one in so many is of the drawn one
    calls = [trace.calls[number] for number in part.calls[:: len(part.calls) // count]]
    ops = [trace.ops[number] for call in calls for number in range(call.first_op, call.end_op)]
    size = _parameters_in(trace, {call.path for call in calls})
    first, last = (calls[0], calls[-1]) if calls[0].number <= calls[-1].number else (calls[-1], calls[0])
    title, detail = short_path(first.path), first.type
    whole = first.path
    counted = words["operations"].format(count=f"{len(ops):,}")
    if size:
        counted += " · " + words["parameters"].format(count=f"{size:,}")
    linked = ""
    if count > 1:
        title, detail = up_to(title, short_path(last.path)), f"{count} × {detail}"
        whole = f"{first.path} … {last.path}"
        linked = words[f"linked_{_linked(calls, trace)}"]
    few = len(ops) <= MOST_NAMES
    note = " · ".join(_named(op, trace) for op in ops) if few else counted
    if children:
        note = words["first_drawn"].format(linked=linked) if count > 1 else ""
    drawn = calls[0]
    shape = shape_text(trace.values[last.outputs[0]].shape) if last.outputs else ""
    hover = [f"{whole} · {detail}", counted, linked, f"→ {shape}" if shape else ""]
    return GraphNode(
        id=f"module-{drawn.number}",
        kind="group" if children else "closed",
        role="other",
        title=title,
        detail=detail,
        note=note,
        shape=shape,
        path=drawn.path,
        ops=part.numbers,
        count=count,
        roles=() if children else tuple(role(trace.ops[n]) for n in range(drawn.first_op, drawn.end_op)),
        hover="\n".join(filter(None, hover)),
        children=children,
    )


def up_to(first: str, last: str) -> str:
    """Name modules from one to another: `layer1.1–5`.

    Args:
        first: Name of the first.
        last: Name of the last.

    Returns:
        Both names, without repeating what they share where they end in numbers.

    Example:
        >>> up_to("layer1.1", "layer1.5"), up_to("stem", "head")
        ('layer1.1–5', 'stem … head')
    """
    stem = first.rstrip("0123456789")
    number = last.removeprefix(stem)
    return f"{first}–{number}" if stem != first and number.isdigit() else f"{first} … {last}"


def _named(op: Op, trace: Trace) -> str:
    """Name an operation with the size of its window, in few letters."""
    window = _window_of(op, trace).split(", ")
    return " ".join([op.name, window[0].partition(" pad")[0], *window[1:]]).rstrip()


def _window_of(op: Op, trace: Trace) -> str:
    """Give the settings of an operation without its numbers of channels."""
    return ", ".join(part for part in settings(op, trace).split(", ") if "→" not in part)


def _looks(op: Op, trace: Trace) -> str:
    """Say what an operation looks like; its settings follow after `@`."""
    return f"{op.name}@{_window_of(op, trace)}".replace(" ", "_")


def _parameters_in(trace: Trace, paths: Collection[str]) -> int:
    prefixes = tuple(f"{path}." for path in paths)
    return sum(
        parameter.size
        for module in trace.modules
        if module.path in paths or module.path.startswith(prefixes)
        for parameter in module.parameters
        if parameter.shared_with is None
    )


def _linked(calls: Sequence[ModuleCall], trace: Trace) -> str:
    """Tell how equal modules hang together: a chain, each with all before it, or side by side."""
    inside = {n: place for place, call in enumerate(calls) for n in range(call.first_op, call.end_op)}
    steps = {
        place - inside[maker]
        for number, place in inside.items()
        for value in trace.ops[number].inputs
        if (maker := trace.values[value].made_by) in inside
    } - {0}
    return "parallel" if not steps else "chain" if steps in ({1}, {-1}) else "dense"


def _tree_nodes(parts: Iterable[Part], trace: Trace, words: Mapping[str, str]) -> tuple[GraphNode, ...]:
    return tuple(
        _op_node(part, trace, words)
        if part.call is None
        else module_node(part, trace, words, _tree_nodes(part.parts, trace, words))
        for part in parts
    )


def _op_node(part: Part, trace: Trace, words: Mapping[str, str]) -> GraphNode:
    op = trace.ops[part.numbers[0]]
    call = trace.calls[op.call] if op.call is not None else None
    path = call.path if call else ""
    own = call is not None and call.end_op - call.first_op == 1 and path != ""
    own_parameters = [short_path(name) for name in op.parameters if not name.endswith(("weight", "bias"))]
    note = short_path(path) if own else ", ".join(own_parameters)
    size = sum(_size(trace.values[n].shape) for n in op.inputs if trace.values[n].kind == "parameter")
    facts = [
        f"{op.label} · {op.function}",
        settings(op, trace),
        f"{' , '.join(shape_text(trace.values[n].shape) for n in data_of(op, trace))} → {shapes(op, trace)}",
        words["parameters"].format(count=f"{size:,}") if size else "",
        words["macs"].format(count=f"{op.macs:,}") if op.macs else "",
        words["in_place"] if op.in_place else "",
        f"{op.source.file.replace(chr(92), '/').rpartition('/')[2]}:{op.source.line}" if op.source else "",
    ]
    return GraphNode(
        id=f"op-{op.number}",
        kind="operation",
        role=role(op),
        title=op.name,
        detail=settings(op, trace),
        note=note,
        shape=shapes(op, trace),
        path=path,
        ops=part.numbers,
        hover="\n".join(filter(None, facts)),
    )


def _size(shape: Iterable[int]) -> int:
    return math.prod(shape)


def _maker(value: int, trace: Trace) -> int:
    """Give the operation that made a value; for an input −1 − its number."""
    made_by = trace.values[value].made_by
    return -1 - value if made_by is None else made_by


def _refs(content: object) -> Iterator[int]:
    """Find the values in what a network returned."""
    if isinstance(content, Ref):
        yield content.value
    elif isinstance(content, Mapping):
        for part in content.values():
            yield from _refs(part)
    elif isinstance(content, list | tuple):
        for part in content:
            yield from _refs(part)
    elif is_dataclass(content) and not isinstance(content, type):
        for part in fields(content):
            yield from _refs(getattr(content, part.name))


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
    made = ", ".join(shape_text(trace.values[number].shape) for number in dict.fromkeys(_refs(trace.output)))
    said = [
        f"{given} → {made}",
        words["operations"].format(count=f"{len(trace.ops):,}"),
        words["parameters"].format(count=f"{size:,}"),
        words["macs"].format(count=f"{sum(op.macs for op in trace.ops):,}"),
    ]
    return " · ".join(said)
