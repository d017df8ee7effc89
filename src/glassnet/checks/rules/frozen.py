"""Frozen layers: the wrong ones, in a way that does nothing, or with BatchNorm that goes on moving."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from torch import nn

from glassnet.checks.code import Code, codes, last_name
from glassnet.checks.finding import Finding
from glassnet.checks.timeline import BATCH_NORMS, trained_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Network, Seen
    from glassnet.trace.trace import Source

FOLLOWS = (
    "weights-do-not-change",
    "loss-without-gradient",
    "graph-cut",
    "not-in-optimizer",
    "plateau",
    "cannot-overfit-batch",
)
MISSPELT = {
    "requires_grad_",
    "require_grad",
    "requires_gradient",
    "require_grads",
    "requires_grads",
    "requiresgrad",
    "required_grad",
    "grad_required",
}


def wrong_layers_frozen(seen: Seen) -> Iterator[Finding]:
    """Find layers that are frozen by mistake, or are meant to be and are not.

    Args:
        seen: Everything that was seen.

    Yields:
        An error where the head is frozen or freezing does nothing, a warning where BatchNorm still moves.
    """
    without_effect = list(_without_effect(seen))
    yield from without_effect
    for network in seen.networks:
        found = _head_frozen(seen, network)
        if found or (not without_effect and (found := _moving_statistics(seen, network))):
            yield found


def _without_effect(seen: Seen) -> Iterator[Finding]:
    """Find `layer.requires_grad = False` on a module, and misspelt names on parameters."""
    for code in codes(seen):
        for node in code.nodes:
            compared = node.value if isinstance(node, ast.Expr) else None
            if isinstance(compared, ast.Compare) and last_name(compared.left) == "requires_grad":
                evidence: dict[str, object] = {"line": code.text(node)}
                yield Finding(
                    "wrong-layers-frozen", "error", code.source(node), "", evidence, "compared", FOLLOWS
                )
                return
    for network in seen.networks:
        for path, part in network.module.named_modules():
            if isinstance(vars(part).get("requires_grad"), bool):
                source = _assigned(seen, {"requires_grad"}, _name_of(path))
                number = sum(p.requires_grad for p in part.parameters())
                evidence = {"module": path or network.name, "number": number}
                yield Finding("wrong-layers-frozen", "error", source, path, evidence, "on_module", FOLLOWS)
                return
        for name, parameter in network.module.named_parameters():
            wrong = MISSPELT & set(vars(parameter))
            if wrong:
                evidence = {"name": name, "written": min(wrong), "number": 1}
                source = _assigned(seen, wrong, "")
                yield Finding("wrong-layers-frozen", "error", source, "", evidence, "misspelt", FOLLOWS)
                return


def _name_of(path: str) -> str:
    return path.rpartition(".")[2]


def _assigned(seen: Seen, attributes: set[str], owner: str) -> Source | None:
    """Find where an attribute is assigned, on a thing of this name where one is."""
    places = [
        (last_name(target.value) == owner, code, node)
        for code in codes(seen)
        for node in code.nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute) and target.attr in attributes
    ]
    best = max(places, key=lambda place: place[0], default=None)
    return best[1].source(best[2]) if best else None


def freezing(code: Code) -> list[ast.AST]:
    """Give the lines that set `requires_grad` of parameters to False."""
    found: list[ast.AST] = [
        node
        for node in code.nodes
        if isinstance(node, ast.Assign)
        and any(isinstance(t, ast.Attribute) and t.attr == "requires_grad" for t in node.targets)
        and isinstance(node.value, ast.Constant)
        and node.value.value is False
    ]
    found += [
        call
        for call in code.calls("requires_grad_")
        if any(
            isinstance(a, ast.Constant) and a.value is False
            for a in [*call.args, *(k.value for k in call.keywords)]
        )
    ]
    return found


def _frozen_line(seen: Seen) -> Source | None:
    for code in codes(seen):
        lines = freezing(code)
        if lines:
            return code.source(lines[-1])
    return None


def _head_frozen(seen: Seen, network: Network) -> Finding | None:
    """Find a last layer that is frozen while layers before it are trained, or all of them frozen."""
    parts = _in_order(seen, network)
    if not parts or (not any(e.kind == "backward" for e in seen.events) and not _without_grad(seen)):
        return None
    frozen = [
        path for path, part in parts if not any(p.requires_grad for p in part.parameters(recurse=False))
    ]
    line = _frozen_line(seen)
    if not frozen or line is None:
        return None
    evidence: dict[str, object] = {
        "module": parts[-1][0] or network.name,
        "number": len(frozen),
        "total": len(parts),
    }
    if len(frozen) == len(parts):
        if not _without_grad(seen):
            return None  # another network is trained
        return Finding("wrong-layers-frozen", "error", line, parts[-1][0], evidence, "everything", FOLLOWS)
    if (
        parts[-1][0] in frozen
        and _trained(seen, network)
        and isinstance(parts[-1][1], (nn.Linear, nn.Conv2d))
    ):
        return Finding("wrong-layers-frozen", "error", line, parts[-1][0], evidence, "head", FOLLOWS)
    return None


def _without_grad(seen: Seen) -> bool:
    return bool(seen.crash and "does not require grad" in seen.crash.message)


def _trained(seen: Seen, network: Network) -> bool:
    return any(network in trained_by(seen, optimizer) for optimizer in seen.optimizers)


def _in_order(seen: Seen, network: Network) -> list[tuple[str, nn.Module]]:
    """Give the modules with parameters of their own, in the order in which they were called first."""
    parts = {
        path: part
        for path, part in network.module.named_modules()
        if next(part.parameters(recurse=False), None) is not None
    }
    called: dict[str, nn.Module] = {}
    for look in seen.looks:
        for call in look.trace.calls:
            path = call.path.removeprefix(network.prefix) if call.path.startswith(network.prefix) else ""
            if path in parts:
                called.setdefault(path, parts[path])
    return list((called or parts).items())  # else in the order in which they were made


def _moving_statistics(seen: Seen, network: Network) -> Finding | None:
    """Find frozen BatchNorm layers whose running statistics training goes on changing."""
    norms = {
        network.prefix + path: part
        for path, part in network.module.named_modules()
        if isinstance(part, BATCH_NORMS) and part.affine and part.track_running_stats
        and not part.weight.requires_grad
    }  # fmt: skip
    line = _frozen_line(seen)
    if not norms or line is None or not _trained(seen, network):
        return None
    if not any(p.requires_grad for p in network.module.parameters()):
        return None
    moving = _moving(seen, network, set(norms))
    if not moving:
        return None
    loaded = any(e.kind == "load" and e.who == network.number for e in seen.events)
    meant = any(
        e.kind == "mode"
        and e.facts.get("training") is False
        and e.facts.get("path")
        and e.who == network.number
        for e in seen.events
    )
    earlier = len([one for one in seen.optimizers if network in trained_by(seen, one)]) > 1
    modes = [
        e.source
        for e in seen.events
        if e.kind == "mode" and e.facts.get("training") and e.who == network.number and e.source
    ]
    evidence: dict[str, object] = {"number": len(moving), "total": len(norms), "module": min(moving)}
    return Finding(
        "wrong-layers-frozen", "warning" if loaded or meant or earlier else "note",
        modes[0] if modes else line, min(moving), evidence, "statistics",
    )  # fmt: skip


def _moving(seen: Seen, network: Network, norms: set[str]) -> set[str]:
    """Give the BatchNorm layers that were called in train mode while their weights were frozen."""
    looked = False
    moving: set[str] = set()
    for look in seen.looks:
        frozen = {
            m.path
            for m in look.trace.modules
            if m.path in norms and not any(p.trainable for p in m.parameters)
        }
        looked = looked or (look.trained and bool(frozen))
        if look.trained:
            moving |= {call.path for call in look.trace.calls if call.training and call.path in frozen}
    return moving if looked else _in_train_mode(seen, network, norms)


def _in_train_mode(seen: Seen, network: Network, norms: set[str]) -> set[str]:
    """Tell the same from the calls of train() and eval() since the last optimizer was made."""
    made = [
        at
        for at, e in enumerate(seen.events)
        if e.kind == "optimizer" and network in trained_by(seen, seen.optimizers[e.who])
    ]
    if not made:
        return set()
    still: set[str] = set()
    moving: set[str] = set()
    for event in seen.events[made[-1] :]:
        if event.who != network.number:
            continue
        if event.kind == "mode":
            inside = {
                name
                for name in norms
                if name.removeprefix(network.prefix).startswith(event.facts.get("path", ""))
            }
            still = still - inside if event.facts.get("training") else still | inside
        elif event.kind == "network" and event.facts.get("training") and event.facts.get("grad", True):
            moving |= norms - still
    return moving
