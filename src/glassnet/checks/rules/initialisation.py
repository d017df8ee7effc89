"""Rows 30, 31, 32: weights that begin equal, too large or too small; a first loss far from ln(classes)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import geometric_mean
from typing import TYPE_CHECKING

import torch

from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.rules.descent import (
    NORMALISING,
    affine_ops,
    first_cross_entropy,
    named_parameters,
    network_of,
    was_loaded,
    weight_name,
)
from glassnet.checks.rules.numbers_written import Init, initialisations
from glassnet.checks.rules.series import trained_looks
from glassnet.checks.rules.units import bounded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op, Source, Statistics, Trace

FILLING = (
    "constant_",
    "fill_",
    "zeros_",
    "zero_",
    "ones_",
    "zeros",
    "ones",
    "full",
    "zeros_like",
    "ones_like",
    "full_like",
    "eye_",
    "copy_",
    "mul_",
)
DRAWING = (
    "normal_",
    "uniform_",
    "trunc_normal_",
    "xavier_",
    "kaiming_",
    "orthogonal_",
    "randn",
    "rand",
    "normal",
    "mul_",
    "randn_like",
    "rand_like",
)
SYMPTOMS = (
    "weights-do-not-change",
    "vanishing-gradients",
    "plateau",
    "cannot-overfit-batch",
    "dead-relus",
    "learning-rate-too-low",
    "learning-rate-too-high",
    "initial-loss",
    "initialisation-gain",
    "saturated-activations",
    "exploding-gradients",
    "not-finite",
    "output-ignores-input",
    "modes-disagree",
)
LARGE_GAIN, SMALL_GAIN = 4.0, 0.25
GONE = 1e-3  # of the input's size is left
FAR = 3.0  # times ln(classes)


@dataclass(frozen=True)
class Layer:
    """An affine operation of the first pass: how large its result is, measured in what went in."""

    op: Op
    weight: str
    gain: float
    spread: float  # deviation of its result
    source: Source | None


def constant_initialisation(seen: Seen) -> Iterator[Finding]:
    """Find hidden layers whose units all began with the same weights.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    first = next(iter(trained_looks(seen)), None)
    if first is None or first.step > 0:
        return
    began = _began_constant(seen)
    parameters = {n: p for n, p in named_parameters(seen).items() if p.numel() > 1}
    layers = affine_ops(first)
    names = list(dict.fromkeys(n for op in layers if (n := weight_name(first.trace, op)) is not None))
    hidden = [n for n in names if n in parameters and _is_hidden(first, layers, n)]
    zero = [n for n in hidden if began.get(n) == 0.0]
    constant = [n for n in hidden if began.get(n) not in (None, 0.0)]
    still = [
        n for n in hidden if n not in began and _rows_equal(parameters[n]) and _is_dense(first, layers, n)
    ]
    still_zero = [n for n in (*zero, *still) if _stuck_at_zero(seen, n)]
    found = (
        [n for n in constant if _is_dense(first, layers, n)]
        or still_zero
        or [n for n in still if n not in zero and not _all_zero(parameters[n])]
    )
    found = [n for n in found if parameters[n].requires_grad and not was_loaded(seen, network_of(seen, n))]
    if not found:
        return
    value = began.get(found[0])
    form = "zero" if value == 0.0 or (value is None and _all_zero(parameters[found[0]])) else "constant"
    place = _place(seen, FILLING, found[0], value)
    op = next(op for op in layers if weight_name(first.trace, op) == found[0])
    yield Finding(
        "constant-initialisation",
        "error",
        source=place.source if place else own_line(op, first.trace),
        module=found[0].rpartition(".")[0],
        form=form if value is not None or form == "zero" else "equal",
        evidence={
            "weight": found[0],
            "value": 0.0 if value is None else value,
            "count": len(found),
            "units": int(parameters[found[0]].shape[0]),
        },
        explains=SYMPTOMS,
    )


def _began_constant(seen: Seen) -> dict[str, float]:
    """Give the value of the parameters that held one number only when their network was first called."""
    return {
        name: numbers.minimum
        for network in seen.networks
        for name, numbers in network.initial.items()
        if numbers is not None and numbers.minimum == numbers.maximum
    }


def _is_hidden(look: Look, layers: list[Op], name: str) -> bool:
    """Tell whether another affine operation follows, so that the layer's units are hidden ones."""
    places = [place for place, op in enumerate(layers) if weight_name(look.trace, op) == name]
    return bool(places) and places[-1] < len(layers) - 1


