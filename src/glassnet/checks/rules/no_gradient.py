"""A loss that backward cannot start from, or that starts nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.origins import ancestors, maker, plain
from glassnet.checks.places import once_a_line
from glassnet.trace.trace import shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Event, Look, Seen
    from glassnet.trace.trace import Op

CODE = "loss-without-gradient"
NO_GRAD = "does not require grad and does not have a grad_fn"
NOT_SCALAR = "grad can be implicitly created only for scalar outputs"
NO_BACKWARD = "object has no attribute 'backward'"
FLAT = frozenset({"argmax", "argmin", "eq", "ne", "gt", "lt", "ge", "le", "long", "int", "bool", "one_hot"})
NEW = frozenset({"tensor", "as_tensor", "from_numpy", "Tensor", "FloatTensor", "scalar_tensor", "full"})
CUTS = frozenset({"detach", "data", "numpy"})
FOLLOWS = (
    "weights-do-not-change",
    "plateau",
    "not-in-optimizer",
    "learning-rate-too-low",
    "step-order",
    "unused-module",
    "vanishing-gradients",
)


@once_a_line
def loss_without_gradient(seen: Seen) -> Iterator[Finding]:
    """Find a loss with no way back to the parameters, and one that is not a single number.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    yield from _crashed(seen)
    last = seen.looks[-1].number if seen.looks else -1
    for look in seen.looks:
        if seen.crash and NO_GRAD in seen.crash.message and look.number == last:
            continue  # told with the crash
        reached = [value for value in look.losses if not _is_connected(look, value)]
        if not reached or len(reached) < len(look.losses) or _any_gradient(look):
            continue
        form, op = _cause(look, reached[-1])
        source = own_line(op, look.trace) if op else _backward_line(seen, look, reached[-1])
        evidence: dict[str, object] = {"operation": plain(op) if op else "requires_grad"}
        yield Finding(CODE, "error", source, "", evidence, form=form, explains=FOLLOWS)


def _any_gradient(look: Look) -> bool:
    return any(gradient is not None for gradient in look.gradients.values())


def _is_connected(look: Look, value: int) -> bool:
    """Tell whether a loss was computed from something that learns."""
    trace = look.trace
    made = maker(trace, value)
    if trace.values[value].requires_grad and made is not None and made.name not in NEW:
        return True
    return trace.values[value].requires_grad and trace.values[value].kind == "parameter"


def _cause(look: Look, value: int) -> tuple[str, Op | None]:
    """Find on the way back from a loss the operation after which nothing learns any more."""
    trace = look.trace
    op = maker(trace, value)
    if op is None or op.name in NEW:
        return "made_new", op
    path = sorted(ancestors(trace, value), reverse=True)
    for number in path:
        op = trace.ops[number]
        needs = any(trace.values[one].requires_grad for one in op.inputs)
        gives = any(trace.values[one].requires_grad for one in op.outputs)
        if needs and not gives and (plain(op) in FLAT or plain(op) in CUTS):
            return ("flat" if plain(op) in FLAT else "cut"), op
    for number in path:
        op = trace.ops[number]
        if op.name in NEW or (plain(op) in FLAT and trace.values[op.outputs[0]].dtype != "float32"):
            return ("made_new" if op.name in NEW else "flat"), op
    return "unconnected", None


def _backward_line(seen: Seen, look: Look, value: int):
    lines = [event.source for event in _backwards(seen) if event.look == look.number]
    return lines[-1] if lines else None


def _backwards(seen: Seen) -> list[Event]:
    return [event for event in seen.events if event.kind == "backward"]


def _crashed(seen: Seen) -> Iterator[Finding]:
    crash = seen.crash
    if crash is None:
        return
    look = seen.looks[-1] if seen.looks else None
    if NOT_SCALAR in crash.message:
        shape = next((event.facts.get("shape") for event in reversed(_backwards(seen))), None)
        text = shape_text(shape) if shape else "?"
        yield Finding(CODE, "error", crash.source, "", {"shape": text}, form="not_scalar")
    elif NO_GRAD in crash.message:
        form, op = ("unconnected", None)
        if look is not None and look.losses:
            form, op = _cause(look, look.losses[-1])
        source = (own_line(op, look.trace) if op and look else None) or crash.source
        evidence: dict[str, object] = {"operation": plain(op) if op else "backward"}
        frozen = bool(seen.networks) and not any(
            parameter.requires_grad for network in seen.networks for parameter in network.module.parameters()
        )
        if frozen and op is None:
            form = "frozen"
        yield Finding(CODE, "error", source, "", evidence, form=form, explains=FOLLOWS)
    elif NO_BACKWARD in crash.message:
        kind = crash.message.partition("'")[2].partition("'")[0]
        yield Finding(CODE, "error", crash.source, "", {"kind": kind}, form="no_tensor", explains=FOLLOWS)
