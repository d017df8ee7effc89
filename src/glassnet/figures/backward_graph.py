"""The graph along which gradients flow, from the loss back to every parameter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from glassnet.errors import UsageError
from glassnet.figures.boxes import Graph, GraphEdge, GraphNode, module_node, short_path
from glassnet.figures.graph import calls_around, choose_open, edges_between, shortcuts_of
from glassnet.figures.labels import role, shape_text
from glassnet.figures.opening import Leaf, Part
from glassnet.texts import choose_language, texts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from glassnet.trace.trace import BackwardNode, Parameter, Statistics, Trace


def backward_graph(
    trace: Trace,
    *,
    depth: int | None = None,
    open: Collection[str] = (),  # noqa: A002
    lang: str | None = None,
) -> Graph:
    """Make the graph along which the gradients of a loss flow.

    Its boxes are the nodes of PyTorch's own backward graph, each with the operation that it belongs to; at
    its ends stand the parameters (`AccumulateGrad`).

    Args:
        trace: Of one pass with `backward`.
        depth: How many levels of modules are opened; None chooses, as `forward_graph` does.
        open: Paths of modules that are opened in any case.
        lang: `en` or `zh`; None chooses.

    Returns:
        The graph; its first box is the loss.

    Raises:
        UsageError: The trace has no backward pass, or no module that ran has such a path.
    """
    if not trace.backward:
        raise UsageError(
            "the trace has no backward pass",
            where="trace",
            hint="record(net, images, backward=loss_function)",
        )
    lang = choose_language(lang)
    words = texts(lang, "graph")
    links = [(node.number, following) for node in trace.backward for following in node.next]
    near = _nearest_ops(trace, links)
    leaves = [
        Leaf(node.number, _calls(node, trace, near), f"{node.name}@{_last(node.parameter)}")
        for node in sorted(trace.backward, key=lambda node: _from_the_loss(node, near))
    ]
    parts = choose_open(trace, leaves, links, depth=depth, wanted=open)
    known = {parameter.name: parameter for module in trace.modules for parameter in module.parameters}
    nodes = _tree_nodes(parts, trace, words, known)
    box = _boxes(parts, nodes)
    start = _loss_node(trace, words)
    edges = [GraphEdge(start.id, box[0], "", shortcut=False, links=())]
    shortcuts, op_of = shortcuts_of(trace), [node.op for node in trace.backward]
    edges += [
        GraphEdge(
            source,
            target,
            "",
            links=tuple(those),
            shortcut=all((op_of[following], op_of[node]) in shortcuts for node, following in those),
        )
        for (source, target), those in edges_between(parts, box, links).items()
    ]
    reached = sum(node.parameter is not None for node in trace.backward)
    return Graph(
        title=words["backward_of"].format(network=trace.network),
        subtitle=words["backward_subtitle"].format(
            nodes=f"{len(trace.backward):,}", parameters=f"{reached:,}"
        ),
        nodes=(start, *nodes),
        edges=tuple(edges),
        lang=lang,
    )


def _nearest_ops(trace: Trace, links: Iterable[tuple[int, int]]) -> dict[int, tuple[int, ...]]:
    """Give each node's operation; of one without, those of the nodes that hand gradients to it."""
    readers: dict[int, list[int]] = {}
    for start, end in links:
        readers.setdefault(end, []).append(start)
    found: dict[int, tuple[int, ...]] = {}
    for node in trace.backward:  # breadth first, so that one of a node's readers stands before it
        near = [op for reader in readers.get(node.number, ()) for op in found.get(reader, ())]
        found[node.number] = tuple(dict.fromkeys(near)) if node.op is None else (node.op,)
    return found


def _calls(node: BackwardNode, trace: Trace, near: Mapping[int, tuple[int, ...]]) -> tuple[int, ...]:
    """Give the module calls in which a node stands: those that all its operations have in common."""
    chains = [calls_around(trace, trace.ops[op].call) for op in near[node.number]]
    shared = []
    for calls in zip(*chains, strict=False):
        if len(set(calls)) > 1:
            break
        shared.append(calls[0])
    return tuple(shared)


def _from_the_loss(node: BackwardNode, near: Mapping[int, tuple[int, ...]]) -> tuple:
    """Order nodes from the loss on; the nodes of one operation by name, parameters last."""
    last = max(near[node.number], default=0)
    return -last, node.op is None, node.name, _last(node.parameter), node.number


def _last(parameter: str | None) -> str:
    return (parameter or "").rpartition(".")[2]


def _tree_nodes(
    parts: Iterable[Part], trace: Trace, words: Mapping[str, str], known: Mapping[str, Parameter]
) -> tuple[GraphNode, ...]:
    found = []
    for part in parts:
        if part.call is None:
            found.append(_node(trace.backward[part.numbers[0]], trace, words, known))
            continue
        node = module_node(part, trace, words, _tree_nodes(part.parts, trace, words, known))
        found.append(replace(node, id=f"backward-{node.id}", shape=""))
    return tuple(found)


def _node(
    node: BackwardNode, trace: Trace, words: Mapping[str, str], known: Mapping[str, Parameter]
) -> GraphNode:
    name = f"backward-{node.number}"
    if node.op is not None:
        op = trace.ops[node.op]
        outputs = [trace.values[number] for number in op.outputs]
        ranges = [_range(value.gradient, words) for value in outputs[:1]]
        return GraphNode(
            name, "operation", role(op), node.name, note=op.label, ops=(op.number,),
            path=trace.calls[op.call].path if op.call is not None else "",
            hover="\n".join(filter(None, [node.name, op.label, *ranges])),
        )  # fmt: skip
    if node.parameter is None:
        title = words["of_input"] if node.name == "AccumulateGrad" else node.name
        return GraphNode(name, "gradient", "other", title, hover=node.name)
    parameter = known[node.parameter]
    module, _, last = node.parameter.rpartition(".")
    return GraphNode(
        name,
        "parameter",
        "weights",
        f"{short_path(module)}.{last}".lstrip("."),
        shape=shape_text(parameter.shape),
        path=module,
        note=_range(parameter.gradient, words),
        hover="\n".join(filter(None, [node.parameter, node.name, _range(parameter.gradient, words)])),
    )


def _range(statistics: Statistics | None, words: Mapping[str, str]) -> str:
    if statistics is None:
        return ""
    low, high = (f"{number:.2g}".replace("-", "−") for number in (statistics.minimum, statistics.maximum))
    return words["gradient_range"].format(minimum=low, maximum=high)


def _boxes(parts: Iterable[Part], nodes: Iterable[GraphNode]) -> dict[int, str]:
    """Give the box of each node of the backward graph."""
    found: dict[int, str] = {}
    for part, node in zip(parts, nodes, strict=True):
        if node.kind == "group":
            found |= _boxes(part.parts, node.children)
        else:
            found |= dict.fromkeys(part.numbers, node.id)
    return found


def _loss_node(trace: Trace, words: Mapping[str, str]) -> GraphNode:
    statistics = trace.values[trace.loss].statistics if trace.loss is not None else None
    value = f"{statistics.mean:.4g}" if statistics else ""
    return GraphNode(
        "backward-loss", "input", "loss", words["loss"], shape=value, hover=f"{words['loss']} {value}"
    )
