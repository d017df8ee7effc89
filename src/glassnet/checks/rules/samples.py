"""Samples of a batch that influence each other, found by changing one and looking at the others."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.origins import first_value, given, left_the_samples, maker, plain
from glassnet.checks.places import once_a_line
from glassnet.checks.probes import changed, differs, main_output, probes_of
from glassnet.checks.rules.softmax import axis_of
from glassnet.trace.trace import shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from glassnet.checks.probes import Probe
    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op, Trace

MIXED, TORN, AXIS = "samples-mixed", "reshape-mixes-axes", "wrong-dim"
VIEWS = frozenset({"view", "reshape", "flatten", "unflatten", "ravel", "reshape_as", "view_as"})
TURNS = frozenset({"permute", "transpose", "T", "t", "mT", "swapaxes", "movedim"})
SEQUENCES = frozenset({"multi_head_attention_forward", "lstm", "gru", "rnn_tanh", "rnn_relu"})
SOFT = frozenset({"softmax", "log_softmax", "softmin"})
ALONG = frozenset(
    {
        "normalize",
        "mean",
        "sum",
        "amax",
        "amin",
        "max",
        "min",
        "norm",
        "cumsum",
        "sort",
        "topk",
        "logsumexp",
        "median",
        "vector_norm",
        "prod",
        "argmax",
        "argmin",
        "cumprod",
    }
)
SPREAD = frozenset({"std", "var", "std_mean", "var_mean"})
PRODUCTS = frozenset(
    {
        "linear",
        "conv1d",
        "conv2d",
        "conv3d",
        "matmul",
        "addmm",
        "mm",
        "bmm",
        "einsum",
        "layer_norm",
        "embedding",
        "group_norm",
        "addbmm",
        "baddbmm",
        "bilinear",
    }
)
BATCH_SIZES = re.compile(r"Expected input batch_size \((\d+)\) to match target batch_size \((\d+)\)")
ON_PURPOSE = frozenset({"batch_norm", "cdist", "instance_norm"})


@dataclass(frozen=True)
class Mixing:
    """The operation at which two samples first meet, in a trace of the network in eval mode."""

    probe: Probe
    trace: Trace
    op: Op
    masks: list[torch.Tensor | None]  # by value: where it differs when a sample is another one


@once_a_line
def samples_mixed(seen: Seen) -> Iterator[Finding]:
    """Find samples that influence each other where nobody means them to.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    for mixing in mixings(seen):
        found = _named(mixing)
        if found is not None and found.code == MIXED:
            yield found
    yield from _crashed(seen)
    for look in seen.looks:
        yield from _poured_together(look)


def _crashed(seen: Seen) -> Iterator[Finding]:
    """A loss with other rows than labels: a view took the samples' axis for something else."""
    crash = seen.crash
    found = BATCH_SIZES.search(crash.message) if crash else None
    if crash is None or found is None or not seen.looks:
        return
    got, rows = int(found[1]), int(found[2])
    look = seen.looks[-1]
    op = left_the_samples(look.trace, rows, got)
    if op is not None and plain(op) in VIEWS | {"unsqueeze", "fold", "unfold"}:
        value = first_value(op)
        evidence: dict[str, object] = {
            "operation": plain(op),
            "rows": rows,
            "got": got,
            "before": shape_text(look.trace.values[value].shape) if value is not None else "?",
            "after": shape_text(look.trace.values[op.outputs[0]].shape),
        }
        module = look.trace.calls[op.call].path if op.call is not None else ""
        yield Finding(
            MIXED, "error", own_line(op, look.trace), module, evidence, form="crash", explains=(TORN, AXIS)
        )


def _poured_together(look: Look) -> Iterator[Finding]:
    """A batch of pictures is made one vector before a network takes it."""
    trace = look.trace
    for op in trace.ops:
        value = first_value(op)
        if (
            op.call is not None
            or plain(op) not in VIEWS
            or value is None
            or trace.values[value].made_by is not None
        ):
            continue
        before, after = trace.values[value].shape, trace.values[op.outputs[0]].shape
        if len(before) != 4 or before[0] < 2 or not after or after[-1] != math.prod(before):  # noqa: PLR2004
            continue
        if any(op.outputs[0] in call.inputs for call in trace.calls):
            yield Finding(
                MIXED,
                "error",
                own_line(op, trace),
                "",
                {
                    "operation": plain(op),
                    "before": shape_text(before),
                    "after": shape_text(after),
                    "samples": before[0],
                    "axis": 0,
                },
                form="merged",
            )


