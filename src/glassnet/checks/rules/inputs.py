"""An input, or a part of it, that does not matter."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import torch

from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.origins import first_value, plain
from glassnet.checks.places import cause_line, once_a_line
from glassnet.checks.probes import changed, differs, main_output, probes_of
from glassnet.checks.rules.dropout import rate_of
from glassnet.nets.untouched import untouched
from glassnet.trace.source_line import is_own
from glassnet.trace.trace import shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.probes import Probe
    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op

PARTS = frozenset({"getitem", "narrow", "select", "index_select", "split", "chunk", "center_crop", "crop"})
NORMS = frozenset({"layer_norm", "group_norm", "instance_norm"})
SIZE = 2
PART = 0.2  # of the rows or columns, that is more than an edge
FOLLOWS = (
    "plateau",
    "learning-rate-too-low",
    "vanishing-gradients",
    "graph-cut",
    "weights-do-not-change",
    "cannot-overfit-batch",
    "unused-result",
)


def input_ignored(seen: Seen) -> Iterator[Finding]:
    """Find channels, or a large part of the rows or columns, that no answer depends on.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    for probe in probes_of(seen):
        images, before = probe.few, main_output(probe.output)
        if not 3 <= images.dim() <= 5 or not images.is_floating_point() or not _takes_a_part(probe):  # noqa: PLR2004
            continue
        if before is None or not before.is_floating_point() or not bool(torch.isfinite(before).all()):
            continue
        unused = _unused(probe)
        if unused is None or bool(unused.all()):
            continue
        for axis in range(1, images.dim()):
            rest = [other for other in range(images.dim()) if other != axis]
            places = unused.all(dim=tuple(rest)).nonzero().flatten()
            channels = axis == 1 and images.dim() > 3  # noqa: PLR2004
            enough = len(places) >= (1 if channels else max(images.shape[axis] * PART, 2))
            op = _slicing(probe)
            if enough and op is not None and not _matters(probe, before, axis, places):
                yield _ignored(probe, op, "channels" if channels else "edge", len(places), images.shape[axis])
                break


def _unused(probe: Probe) -> torch.Tensor | None:
    """Tell number by number of the input where no answer has a gradient."""
    net = probe.network.module
    with contextlib.suppress(Exception), untouched(net), torch.enable_grad():
        net.eval()
        images = probe.few.clone().requires_grad_()
        answer = main_output(net(images + 0))
        if answer is None or not answer.requires_grad:
            return None
        (gradient,) = torch.autograd.grad((answer * torch.randn(answer.shape)).sum(), images)
        return gradient == 0
    return None


def _matters(probe: Probe, before: torch.Tensor, axis: int, places: torch.Tensor) -> bool:
    """Tell whether other numbers at some places of an axis change an answer."""
    other = probe.few.clone().transpose(0, axis)
    generator = torch.Generator().manual_seed(7)
    spread = float(probe.few.std()) or 1.0
    part = other[places]
    other[places] = part + spread * torch.randn(part.shape, generator=generator).to(part)
    try:
        after = main_output(probe.run(other.transpose(0, axis)))
    except Exception:  # noqa: BLE001
        return True
    return after is None or after.shape != before.shape or bool(differs(before, after).any())


def _takes_a_part(probe: Probe) -> bool:
    """Tell whether the network cuts a part out of what it was given."""
    trace = probe.look.trace
    ops = trace.ops[probe.call.first_op : probe.call.end_op]
    return any(plain(op) in PARTS and first_value(op) in probe.call.inputs for op in ops)


def _slicing(probe: Probe) -> Op | None:
    """Find the last operation of a person's own that takes a part of the picture."""
    trace = probe.trace(probe.few, "base")
    if trace is None or not trace.inputs:
        return None
    found = [
        op for op in trace.ops if plain(op) in PARTS and first_value(op) == trace.inputs[0] and op.source
    ]
    return found[-1] if found else None


def _ignored(probe: Probe, op: Op, form: str, count: int, of: int) -> Finding:
    trace = probe.trace(probe.few, "base")
    assert trace is not None  # noqa: S101 — the operation is in it
    value = first_value(op)
    evidence: dict[str, object] = {
        "operation": plain(op),
        "count": count,
        "of": of,
        "before": shape_text(trace.values[value].shape) if value is not None else "?",
        "after": shape_text(trace.values[op.outputs[0]].shape),
    }
    return Finding("input-ignored", "warning", own_line(op, trace), "", evidence, form=form)


