"""Work for nothing: results that nobody reads, and modules that nobody calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from glassnet.checks.finding import Finding
from glassnet.checks.making import assigned_at, class_of, mentions
from glassnet.checks.passes import Pass, passes
from glassnet.checks.rules.kinds import ACTIVATIONS, short
from glassnet.checks.statements import fate_of
from glassnet.trace.source_line import is_own
from glassnet.trace.trace import shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Network, Seen
    from glassnet.trace.trace import ModuleCall, Op, Source

# often computed beside the logits, to look at
PREDICTIONS = {"softmax", "log_softmax", "sigmoid", "argmax", "max", "topk", "sort"}
ONLY_LOOKS = {"size", "numel", "dim", "detach", "cpu", "clone", "data", "numpy", "item", "to"}
FEW_PASSES = 5  # from here on chance is ruled out
# a module that holds its parameters for the function of its parent
HOLDERS = {"NonDynamicallyQuantizableLinear", "ParameterList", "ParameterDict", "ParametrizationList"}


def unused_result(seen: Seen) -> Iterator[Finding]:
    """Find operations of a person's own forward whose result nothing depends on.

    Args:
        seen: What was seen.

    Yields:
        One finding for each place.
    """
    alive = {_place(one, op) for one in passes(seen) for op in one.ops if op.number in one.graph.live}
    told = set()
    for one in passes(seen):
        if not one.call.outputs:
            continue
        for op in one.ops:
            if op.number in one.graph.live or not op.outputs or _place(one, op) in alive:
                continue
            if any(one.graph.readers.get(number) for number in op.outputs):
                continue  # the last of a chain is told
            call = _thrown(one, op)
            source = call.source if call is not None else op.source
            if source is None or not is_own(source.file) or source in told:
                continue
            told.add(source)
            found = _unused(one, op, call, source)
            if found is not None:
                yield found


def _place(one: Pass, op: Op) -> tuple:
    return one.call.path, op.source, one.module_of(op), op.name


def _thrown(one: Pass, op: Op) -> ModuleCall | None:
    """Find the outermost module whose result is the operation's."""
    thrown = None
    for call in one.around(op):
        if call.parent is None or not set(op.outputs) & set(call.outputs):
            break
        thrown = call
    return thrown


def _unused(one: Pass, op: Op, call: ModuleCall | None, source: Source) -> Finding | None:
    lost = fate_of(source)
    if lost.fate == "unknown":
        return None
    what = call.path.rpartition(".")[2] if call else short(op.name)
    chain = _chain(one, op)
    severity = "warning"
    if lost.fate == "never read":
        in_passing = {short(other.name) for other in chain} <= ONLY_LOOKS | PREDICTIONS
        works = call is not None or any(
            other.parameters or short(other.name) in ACTIVATIONS or other.function.startswith("torch.nn.")
            for other in chain
        )
        severity = "warning" if works and not in_passing else "note"
    if {short(other.name) for other in chain} <= ONLY_LOOKS or not set(op.inputs) & one.driven:
        severity = "note"
    evidence: dict[str, object] = {
        "what": what,
        "shape": shape_text(one.trace.values[op.outputs[0]].shape),
        "name": lost.name,
        "line": lost.overwritten or 0,
        "operations": len(chain),
    }
    form = {"thrown away": "thrown", "never read": "overwritten" if lost.overwritten else "unread"}[lost.fate]
    explains = ("no-nonlinearity", "unused-module", "graph-cut", "weights-do-not-change")
    return Finding(
        "unused-result", severity, lost.source, call.path if call else one.module_of(op), evidence, form,
        explains if severity != "note" else (),
    )  # fmt: skip


def _chain(one: Pass, op: Op) -> list[Op]:
    """List the operations that are done only for this one."""
    chain, waiting = [op], list(op.inputs)
    while waiting:
        maker = one.maker(waiting.pop())
        if maker is not None and maker.number not in one.graph.live and maker not in chain:
            chain.append(maker)
            waiting += maker.inputs
    return chain


def unused_module(seen: Seen) -> Iterator[Finding]:
    """Find registered modules that no recorded pass called and whose parameters none read.

    Args:
        seen: What was seen.

    Yields:
        One finding for each module at the top of an uncalled part.
    """
    for network in seen.networks:
        used = _used(seen, network)
        if not used:
            continue
        for path, module in _uncalled(network, used):
            found = _module(seen, network, path, module)
            if found is not None:
                yield found


