"""The boxes of a graph as plain data, and how operations and modules become boxes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from glassnet.figures.labels import Role, role, settings, shape_text, shapes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from glassnet.figures.opening import Part
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


def op_node(part: Part, trace: Trace, words: Mapping[str, str]) -> GraphNode:
    """Make the box of an operation.

    Args:
        part: A leaf.
        trace: Of one pass.
        words: Texts of the table `graph`.

    Returns:
        The box.
    """
    op = trace.ops[part.numbers[0]]
    call = trace.calls[op.call] if op.call is not None else None
    path = call.path if call else ""
    own = call is not None and call.end_op - call.first_op == 1 and path != ""
    named = [short_path(name) for name in op.parameters if not {"weight", "bias"} & set(_words(name))]
    note = short_path(path) if own else ", ".join(named)
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


def _words(name: str) -> list[str]:
    """Give the words of a parameter's own name: weight_ih_l0 has weight, ih and l0."""
    return name.rpartition(".")[2].split("_")


def _size(shape: Iterable[int]) -> int:
    return math.prod(shape)


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


def looks(op: Op, trace: Trace) -> str:
    """Say what an operation looks like.

    Args:
        op: Of the trace.
        trace: Of one pass.

    Returns:
        Its name, and after `@` its settings without numbers of channels.
    """
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
