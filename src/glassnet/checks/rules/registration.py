"""Layers and weights that the network does not know as its own, so that no optimizer gets them."""

from __future__ import annotations

import ast
import math
import re
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from glassnet.checks.finding import Finding
from glassnet.checks.making import class_of
from glassnet.checks.passes import Pass, passes
from glassnet.checks.statements import last_name, tree_of
from glassnet.trace.source_line import is_own
from glassnet.trace.trace import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Seen
    from glassnet.trace.trace import ModuleCall

SYMPTOMS = (
    "not-in-optimizer", "weights-do-not-change", "graph-cut", "plateau", "learning-rate-too-low",
    "cannot-overfit-batch",
)  # fmt: skip
PLACE = re.compile(r"(?P<name>\w+)(?P<key>\[.*\])?$")


def unregistered_module(seen: Seen) -> Iterator[Finding]:
    """Find layers in plain lists or dicts, layers made anew in each pass, and loose tensors with gradients.

    Args:
        seen: What was seen.

    Yields:
        One finding for each attribute, or line.
    """
    optimized = {
        id(parameter)
        for optimizer in seen.optimizers
        for group in optimizer.optimizer.param_groups
        for parameter in group["params"]
    }
    told = set()
    for one in passes(seen):
        if not _learns(one):
            continue
        for found in (*_loose_modules(one, optimized), *_loose_tensors(one, optimized)):
            place = (found.source, found.form)
            if place not in told:
                told.add(place)
                yield found


def _learns(one: Pass) -> bool:
    """Tell whether gradients are recorded in this pass."""
    return any(one.trace.values[number].requires_grad for op in one.ops for number in op.outputs)


def _loose_modules(one: Pass, optimized: set[int]) -> Iterator[Finding]:
    calls = one.trace.calls
    groups: dict[str, list[ModuleCall]] = {}
    for call in calls:
        inside = (
            one.call.first_op <= call.first_op and call.end_op <= one.call.end_op and call is not one.call
        )
        if not inside or call.registered or call.parent is None or not calls[call.parent].registered:
            continue
        if _weights(one, call):
            groups.setdefault(re.sub(r"\[.*\]$", "", call.path), []).append(call)
    for attribute, members in groups.items():
        made_here = "<" in attribute.rpartition(".")[2]
        module = _resolved(one, members[0].path)
        if module is not None and any(id(parameter) in optimized for parameter in module.parameters()):
            continue
        source = _made_in_pass(members[0]) if made_here else None
        if made_here and source is None:
            continue  # held by something that is no module: perhaps in an optimizer
        kind = "anew" if made_here else "list" if members[0].path.endswith("]") else "hidden"
        source = source or _line_of(one, attribute) or members[0].source
        if source is None or not is_own(source.file):
            continue
        weights = {number: size for call in members for number, size in _weights(one, call).items()}
        numbers = sum(weights.values())
        yield Finding(
            "unregistered-module", "error", source, attribute,
            {
                "attribute": attribute.rpartition(".")[2],
                "type": members[0].type,
                "layers": len({call.path for call in members}),
                "parameters": numbers,
            },
            kind,
            explains=SYMPTOMS,
        )  # fmt: skip


def _weights(one: Pass, call: ModuleCall) -> dict[int, int]:
    """List the weights of an unregistered module that take part in what gets gradients, with their sizes."""
    values, found = one.trace.values, {}
    anew = "<" in call.path
    for op in one.trace.ops[call.first_op : call.end_op]:
        if not any(values[number].requires_grad for number in op.outputs):
            continue
        for number in op.inputs:
            value = values[number]
            own = value.name.startswith(call.path) or (anew and number not in one.driven)
            if own and value.requires_grad and value.kind in {"constant", "result"}:
                found[number] = math.prod(value.shape)
    return found


def _made_in_pass(call: ModuleCall) -> Source | None:
    """Find the line in `forward` that makes a layer and calls it."""
    if call.source is None:
        return None
    tree = tree_of(call.source.file)
    if tree is None:
        return None
    functions = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.lineno <= call.source.line <= (node.end_lineno or 0)
    ]
    if not functions:
        return None
    function = max(functions, key=lambda node: node.lineno)
    lines = [
        node.lineno
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and last_name(node.func) == call.type
    ]
    return Source(call.source.file, lines[0], function.name) if lines else None


def _resolved(one: Pass, path: str) -> nn.Module | None:
    """Find an unregistered module by its path: `blocks[2]`."""
    found = _content(one, path)
    return found if isinstance(found, nn.Module) else None


def _content(one: Pass, path: str) -> Any:
    around, _, place = one.inner_path(path).rpartition(".")
    match = PLACE.match(place)
    if match is None:
        return None
    try:
        content = vars(one.network.module.get_submodule(around)).get(match["name"])
        if match["key"] is None:
            return content
        return content[ast.literal_eval(match["key"])[0]]  # pyright: ignore[reportOptionalSubscript]
    except (AttributeError, LookupError, TypeError, ValueError, SyntaxError):
        return None


def _line_of(one: Pass, attribute: str) -> Source | None:
    """Find the line that gives a module its attribute."""
    around, _, name = one.inner_path(attribute).rpartition(".")
    try:
        owner = class_of(one.network.module.get_submodule(around))
    except AttributeError:
        return None
    if owner is None:
        return None
    file, node = owner
    lines = [
        part.lineno
        for part in ast.walk(node)
        if isinstance(part, ast.Assign | ast.AnnAssign)
        for target in (part.targets if isinstance(part, ast.Assign) else [part.target])
        if isinstance(target, ast.Attribute) and target.attr == name
    ]
    return Source(file, min(lines), node.name) if lines else None


def _loose_tensors(one: Pass, optimized: set[int]) -> Iterator[Finding]:
    found: dict[tuple[str, bool], dict[str, tuple[Source, int]]] = {}
    for number in dict.fromkeys(number for op in one.ops for number in op.inputs):
        value = one.trace.values[number]
        if value.kind != "constant" or not value.requires_grad:
            continue
        tensor = _content(one, value.name)
        attribute = re.sub(r"\[.*\]$", "", value.name)
        source = _line_of(one, attribute)
        if isinstance(tensor, torch.Tensor) and id(tensor) not in optimized and source is not None:
            around = attribute.rpartition(".")[0]
            found.setdefault((around, tensor.is_leaf), {})[attribute] = source, tensor.numel()
    for (_, leaf), members in found.items():
        names = [attribute.rpartition(".")[2] for attribute in members]
        attribute, (source, _) = next(iter(members.items()))
        yield Finding(
            "unregistered-module", "error", source, attribute,
            {
                "attribute": ", ".join(names),
                "type": "tensor",
                "layers": len(members),
                "parameters": sum(size for _, size in members.values()),
            },
            "tensor" if leaf else "computed",
            explains=SYMPTOMS,
        )  # fmt: skip