def mixed_along_an_axis(seen: Seen) -> list[Finding]:
    """Find operations along the axis of the samples.

    Args:
        seen: What was seen.

    Returns:
        Findings of wrong-dim.
    """
    found = [_named(mixing) for mixing in mixings(seen)]
    return [one for one in found if one is not None and one.code == AXIS]


def mixed_by_a_view(seen: Seen) -> list[Finding]:
    """Find views that tear the axis of the samples.

    Args:
        seen: What was seen.

    Returns:
        Findings of reshape-mixes-axes.
    """
    found = [_named(mixing) for mixing in mixings(seen)]
    return [one for one in found if one is not None and one.code == TORN]


def mixings(seen: Seen) -> list[Mixing]:
    """Find for each network the operation at which samples meet.

    Args:
        seen: What was seen.

    Returns:
        One for each network in which they do.
    """
    found = []
    for probe in probes_of(seen):
        if "mixing" not in probe.remembered:
            probe.remembered["mixing"] = _mixing(probe)
        if probe.remembered["mixing"] is not None:
            found.append(probe.remembered["mixing"])
    return found


def _mixing(probe: Probe) -> Mixing | None:
    images = probe.few
    if len(images) < 2 or not _first_axis_is_samples(probe):  # noqa: PLR2004
        return None
    try:
        one, other = main_output(probe.output), main_output(probe.run(changed(images, 0)))
    except Exception:  # noqa: BLE001 — a person's forward may raise anything
        return None
    if one is None or other is None or one.shape != other.shape or not one.dim():
        return None
    if len(one) == len(images) and not bool(differs(one, other)[1:].any()):
        return None
    return _where(probe)


def _first_axis_is_samples(probe: Probe) -> bool:
    """Sequences may stand time first: then the first axis of what goes in is not that of what comes out."""
    images, output = probe.few, main_output(probe.output)
    if output is None:
        return False
    if images.dim() == 4:  # noqa: PLR2004
        return True
    if output.dim() == 0 or len(output) != len(images):
        return False
    if images.dim() == 2 and images.is_floating_point():  # noqa: PLR2004
        return True
    return images.dim() in (2, 3) and images.shape[0] != images.shape[1] and output.dim() == 2  # noqa: PLR2004


def _where(probe: Probe) -> Mixing | None:
    images = probe.few
    base = probe.trace(images, "base")
    first = probe.trace(changed(images, 0), "first")
    second = probe.trace(changed(images, 1), "second")
    if base is None or first is None or second is None:
        return None
    names = [op.name for op in base.ops]
    if names != [op.name for op in first.ops] or names != [op.name for op in second.ops]:
        return None
    masks = [_difference(base, first, number) for number in range(len(base.values))]
    others = [_difference(base, second, number) for number in range(len(base.values))]
    met: set[int] = set()
    for number, (mask, other) in enumerate(zip(masks, others, strict=True)):
        if mask is not None and other is not None and bool((mask & other).any()):
            met.add(number)
    for op in base.ops:
        if met.intersection(op.outputs) and not met.intersection(op.inputs):
            return Mixing(probe, base, op, masks)
    return None


def _difference(base: Trace, other: Trace, number: int) -> torch.Tensor | None:
    one, two = base.kept.get(number), other.kept.get(number)
    if one is None or two is None or one.shape != two.shape or one.is_complex():
        return None
    return differs(one, two)


def _axes_of_samples(mask: torch.Tensor | None, count: int) -> list[int]:
    """List the axes along which a changed sample stands at one place only."""
    if mask is None or not bool(mask.any()):
        return []
    found = []
    for axis in range(mask.dim()):
        if mask.shape[axis] < count:
            continue
        rest = [other for other in range(mask.dim()) if other != axis]
        at = mask.any(dim=tuple(rest)) if rest else mask
        if int(at.sum()) * count <= max(mask.shape[axis], count):
            found.append(axis)
    return found


