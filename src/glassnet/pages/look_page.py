"""A network as one offline page: its table, its graph, and every number of a chosen layer."""

from __future__ import annotations

import linecache
import math
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from glassnet.pages.look_rows import rows_of
from glassnet.pages.parts import build_page, png_address
from glassnet.pages.planes import encode_planes, planes_of
from glassnet.pages.what_it_is import what_it_is
from glassnet.texts import texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from glassnet.pages.look_rows import Row
    from glassnet.trace.trace import Op, Parameter, Source, Statistics, Trace, Value

LINES_AROUND = 2  # of the source line that made an operation
BARS = 40  # of a histogram


def look_page(
    trace: Trace,
    *,
    formulas: Mapping[int, str] | None = None,
    receptive_fields: Mapping[int, str] | None = None,
    graph: str = "",
    picture: np.ndarray | None = None,
    classes: Sequence[str] = (),
    sample: int = 0,
    lang: str = "en",
) -> str:
    """Write a network's table, graph and numbers as one HTML file that asks nothing of any host.

    Args:
        trace: Of one pass; the tensors it kept are shown as feature maps.
        formulas: By number of operation: how its output's size is worked out, lines of text.
        receptive_fields: By number of operation: what of the picture one number sees.
        graph: An SVG whose nodes carry `data-op`, or `data-path`.
        picture: uint8, H×W×C: what the network was shown.
        classes: Names for the numbers of the output, where there are as many.
        sample: Which of the batch is shown.
        lang: Of the words.

    Returns:
        The file.

    Example:
        >>> from torch.nn import Linear
        >>> from glassnet.trace.record import record
        >>> look_page(record(Linear(2, 1), torch.ones(1, 2)))[:15]
        '<!doctype html>'
    """
    rows = rows_of(trace)
    data = {
        "words": texts(lang, "look_page"),
        "network": trace.network,
        "totals": _totals(trace),
        "inputs": [_value(trace.values[number]) for number in trace.inputs],
        "rows": [_row(trace, row, formulas or {}, receptive_fields or {}, lang) for row in rows],
        "planes": _planes(trace, sample),
        "picture": png_address(picture) if picture is not None else None,
        "classes": list(classes),
        "output": _outputs_of_network(trace),
        "graph": bool(graph),
        "notes": _notes(trace, lang),
    }
    return build_page(
        "look_page", lang=lang, title=f"{trace.network} · glassnet", data=data,
        scripts=("page", "plane", "look_page"), markup=_graph_markup(graph),
    )  # fmt: skip


def _graph_markup(svg: str) -> str:
    """Take the drawing without what stands before it in a file of its own."""
    return svg[svg.index("<svg") :] if "<svg" in svg else ""


def _totals(trace: Trace) -> dict[str, object]:
    own = [
        parameter for module in trace.modules for parameter in module.parameters if not parameter.shared_with
    ]
    forward = [op for op in trace.ops if op.stage == "forward"]
    return {
        "parameters": sum(parameter.size for parameter in own),
        "trainable": sum(parameter.size for parameter in own if parameter.trainable),
        "macs": sum(op.macs for op in forward),
        "bytes": sum(_bytes(trace, op) for op in forward),
        "seconds": sum(op.seconds for op in forward),
        "ops": len(forward),
    }


def _bytes(trace: Trace, op: Op) -> int:
    return sum(trace.values[number].bytes for number in op.outputs)


def _row(
    trace: Trace, row: Row, formulas: Mapping[int, str], receptive_fields: Mapping[int, str], lang: str
) -> dict[str, object]:
    ops = trace.ops[row.first_op : row.end_op]
    call, op = row.call, row.op
    parameters = _parameters(trace, row)
    inputs, outputs = (op.inputs, op.outputs) if op else (call.inputs, call.outputs) if call else ((), ())
    module = next((m for m in trace.modules if call is not None and m.path == call.path), None)
    return {
        "name": row.name,
        "depth": row.depth,
        "parent": row.parent,
        "path": call.path if call else None,
        "type": call.type if call else None,
        "op": op.number if op else None,
        "operation": op.name if op else None,
        "label": op.label if op else None,
        "function": op.function if op else None,
        "settings": module.settings if module else _settings(op),
        "what": what_it_is(op, len(ops), lang),
        "stage": ops[0].stage if ops else "forward",
        "first": row.first_op,
        "end": row.end_op,
        "repeat": call.repeat if call else 0,
        "training": call.training if call else None,
        "inputs": [
            _value(trace.values[n]) for n in inputs if trace.values[n].kind not in ("parameter", "buffer")
        ],
        "outputs": [_value(trace.values[number]) for number in outputs],
        "parameters": [_parameter(trace, parameter) for parameter in parameters],
        "size": sum(parameter.size for parameter in parameters if not parameter.shared_with),
        "macs": sum(each.macs for each in ops),
        "bytes": sum(_bytes(trace, each) for each in ops),
        "seconds": sum(each.seconds for each in ops),
        "in_place": bool(op and op.in_place),
        "view": bool(op and op.view),
        "formula": formulas.get(op.number) if op else None,
        "receptive_field": receptive_fields.get(ops[-1].number) if ops else None,
        "source": _source(op.source if op else call.source if call else None),
    }


