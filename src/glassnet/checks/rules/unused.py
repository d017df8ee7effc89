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

    from glassnet.checks.seen import Look, Network, Seen
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
    found = {
        path.removeprefix(network.prefix)
        for look in seen.looks
        for path in _met(look)
        if path.startswith(network.prefix) or path == network.prefix.removesuffix(".")
    }
    if not found:
        return found
    found |= {
        name.rpartition(".")[0]
        for name, parameter in network.module.named_parameters()
        if parameter.grad is not None
    }
    modules = dict(network.module.named_modules(remove_duplicate=False))
    same = {id(modules[path]) for path in found if path in modules}
    tied = {id(parameter) for path in found if path for parameter in _own_parameters(network.module, path)}
    found |= {
        path
        for path, module in modules.items()
        if id(module) in same or any(id(p) in tied for p in module.parameters(recurse=False))
    }
    return {path for whole in found for path in _with_holders(whole)}


def _met(look: Look) -> set[str]:
    """Collect the modules that a look called, whose parameters it read, or which got gradients."""
    trace = look.trace
    read = {
        trace.values[number].name.rpartition(".")[0]
        for op in trace.ops
        for number in op.inputs
        if trace.values[number].kind in {"parameter", "buffer"}
    }
    graded = {name.rpartition(".")[0] for name, given in look.gradients.items() if given is not None}
    return {call.path for call in trace.calls if call.registered} | read | graded


def _with_holders(path: str) -> Iterator[str]:
    """Give a path and those of the modules around it."""
    while path:
        yield path
        path = path.rpartition(".")[0]
    yield path


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
        owner = network.module.get_submodule(around)
        chosen = not _always_the_same(seen, network.prefix + parent, network.prefix + around)
        name, attribute = f"{held}[{name}]", held
    else:
        owner, attribute = holder, name
        own = class_of(owner)
        chosen = own is not None and mentions(own[1], name)
    if class_of(owner) is None:
        return None
    numbers = sum(parameter.numel() for parameter in module.parameters())
    trained = any(parameter.requires_grad for parameter in module.parameters())
    passed = any(one.network is network and one.call.training for one in passes(seen))
    sure = numbers and trained and passed and not chosen and not any(n is module for n in _networks(seen))
    source = assigned_at(owner, attribute) or seen.made.get(network.prefix + path)
    return Finding(
        "unused-module", "warning" if sure else "note", source, network.prefix + path,
        {"module": name, "type": type(module).__name__, "parameters": numbers},
        "listed" if listed else "parameters" if numbers else "none",
    )  # fmt: skip


def _always_the_same(seen: Seen, parent: str, around: str) -> bool:
    """Tell whether each of several passes called the same members of a list: nothing is left to chance."""
    members = [
        frozenset(
            other.path
            for other in look.trace.calls
            if other.path.rpartition(".")[0] == parent
            and call.first_op <= other.first_op <= other.end_op <= call.end_op
        )
        for look in seen.looks
        for call in look.trace.calls
        if call.path == around.removesuffix(".") and call.training
    ]
    return len(members) >= FEW_PASSES and len(set(members)) == 1 and bool(members[0])


def _networks(seen: Seen) -> list[nn.Module]:
    """List all modules inside networks that were called by themselves."""
    return [part for network in seen.networks[1:] for part in network.module.modules()]