def _named(mixing: Mixing) -> Finding | None:
    """Say what mixes, from the operation at which samples meet."""
    op, count = mixing.op, len(mixing.probe.few)
    name = plain(op)
    value = first_value(op)
    axes = [] if value is None else _axes_of_samples(mixing.masks[value], count)
    if name in ON_PURPOSE:
        return None
    if name in SEQUENCES:
        return _finding(mixing, op, MIXED, "error", "batch_first")
    if name in SOFT | ALONG | SPREAD and value is not None:
        return _along(mixing, op, value, axes)
    if name in PRODUCTS:
        cause, kind = _cause_before(mixing, op)
        if cause is not None:
            return _finding(mixing, cause, MIXED if kind != "view" else TORN, "error", kind)
    return _finding(mixing, op, MIXED, "note", "met")


def _along(mixing: Mixing, op: Op, value: int, axes: list[int]) -> Finding | None:
    name, trace = plain(op), mixing.trace
    dims = len(trace.values[value].shape)
    if name in SOFT:
        axis = axis_of(op, trace)
        given_axes = [] if axis is None else [axis + dims]
    else:
        found = given(op, 1, "dim", given(op, 2, "dim") if name == "normalize" else None)
        if name in ("normalize", "norm", "vector_norm"):
            found = given(op, 2, "dim", 1 if name == "normalize" else None)
        if found is None:
            found = op.kwargs.get("axis")
        listed = found if isinstance(found, tuple | list) else [found]
        given_axes = [axis + dims if axis < 0 else axis for axis in listed if isinstance(axis, int)]
    if not given_axes:
        cause, kind = _cause_before(mixing, op)
        if cause is not None and kind == "merged":
            return _finding(mixing, cause, MIXED, "error", kind)
        return _finding(mixing, op, MIXED, "warning" if _is_strong(mixing) else "note", "whole")
    hit = [axis for axis in given_axes if axis in axes]
    if hit:
        severity = "note" if name in SPREAD else "error"
        implicit = name in SOFT and given(op, 1, "dim") is None
        return _finding(mixing, op, AXIS, severity, "implicit" if implicit else "samples", axis=hit[0])
    cause, kind = _cause_before(mixing, op)
    if cause is not None:
        return _finding(mixing, cause, MIXED if kind != "view" else TORN, "error", kind)
    return _finding(mixing, op, MIXED, "note", "met")


def _is_strong(mixing: Mixing) -> bool:
    """Tell whether another sample moves the answers for the rest by more than a hundredth of their spread."""
    images = mixing.probe.few
    one = main_output(mixing.probe.output)
    other = main_output(mixing.probe.run(changed(images, 0)))
    if one is None or other is None or not one.is_floating_point() or len(one) < 2:  # noqa: PLR2004
        return False
    return bool((one[1:] - other[1:]).abs().max() > 0.01 * one.std())


def _cause_before(mixing: Mixing, op: Op) -> tuple[Op | None, str]:
    """Walk back to the view after which a sample no longer stands at one place along the first axis."""
    trace, count = mixing.trace, len(mixing.probe.few)
    value = first_value(op)
    turned = None
    while value is not None and (made := maker(trace, value)) is not None:
        before = first_value(made)
        if before is None:
            return None, ""
        now, then = (
            _axes_of_samples(mixing.masks[value], count),
            _axes_of_samples(mixing.masks[before], count),
        )
        if plain(made) in VIEWS and then and not now:
            merged = trace.values[value].shape[:1] in ((), (1,)) or len(trace.values[value].shape) == 1
            return made, "merged" if merged else "view"
        if plain(made) in TURNS and then and now != then and turned is None:
            turned = made
        if plain(made) in PRODUCTS:
            break
        value = before
    return (turned, "turned") if turned is not None else (None, "")


def _finding(mixing: Mixing, op: Op, code: str, severity, form: str, axis: int = 0) -> Finding:
    trace = mixing.trace
    value = first_value(op)
    before = trace.values[value].shape if value is not None else ()
    after = trace.values[op.outputs[0]].shape if op.outputs else ()
    module = trace.calls[op.call].path if op.call is not None else ""
    module = f"{mixing.probe.network.prefix}{module}".removesuffix(".")
    evidence: dict[str, object] = {
        "operation": plain(op),
        "before": shape_text(before),
        "after": shape_text(after),
        "axis": axis,
        "samples": len(mixing.probe.few),
    }
    symptoms = ("wrong-metric", "modes-disagree", "plateau", "fixed-batch-size")
    source = own_line(op, trace)
    return Finding(code, severity, source, module, evidence, form=form, explains=symptoms)