def _settings(op: Op | None) -> str:
    """Give those arguments of a plain function that are no tensors."""
    if op is None:
        return ""
    plain = [repr(value) for value in op.args if isinstance(value, int | float | str | bool | tuple)]
    named = [
        f"{name}={value!r}"
        for name, value in op.kwargs.items()
        if isinstance(value, int | float | str | bool)
    ]
    return ", ".join([text for text in plain if "Ref(" not in text] + named)


def _parameters(trace: Trace, row: Row) -> list[Parameter]:
    """Give the parameters of a module and those inside it; of a plain function those that it reads."""
    every = [parameter for module in trace.modules for parameter in module.parameters]
    if row.call is None:
        used = row.op.parameters if row.op else ()
        return [parameter for parameter in every if parameter.name in used]
    prefix = f"{row.call.path}." if row.call.path else ""
    return [parameter for parameter in every if parameter.name.startswith(prefix)]


def _value(value: Value) -> dict[str, object]:
    return {
        "number": value.number, "name": value.name, "kind": value.kind, "shape": list(value.shape),
        "dtype": value.dtype, "made_by": value.made_by, "bytes": value.bytes,
        "statistics": _statistics(value.statistics), "gradient": _statistics(value.gradient),
    }  # fmt: skip


def _parameter(trace: Trace, parameter: Parameter) -> dict[str, object]:
    number = next((value.number for value in trace.values if value.name == parameter.name), None)
    return {
        "name": parameter.name, "shape": list(parameter.shape), "size": parameter.size, "number": number,
        "trainable": parameter.trainable, "shared_with": parameter.shared_with,
        "statistics": _statistics(parameter.statistics), "gradient": _statistics(parameter.gradient),
    }  # fmt: skip


def _statistics(statistics: Statistics | None) -> dict[str, object] | None:
    if statistics is None:
        return None
    found = {
        "minimum": statistics.minimum, "maximum": statistics.maximum, "mean": statistics.mean,
        "deviation": statistics.deviation, "zeros": statistics.zeros, "not_finite": statistics.num_not_finite,
    }  # fmt: skip
    return {name: value if math.isfinite(value) else None for name, value in found.items()}


def _source(source: Source | None) -> dict[str, object] | None:
    """Read the line and those around it; an unreadable file has none."""
    if source is None:
        return None
    lines = linecache.getlines(source.file)
    first, end = max(0, source.line - 1 - LINES_AROUND), min(len(lines), source.line + LINES_AROUND)
    return {
        "file": source.file,
        "short": "/".join(Path(source.file).parts[-2:]),
        "line": source.line,
        "function": source.function,
        "code": [[number + 1, lines[number].rstrip("\n")] for number in range(first, end)],
    }


def _planes(trace: Trace, sample: int) -> dict[int, dict[str, object]]:
    """Encode the kept tensors that a row shows: outputs, inputs of the network, and parameters."""
    batches = {trace.values[number].shape[0] for number in trace.inputs if trace.values[number].shape}
    batch = batches.pop() if len(batches) == 1 else None
    shown = {number for op in trace.ops for number in op.outputs} | set(trace.inputs)
    kinds = {value.number: value.kind for value in trace.values}
    shown |= {number for number, kind in kinds.items() if kind == "parameter"}
    tensors = {}
    for number in sorted(shown & set(trace.kept)):
        tensor = trace.kept[number]
        if tensor.numel():
            whole = kinds[number] == "parameter"
            tensors[number] = planes_of(tensor, batch=None if whole else batch, sample=sample)
    encoded = encode_planes(tensors)
    for number, planes in tensors.items():
        encoded[number]["bars"] = _histogram(planes.values)
    return encoded


def _histogram(values: torch.Tensor) -> list[int]:
    finite = values[torch.isfinite(values)].double()
    if not finite.numel() or finite.min() == finite.max():
        return []
    return torch.histc(finite, BARS, float(finite.min()), float(finite.max())).long().tolist()


def _outputs_of_network(trace: Trace) -> list[int]:
    calls = [call for call in trace.calls if call.parent is None]
    return [number for call in calls for number in call.outputs]


def _notes(trace: Trace, lang: str) -> list[str]:
    """Say what was not seen and what did not run."""
    words = texts(lang, "look_page")
    called = {call.path for call in trace.calls}
    idle = [module.path for module in trace.modules if module.path not in called and module.parameters]
    notes = []
    for unseen in trace.unseen:
        where = f"{Path(unseen.source.file).name}:{unseen.source.line}" if unseen.source else unseen.module
        notes.append(words["unseen"].format(what=unseen.what, where=where or trace.network))
    for call in trace.calls:
        stages = {op.stage for op in trace.ops[call.first_op : call.end_op]}
        if not call.registered and "loss" not in stages:
            notes.append(words["unregistered"].format(path=call.path))
    if idle:
        notes.append(words["idle"].format(paths=", ".join(idle)))
    return notes
