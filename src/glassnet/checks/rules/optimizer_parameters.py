"""Parameters that get gradients, but belong to no optimizer."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from glassnet.checks.code import Code, called, codes, last_name
from glassnet.checks.finding import Finding
from glassnet.checks.timeline import parameters_of, steps_of, trained_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Network, Optimizer, Seen

FOLLOWS = (
    "weights-do-not-change",
    "plateau",
    "learning-rate-too-low",
    "cannot-overfit-batch",
    "wrong-layers-frozen",
    "graph-cut",
    "initial-loss",
)


def not_in_optimizer(seen: Seen) -> Iterator[Finding]:
    """Find parameters that backward gives a gradient, and that no optimizer changes.

    Args:
        seen: Everything that was seen.

    Yields:
        An error at the line where the optimizer was made.
    """
    stepped = [one for one in seen.optimizers if steps_of(seen, one.number)]
    if not stepped:
        return
    held = set().union(*(parameters_of(one) for one in seen.optimizers))
    graded = _with_gradient(seen)
    for optimizer in stepped:
        if _of_another_net(seen, optimizer, graded):
            yield _another_net(seen, optimizer)
            return
    if any(event.kind == "backward" and event.facts.get("changed") for event in seen.events) and _by_hand(
        seen
    ):
        return
    for network in seen.networks:
        left = [
            n
            for n, p in network.module.named_parameters()
            if n_in(graded, network, n) and id(p) not in held and p.requires_grad
        ]
        if left:
            found = _left_out(seen, network, left, held, stepped)
            if found:
                yield found


def n_in(graded: set[str], network: Network, name: str) -> bool:
    """Tell whether a parameter of a network had a gradient."""
    return network.prefix + name in graded


def _with_gradient(seen: Seen) -> set[str]:
    """Give the names of the parameters that had a gradient which is not all zero in two looks or more."""
    times: dict[str, int] = {}
    looks = [look for look in seen.looks if look.trained]
    for look in looks:
        for name, gradient in look.gradients.items():
            if gradient is not None and gradient.zeros < 1:
                times[name] = times.get(name, 0) + 1
    return {name for name, count in times.items() if count >= min(2, len(looks))}


def _by_hand(seen: Seen) -> bool:
    """Tell whether somebody else than an optimizer changes the networks between steps."""
    steps = {event.step for event in seen.events if event.kind == "backward" and event.facts.get("changed")}
    return len(steps) > 1 and len(seen.optimizers) == 0


def _of_another_net(seen: Seen, optimizer: Optimizer, graded: set[str]) -> bool:
    """Tell whether an optimizer holds parameters of no network that was trained, and none has a gradient."""
    steps = steps_of(seen, optimizer.number)
    if trained_by(seen, optimizer) or not graded or any(e.facts.get("closure") for _, e in steps):
        return False
    return all(event.facts.get("empty") for _, event in steps)


def _another_net(seen: Seen, optimizer: Optimizer) -> Finding:
    network = seen.networks[0]
    held = parameters_of(optimizer)
    shapes = [tuple(p.shape) for group in optimizer.optimizer.param_groups for p in group["params"]]
    own = [tuple(p.shape) for p in network.module.parameters()]
    evidence: dict[str, object] = {
        "optimizer": optimizer.type, "network": network.name, "held": len(held), "number": len(own),
        "alike": sum(shape in own for shape in shapes),
    }  # fmt: skip
    return Finding(
        "not-in-optimizer", "error", optimizer.source, evidence=evidence, form="other_net", explains=FOLLOWS
    )


def _left_out(
    seen: Seen, network: Network, left: list[str], held: set[int], stepped: list[Optimizer]
) -> Finding | None:
    everything = dict(network.module.named_parameters())
    inside = [name for name, p in everything.items() if id(p) in held]
    strangers = [one for one in stepped if parameters_of(one) - _known(seen)]
    evidence: dict[str, object] = {
        "number": len(left), "total": sum(p.requires_grad for p in everything.values()),
        "names": _shown(left), "network": network.name,
    }  # fmt: skip
    if not inside:
        return _whole_network(seen, network, stepped, evidence)
    nearest = next(
        (one for one in stepped if parameters_of(one) & {id(p) for p in everything.values()}), stepped[0]
    )
    evidence["optimizer"] = nearest.type
    if strangers:  # it holds what is no longer part of the network: replaced after it was made
        evidence["optimizer"] = strangers[0].type
        return Finding(
            "not-in-optimizer", "error", strangers[0].source, _module_of(left), evidence, "replaced", FOLLOWS
        )
    names = list(everything)
    head_only = min(map(names.index, inside)) > max(map(names.index, left))
    loaded = any(e.kind == "load" and e.who in {network.number, -1} for e in seen.events)
    if head_only and (loaded or _pretrained(seen, network)) and not _unfrozen(seen):
        return None  # only the head is trained: on purpose
    return Finding(
        "not-in-optimizer",
        "note" if head_only and len(inside) <= 2 and len(left) > 8 else "error",  # noqa: PLR2004
        nearest.source,
        _module_of(left),
        evidence,
        "left_out",
        FOLLOWS,
    )


def _unfrozen(seen: Seen) -> bool:
    """Tell whether the code makes parameters trainable again."""
    return any(
        isinstance(node, ast.Constant) and node.value is True and _of_requires_grad(code, node)
        for code in codes(seen)
        for node in code.nodes
    )


def _of_requires_grad(code: Code, node: ast.AST) -> bool:
    outer = code.parents.get(node)
    if isinstance(outer, ast.Assign):
        return any(last_name(target) == "requires_grad" for target in outer.targets)
    return isinstance(outer, ast.Call) and called(outer) == "requires_grad_"


def _whole_network(
    seen: Seen, network: Network, stepped: list[Optimizer], evidence: dict[str, object]
) -> Finding | None:
    """Find a second network that takes part in training, in train mode, and was forgotten."""
    calls = [
        e
        for e in seen.events
        if e.kind == "network" and e.who == network.number and e.facts.get("grad", True)
    ]
    if not calls or not all(e.facts.get("training", True) for e in calls):
        return None
    if any(e.kind == "load" and e.who == network.number for e in seen.events):
        return None  # a fixed judge, or a teacher
    if not any(trained_by(seen, one) for one in stepped):
        return None  # pictures are being optimized, not weights
    evidence["optimizer"] = stepped[0].type
    return Finding(
        "not-in-optimizer",
        "error",
        stepped[0].source,
        network.prefix.rstrip("."),
        evidence,
        "network",
        FOLLOWS,
    )


def _known(seen: Seen) -> set[int]:
    return {id(p) for network in seen.networks for p in network.module.parameters()}


def _pretrained(seen: Seen, network: Network) -> bool:
    """Tell whether a network was trained by an earlier optimizer before this one."""
    own = {id(p) for p in network.module.parameters()}
    return sum(bool(own & parameters_of(one)) for one in seen.optimizers) > 1


def _module_of(names: list[str]) -> str:
    """Give the module that all names lie in."""
    parts = [name.split(".")[:-1] for name in names]
    common: list[str] = []
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1:
            break
        common.append(level[0])
    return ".".join(common)


def _shown(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")  # noqa: PLR2004