def _used(seen: Seen, network: Network) -> set[str]:
    """Collect the paths of modules that were called, whose parameters were read, or that hold such."""
    names = {name.rpartition(".")[0]: name for name, _ in network.module.named_parameters()}
    used: set[str] = set()
    for look in seen.looks:
        trace = look.trace
        called = {call.path for call in trace.calls}
        read = {
            trace.values[number].name.rpartition(".")[0]
            for op in trace.ops
            for number in op.inputs
            if trace.values[number].kind in {"parameter", "buffer"}
        }
        graded = {
            name.rpartition(".")[0] for name, gradient in look.gradients.items() if gradient is not None
        }
        own = network.prefix.rstrip(".")
        if own in called:
            used.add("")
        for path in called | read | graded:
            if path.startswith(network.prefix):
                inner = path.removeprefix(network.prefix)
                while inner:
                    used.add(inner)
                    inner = inner.rpartition(".")[0]
    if not used:
        return used
    for path in names:
        module = network.module.get_submodule(path)
        if any(parameter.grad is not None for parameter in module.parameters(recurse=False)):
            inner = path
            while inner:
                used.add(inner)
                inner = inner.rpartition(".")[0]
    shared = {
        id(module) for path, module in network.module.named_modules(remove_duplicate=False) if path in used
    }
    tied = {id(p) for path in used if path for p in _own_parameters(network.module, path)}
    for path, module in network.module.named_modules(remove_duplicate=False):
        if id(module) in shared or any(id(p) in tied for p in module.parameters(recurse=False)):
            used.add(path)
    return used


def _own_parameters(root: nn.Module, path: str) -> list[nn.Parameter]:
    try:
        return list(root.get_submodule(path).parameters(recurse=False))
    except AttributeError:  # called, but registered nowhere
        return []


def _uncalled(network: Network, used: set[str]) -> Iterator[tuple[str, nn.Module]]:
    """List uncalled modules whose parent is used."""
    for path, module in network.module.named_modules():
        if path in used or not path or path.rpartition(".")[0] not in used | {""}:
            continue
        inside = [name for name in used if name.startswith(f"{path}.")]
        if not inside and type(module).__name__ not in HOLDERS:
            yield path, module


def _module(seen: Seen, network: Network, path: str, module: nn.Module) -> Finding | None:
    parent, _, name = path.rpartition(".")
    holder = network.module.get_submodule(parent)
    listed = isinstance(holder, nn.ModuleList | nn.ModuleDict)
    if listed:
        around, _, held = parent.rpartition(".")
        owner, holding = class_of(network.module.get_submodule(around)), held
        named = not _siblings_always(seen, network.prefix + parent, network.prefix + around)
        source = assigned_at(network.module.get_submodule(around), holding)
    else:
        owner = class_of(holder)
        named = owner is not None and mentions(owner[1], name)
        source = assigned_at(holder, name)
    if owner is None:
        return None
    numbers = sum(parameter.numel() for parameter in module.parameters())
    trained = any(parameter.requires_grad for parameter in module.parameters())
    passed = any(one.network is network and one.call.training for one in passes(seen))
    sure = numbers and trained and passed and not named and not any(n is module for n in _networks(seen))
    return Finding(
        "unused-module", "warning" if sure else "note", source or seen.made.get(network.prefix + path),
        network.prefix + path,
        {"module": f"{holding}[{name}]" if listed else name, "type": type(module).__name__, "parameters": numbers},
        "listed" if listed else "parameters" if numbers else "none",
    )  # fmt: skip


def _siblings_always(seen: Seen, parent: str, around: str) -> bool:
    """Tell whether in each of several passes the same members of a list were called: nothing is chosen by chance."""
    members = []
    for look in seen.looks:
        for call in look.trace.calls:
            if call.path == around and call.training:
                members.append(
                    frozenset(
                        other.path
                        for other in look.trace.calls
                        if other.path.rpartition(".")[0] == parent
                        and call.first_op <= other.first_op <= other.end_op <= call.end_op
                    )
                )
    return len(members) >= FEW_PASSES and len(set(members)) == 1 and bool(members[0])


def _networks(seen: Seen) -> list[nn.Module]:
    """List all modules inside networks that were called by themselves."""
    return [part for network in seen.networks[1:] for part in network.module.modules()]