@once_a_line
def output_ignores_input(seen: Seen) -> Iterator[Finding]:
    """Find networks whose answer is the same for every picture.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    for network in seen.networks:
        told = next((found for look in seen.looks if (found := _unreached(look, network.prefix))), None)
        probe = next((one for one in probes_of(seen) if one.network is network), None) if told else None
        answer = main_output(probe.output) if probe else None
        if told is not None and (probe is None or (answer is not None and not _moves(probe, answer))):
            yield told
    yield from _all_dropped(seen)
    for probe in probes_of(seen):
        images, answer = probe.few, main_output(probe.output)
        if answer is None or not answer.is_floating_point() or not bool(torch.isfinite(answer).all()):
            continue
        if (
            len(images) < SIZE
            or not images.is_floating_point()
            or answer.dim() < SIZE
            or len(answer) != len(images)
        ):
            continue
        if bool((images == images[:1]).all()) or not bool((answer == answer[:1]).all()):
            continue
        if _moves(probe, answer) or not seen.num_steps:
            continue
        yield from _lost(seen, probe)


def _all_dropped(seen: Seen) -> Iterator[Finding]:
    """Dropout of everything: in training nothing goes through."""
    for look in seen.looks:
        for op in look.trace.ops:
            if op.call is not None and rate_of(op, look.trace) >= 1:
                path = look.trace.calls[op.call].path
                yield Finding(
                    "output-ignores-input",
                    "error",
                    cause_line(seen, look, op),
                    path,
                    {"operation": plain(op)},
                    form="dropped",
                    explains=(
                        "weights-do-not-change",
                        "plateau",
                        "modes-disagree",
                        "dead-relus",
                        "vanishing-gradients",
                        "dropout-in-eval",
                        "initial-loss",
                    ),
                )


def _moves(probe: Probe, answer: torch.Tensor) -> bool:
    """Tell whether any answer changes when the pictures do."""
    other = torch.stack([changed(probe.few, place)[place] for place in range(len(probe.few))])
    try:
        after = main_output(probe.run(other * 3))
    except Exception:  # noqa: BLE001
        return True
    return after is None or after.shape != answer.shape or not torch.equal(answer, after)


def _unreached(look: Look, prefix: str) -> Finding | None:
    """A network's answer that was not computed from anything it was given."""
    trace, path = look.trace, prefix.removesuffix(".")
    for call in trace.calls:
        if call.path != path or call.parent is not None or not call.inputs or not call.outputs:
            continue
        if any(value in call.inputs for value in call.outputs) or call.end_op <= call.first_op:
            continue
        reached = set(call.inputs)
        opaque = False
        for op in trace.ops[call.first_op : call.end_op]:
            if reached.intersection(op.inputs):
                reached.update(op.outputs)
            opaque = opaque or op.function == "unseen"
        if reached.intersection(call.outputs) or opaque or trace.unseen:
            return None
        used = {value for op in trace.ops[call.first_op : call.end_op] for value in op.inputs}
        strangers = [op for op in trace.ops[call.first_op : call.end_op] if not op.inputs and op.outputs]
        first = strangers[0] if strangers else trace.ops[call.first_op]
        evidence: dict[str, object] = {
            "operation": plain(first),
            "read": "yes" if used & set(call.inputs) else "no",
        }
        return Finding(
            "output-ignores-input",
            "error",
            own_line(first, trace) or call.source,
            path,
            evidence,
            form="unreached",
            explains=("plateau", "unused-result", "unused-module", "learning-rate-too-low", "input-ignored"),
        )
    return None


def _lost(seen: Seen, probe: Probe) -> Iterator[Finding]:
    """Name the operation whose result is the same for every picture, though what it read was not."""
    base = probe.trace(probe.few, "base")
    other = torch.stack([changed(probe.few, place)[place] for place in range(len(probe.few))])
    trace = probe.trace(other * 3, "moved")
    if base is None or trace is None or [op.name for op in base.ops] != [op.name for op in trace.ops]:
        return
    alive = {
        number
        for number, one in base.kept.items()
        if number in trace.kept
        and one.shape == trace.kept[number].shape
        and not one.is_complex()
        and not torch.equal(one, trace.kept[number])
    }
    for op in reversed(base.ops):
        if alive.intersection(op.inputs) and not alive.intersection(op.outputs):
            dead = plain(op) in ("relu", "hardtanh", "relu6", "clamp", "sigmoid", "tanh", "hardsigmoid")
            zero = any(
                base.values[n].kind == "parameter" and not bool(base.kept[n].any())
                for n in op.inputs
                if n in base.kept
            )
            layer = base.calls[op.call].path if op.call is not None else None
            made = seen.made.get(f"{probe.network.prefix}{layer}") if plain(op) in NORMS else None
            source = made if made is not None and is_own(made.file) else own_line(op, base)
            yield Finding(
                "output-ignores-input",
                "note" if dead or zero else "error",
                source,
                base.calls[op.call].path if op.call is not None else "",
                {"operation": plain(op)},
                form="main",
                explains=() if dead or zero else FOLLOWS,
            )
            return
