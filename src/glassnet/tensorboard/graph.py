"""A trace to TensorBoard's graph: every operation, plain functions too, in the boxes of its modules.

PyTorch's own `add_graph` runs `torch.jit.trace`, which is deprecated, warns, and fails where a network's path
depends on its numbers.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tensorboard.compat.proto.attr_value_pb2 import AttrValue  # pyright: ignore[reportAttributeAccessIssue]
from tensorboard.compat.proto.graph_pb2 import GraphDef  # pyright: ignore[reportAttributeAccessIssue]
from tensorboard.compat.proto.node_def_pb2 import NodeDef  # pyright: ignore[reportAttributeAccessIssue]
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto  # pyright: ignore[reportAttributeAccessIssue]
from tensorboard.compat.proto.versions_pb2 import VersionDef  # pyright: ignore[reportAttributeAccessIssue]

from glassnet.figures.graph import refs_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from glassnet.trace.trace import Op, Trace, Value

PRODUCER = 22  # the version of the format that PyTorch's own writer names


def graph_of(trace: Trace) -> GraphDef:
    """Turn a trace into a graph.

    Args:
        trace: Of one pass.

    Returns:
        A node for each operation, input, parameter, buffer and constant that is read, and for the output;
        names are module paths, so that TensorBoard folds them into modules.
    """
    names: dict[int, str] = {}  # value -> what reads it writes
    taken: set[str] = set()
    for value in trace.values:
        if value.made_by is None:
            names[value.number] = _free(_path(value.name), taken)
    settings = {module.path: f"{module.type}({module.settings})" for module in trace.modules}
    read = {number for op in trace.ops for number in op.inputs} | set(trace.inputs)
    nodes = [
        _node(names[value.number], value.kind, (), [value], {"dtype": value.dtype})
        for value in trace.values
        if value.made_by is None and value.number in read
    ]
    for op in trace.ops:
        name = _free(_path(op.label), taken)
        for place, number in enumerate(op.outputs):
            names[number] = f"{name}:{place}" if place else name
        inputs = [names[number] for number in op.inputs if number in names]
        outputs = [trace.values[number] for number in op.outputs]
        nodes.append(_node(name, op.name, inputs, outputs, _told(op, trace, settings)))
    given = list(dict.fromkeys(refs_in(trace.output)))
    inputs = [names[number] for number in given if number in names]
    values = [trace.values[number] for number in given]
    nodes.append(_node(_free("output", taken), "output", inputs, values, {"of": trace.network}))
    return GraphDef(node=nodes, versions=VersionDef(producer=PRODUCER))


def _told(op: Op, trace: Trace, settings: Mapping[str, str]) -> dict[str, str]:
    """Say what a click on the operation shows."""
    told = {"function": op.function}
    if op.call is not None:
        told["module"] = settings.get(trace.calls[op.call].path, trace.calls[op.call].type)
    if op.macs:
        told["multiply-adds"] = f"{op.macs:,}"
    if op.source is not None:
        told["line"] = f"{Path(op.source.file).name}:{op.source.line}"
    return told


def _node(
    name: str, kind: str, inputs: Iterable[str], outputs: Iterable[Value], told: Mapping[str, str]
) -> NodeDef:
    shapes = AttrValue.ListValue(
        shape=[
            TensorShapeProto(dim=[TensorShapeProto.Dim(size=side) for side in value.shape])
            for value in outputs
        ]
    )
    attributes = {"_output_shapes": AttrValue(list=shapes)}
    attributes |= {key: AttrValue(s=text.encode()) for key, text in told.items()}
    return NodeDef(name=name, op=kind, input=list(inputs), attr=attributes)


def _path(name: str) -> str:
    """Turn `layer1.0.conv.weight` into nested boxes; a name may hold nothing that separates names."""
    return "/".join(re.sub(r"[^\w.\-]", "_", part) or "_" for part in name.split("."))


def _free(name: str, taken: set[str]) -> str:
    """Give the name, or one with a number where another node has it."""
    free, number = name, 1
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    taken.add(free)
    return free