def _is_dense(look: Look, layers: list[Op], name: str) -> bool:
    """Tell whether every unit reads the same inputs; those of a depthwise convolution do not."""
    op = next(op for op in layers if weight_name(look.trace, op) == name)
    groups = op.kwargs.get("groups", op.args[6] if len(op.args) > 6 else 1)  # noqa: PLR2004
    return groups == 1


def _rows_equal(parameter: torch.Tensor) -> bool:
    with torch.no_grad():
        rows = parameter.detach().flatten(1)
        if rows.shape[0] > 1 and not torch.allclose(rows[0], rows[1], rtol=1e-3):  # nearly always enough
            return False
        return rows.shape[0] > 1 and bool(((rows - rows[:1]).abs() <= 1e-6 * rows.abs().max()).all())


def _all_zero(parameter: torch.Tensor) -> bool:
    return not bool(parameter.detach().any())


def _stuck_at_zero(seen: Seen, name: str) -> bool:
    """Tell whether a weight that began at zero never got a gradient, so that it stayed there."""
    gradients = [look.gradients.get(name) for look in trained_looks(seen)]
    known = [g for g in gradients if g is not None]
    return bool(known) and all(g.minimum == g.maximum == 0.0 for g in known)


def _place(seen: Seen, functions: tuple[str, ...], weight: str, value: float | None) -> Init | None:
    """Find the line that set a weight: by its function, its number, and the name of the layer."""
    candidates = [init for init in initialisations(seen) if init.function.startswith(functions)]
    if value is not None:
        fitting = [init for init in candidates if _could_be(init, value)]
        candidates = fitting or candidates
    part = weight.rpartition(".")[0].rpartition(".")[2]
    named = [init for init in candidates if part and f".{part}." in f".{init.text.replace('(', '.')}."]
    return (named or candidates or [None])[0]


def _could_be(init: Init, value: float) -> bool:
    if init.function.startswith("zero") or (init.function in ("fill_", "constant_") and not init.numbers):
        return value == 0.0 or not init.function.startswith("zero")
    if init.function.startswith("ones"):
        return value == 1.0
    return any(math.isclose(number, value, rel_tol=1e-4) for number in init.numbers)


def initialisation_gain(seen: Seen) -> Iterator[Finding]:
    """Find weights so large or small that activations grow or vanish from layer to layer.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    first = next(iter(trained_looks(seen)), None)
    if first is None or first.step > 0:
        return
    for network in seen.networks:
        if was_loaded(seen, network):
            continue
        layers = [layer for layer in _layers(first) if network_of(seen, layer.weight) is network]
        if len(layers) < 2 or _normalised(first.trace, layers):  # noqa: PLR2004
            continue
        hidden = layers[:-1]
        gains = [layer.gain for layer in hidden]
        factor = geometric_mean(gains)
        widest = [layer for layer in hidden if layer.gain > LARGE_GAIN]
        if factor > LARGE_GAIN and len(widest) >= max(1, len(hidden) / 2) and _hurts(first, layers):
            yield _gain_finding(
                seen, first, "large", max(hidden, key=lambda layer: layer.gain), layers, factor
            )
        elif len(hidden) >= 3 and factor < SMALL_GAIN and _left(layers) < GONE:  # noqa: PLR2004
            yield _gain_finding(
                seen, first, "small", min(hidden, key=lambda layer: layer.gain), layers, factor
            )


def _gain_finding(
    seen: Seen, look: Look, form: str, worst: Layer, layers: list[Layer], factor: float
) -> Finding:
    place = _place(seen, DRAWING, worst.weight, None)
    return Finding(
        "initialisation-gain",
        "warning",
        source=place.source if place else worst.source,
        module=worst.weight.rpartition(".")[0],
        form=form,
        evidence={
            "factor": factor,
            "layers": len(layers),
            "first": layers[0].spread,
            "last": layers[-1].spread,
            "weight": worst.weight,
        },
        explains=tuple(code for code in SYMPTOMS if code != "initialisation-gain"),
    )


def _layers(look: Look) -> list[Layer]:
    found, met = [], set()
    for op in affine_ops(look):
        name = weight_name(look.trace, op)
        data = [look.trace.values[n] for n in op.inputs if look.trace.values[n].kind != "parameter"]
        output = look.trace.values[op.outputs[0]] if op.outputs else None
        if name is None or name in met or not data or output is None or output.statistics is None:
            continue
        met.add(name)
        size = _size(data[0].statistics)
        if size > 0 and output.statistics.num_not_finite == 0 and output.statistics.deviation > 0:
            found.append(
                Layer(
                    op,
                    name,
                    output.statistics.deviation / size,
                    output.statistics.deviation,
                    own_line(op, look.trace),
                )
            )
    return found


def _size(numbers: Statistics | None) -> float:
    return math.hypot(numbers.mean, numbers.deviation) if numbers is not None else 0.0


def _normalised(trace: Trace, layers: list[Layer]) -> bool:
    """Tell whether something between the layers puts their results back to one size."""
    begin, end = layers[0].op.number, layers[-1].op.number
    return any(op.name in NORMALISING for op in trace.ops[begin:end])


def _left(layers: list[Layer]) -> float:
    return layers[-2].spread / max(layers[0].spread / layers[0].gain, 1e-30)


def _hurts(look: Look, layers: list[Layer]) -> bool:
    """Tell whether large activations do harm: a loss far off, saturated units, scores far too large."""
    first_loss = first_cross_entropy(look)
    if first_loss is not None and first_loss[0] > FAR * math.log(first_loss[1]):
        return True
    numbers = [layer.op.number for layer in layers]
    saturated = [
        activity
        for op, activity in bounded(look)
        if activity.low + activity.high > 0.5 and op.number >= numbers[0]  # noqa: PLR2004
    ]
    return bool(saturated) or layers[-1].spread > 100 * max(1.0, layers[0].spread / layers[0].gain)


def initial_loss(seen: Seen) -> Iterator[Finding]:
    """Find a first cross-entropy far above that of guessing.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    first = next(iter(trained_looks(seen)), None)
    if first is None or first.step > 0 or any(was_loaded(seen, network) for network in seen.networks):
        return
    found = first_cross_entropy(first)
    if found is None:
        return
    value, classes, op = found
    guess = math.log(classes)
    scores = first.trace.values[op.inputs[0]].statistics
    if not math.isfinite(value) or value < FAR * guess or scores is None:
        return
    parts = _layers(first)
    culprit = _magnifier(first, op)
    source, sure = _culprits_line(seen, first, culprit) if culprit is not None else (None, False)
    yield Finding(
        "initial-loss",
        "warning" if sure or value > 2 * FAR * guess else "note",
        source=source or own_line(op, first.trace),
        module=parts[-1].weight.rpartition(".")[0] if parts else "",
        evidence={
            "loss": value,
            "classes": classes,
            "guess": guess,
            "low": scores.minimum,
            "high": scores.maximum,
        },
        explains=("plateau", "dead-relus"),
    )


def _magnifier(look: Look, loss: Op) -> Op | None:
    """Find the operation on the way to the scores that makes numbers larger by the greatest factor."""
    trace, number = look.trace, loss.inputs[0]
    best, greatest = None, 3.0  # an ordinary layer stays below
    for _ in range(200):
        made_by = trace.values[number].made_by
        if made_by is None:
            break
        op = trace.ops[made_by]
        data = [n for n in op.inputs if trace.values[n].kind != "parameter"]
        if not data or op.name in NORMALISING:
            break
        before, after = _size(trace.values[data[0]].statistics), _size(trace.values[number].statistics)
        if before > 0 and after / before > greatest:
            best, greatest = op, after / before
        number = data[0]
    return best


def _culprits_line(seen: Seen, look: Look, op: Op) -> tuple[Source | None, bool]:
    """Find the line that makes an operation magnify: what set its bias or weight, or its own."""
    name = weight_name(look.trace, op)
    if name is None:
        return own_line(op, look.trace), True
    network = network_of(seen, name)
    initial = network.initial if network is not None else {}
    bias, weight = initial.get(f"{name.rpartition('.')[0]}.bias"), initial.get(name)
    fan_in = 1
    for value in look.trace.values:
        if value.name == name:
            fan_in = math.prod(value.shape[1:])
    data = next((look.trace.values[n] for n in op.inputs if look.trace.values[n].kind != "parameter"), None)
    product = _size(weight) * math.sqrt(fan_in) * _size(data.statistics if data else None)
    if bias is not None and _size(bias) > product:
        lines = [init for init in initialisations(seen, biases=True) if "bias" in init.text]
        return (lines[-1].source if lines else own_line(op, look.trace)), True
    place = _place(seen, (*DRAWING, "constant_", "fill_"), name, None)
    return (place.source if place else own_line(op, look.trace)), place is not None
