"""Activation functions as curves, with the network's own numbers on them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 — the name everybody knows

from glassnet.errors import UsageError, did_you_mean
from glassnet.figures.labels import ACTIVATIONS
from glassnet.figures.maps import kept_numbers
from glassnet.trace.trace import Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from glassnet.trace.trace import Op, Trace

BINS, POINTS = 60, 401
FLAT = 0.01  # a slope smaller than this passes almost no gradient
LEAST_REACH = 3.0  # a curve is drawn at least from −3 to 3

# name -> formula with the call's settings, what they are unless said, and PyTorch's function
FUNCTIONS: Mapping[str, tuple[str, tuple[tuple[str, float], ...], Callable]] = {
    "relu": ("max(0, x)", (), F.relu),
    "relu6": ("min(max(0, x), 6)", (), F.relu6),
    "leaky_relu": ("x if x > 0 else {negative_slope:.4g}·x", (("negative_slope", 0.01),), F.leaky_relu),
    "elu": ("x if x > 0 else {alpha:.4g}·(eˣ − 1)", (("alpha", 1.0),), F.elu),
    "celu": ("max(0, x) + min(0, {alpha:.4g}·(exp(x/{alpha:.4g}) − 1))", (("alpha", 1.0),), F.celu),
    "selu": ("1.0507·(x if x > 0 else 1.6733·(eˣ − 1))", (), F.selu),
    "gelu": ("x·Φ(x)", (), F.gelu),
    "silu": ("x·σ(x)", (), F.silu),  # noqa: RUF001
    "mish": ("x·tanh(ln(1 + eˣ))", (), F.mish),
    "sigmoid": ("1 / (1 + e⁻ˣ)", (), torch.sigmoid),
    "logsigmoid": ("ln(1 / (1 + e⁻ˣ))", (), F.logsigmoid),
    "tanh": ("(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)", (), torch.tanh),
    "tanhshrink": ("x − tanh(x)", (), F.tanhshrink),
    "hardtanh": (
        "min(max({min_val:.4g}, x), {max_val:.4g})", (("min_val", -1.0), ("max_val", 1.0)), F.hardtanh,
    ),
    "hardsigmoid": ("min(max(0, x/6 + 1/2), 1)", (), F.hardsigmoid),
    "hardswish": ("x·min(max(0, x + 3), 6) / 6", (), F.hardswish),
    "hardshrink": ("x if |x| > {lambd:.4g} else 0", (("lambd", 0.5),), F.hardshrink),
    "softshrink": ("x ∓ {lambd:.4g} if |x| > {lambd:.4g} else 0", (("lambd", 0.5),), F.softshrink),
    "softplus": ("ln(1 + exp({beta:.4g}·x)) / {beta:.4g}", (("beta", 1.0), ("threshold", 20.0)), F.softplus),
    "softsign": ("x / (1 + |x|)", (), F.softsign),
    "rrelu": (
        "x if x > 0 else a·x, a from {lower:.4g} to {upper:.4g}", (("lower", 1 / 8), ("upper", 1 / 3)),
        lambda x, lower, upper: F.leaky_relu(x, (lower + upper) / 2),
    ),
    "threshold": (
        "x if x > {threshold:.4g} else {value:.4g}", (("threshold", 0.0), ("value", 0.0)), F.threshold,
    ),
}  # fmt: skip
SOFTMAX = {
    "softmax": "exp(xᵢ) / Σⱼ exp(xⱼ)",
    "softmin": "exp(−xᵢ) / Σⱼ exp(−xⱼ)",
    "log_softmax": "xᵢ − ln Σⱼ exp(xⱼ)",
}
ONE = re.compile(r"(?<![\d.])1·|(?<=\)) / 1$|/1(?=\))")  # factors of 1 are not written
DOUBLED = {"celu_": "celu", "log_sigmoid": "logsigmoid", "_threshold": "threshold"}


@dataclass(frozen=True, slots=True)
class ActivationCurve:
    """An activation function of a network, with the numbers that went into it.

    Attributes:
        op: Number of the operation.
        label: Of the operation.
        name: `relu`; the key of its caption.
        formula: With the settings of the call.
        x: Where the curve is drawn; empty for softmax, which has no curve of one number.
        y: The curve.
        slope: Its derivative.
        edges: Of the histogram's bins.
        counts: How many of the network's inputs lie in each.
        inputs: How many there are.
        low: The smallest finite input.
        high: The largest.
        mean: Of the finite ones.
        zeros: Share of outputs that are exactly 0.
        flat: Share of inputs with a slope smaller than 0.01 in size: almost no gradient passes.
        pairs: For softmax: inputs and outputs of the first sample, sorted by input.
    """

    op: int
    label: str
    name: str
    formula: str
    x: np.ndarray
    y: np.ndarray
    slope: np.ndarray
    edges: np.ndarray
    counts: np.ndarray
    inputs: int
    low: float
    high: float
    mean: float
    zeros: float
    flat: float | None
    pairs: np.ndarray | None = None


def activation_curves(trace: Trace, layer: str | None = None) -> tuple[ActivationCurve, ...]:
    """Gather the activation functions of a network with the numbers that went into them.

    Args:
        trace: Of one pass that kept the tensors (`keep="all"`).
        layer: Label of one activation, or path of a module with activations; None takes all of the network.

    Returns:
        One curve for each call, in order. PReLU's own slopes differ by channel: its curve has their mean, and
        RReLU's that of its random ones. GLU, which multiplies one half of its numbers by the other, has none.

    Raises:
        UsageError: There is no activation there, or its input was not kept.

    Example:
        >>> from torch import nn, tensor
        >>> from glassnet.trace.record import record
        >>> trace = record(nn.Sequential(nn.ReLU()), tensor([[-1.0, 2.0, 3.0, 4.0]]), keep="all")
        >>> curve = activation_curves(trace)[0]
        >>> curve.name, curve.formula, curve.zeros, curve.flat
        ('relu', 'max(0, x)', 0.25, 0.25)
    """
    found = [op for op in trace.ops if _plain_name(op) in {*FUNCTIONS, *SOFTMAX, "prelu"}]
    if layer is not None:
        found = [op for op in found if op.label == layer or _inside(op, layer, trace)]
    if not found:
        labels = [op.label for op in trace.ops if op.name.rstrip("_") in ACTIVATIONS]
        raise UsageError(
            "there is no activation function" + ("" if layer is None else " here"),
            where=trace.network, got=None if layer is None else repr(layer),
            hint=did_you_mean(layer, labels) if layer is not None and labels else None,
        )  # fmt: skip
    return tuple(_curve(op, trace) for op in found)


def _plain_name(op: Op) -> str:
    return DOUBLED.get(op.name, op.name.removesuffix("_"))


def _inside(op: Op, layer: str, trace: Trace) -> bool:
    path = trace.calls[op.call].path if op.call is not None else ""
    return path == layer or path.startswith(f"{layer}.")


def _curve(op: Op, trace: Trace) -> ActivationCurve:
    name = _plain_name(op)
    first = op.args[0] if op.args else op.kwargs["input"]
    given = trace.values[first.value if isinstance(first, Ref) else op.inputs[0]]
    inputs = torch.from_numpy(kept_numbers(trace, given, op.label))
    outputs = kept_numbers(trace, trace.values[op.outputs[0]], op.label)
    finite = inputs[torch.isfinite(inputs)]
    low, high, mean = (float(number) for number in (finite.min(), finite.max(), finite.mean()))
    reach = max(LEAST_REACH, abs(low), abs(high)) * 1.05
    counts, edges = np.histogram(
        finite.numpy(), bins=BINS, range=(low, high) if high > low else (low - 0.5, low + 0.5)
    )
    x = torch.linspace(-reach, reach, POINTS)
    formula, y, slope, flat = "", x[:0], x[:0], None
    if name in SOFTMAX:
        formula = SOFTMAX[name]
    else:
        formula, function = _function(op, name, trace)
        y, slope = _with_slope(function, x)
        flat = float((_with_slope(function, finite)[1].abs() < FLAT).float().mean())
    return ActivationCurve(
        op=op.number, label=op.label, name=name, formula=formula,
        x=x[: len(y)].numpy(), y=y.numpy(), slope=slope.numpy(), edges=edges, counts=counts,
        inputs=inputs.numel(), low=low, high=high, mean=mean,
        zeros=float((outputs == 0).mean()), flat=flat,
        pairs=_pairs(inputs, outputs) if name in SOFTMAX else None,
    )  # fmt: skip


def _function(op: Op, name: str, trace: Trace) -> tuple[str, Callable[[torch.Tensor], torch.Tensor]]:
    """Give an activation's formula and its function of one number, with the settings of the call."""
    if name == "prelu":
        weight = next(number for number in op.inputs[1:])
        slope = float(kept_numbers(trace, trace.values[weight], op.label).mean())
        return f"x if x > 0 else {slope:.4g}·x", lambda x: F.leaky_relu(x, slope)
    formula, settings, function = FUNCTIONS[name]
    given = {
        key: op.kwargs.get(key, op.args[place + 1] if len(op.args) > place + 1 else usual)
        for place, (key, usual) in enumerate(settings)
    }
    if name == "gelu" and op.kwargs.get("approximate") == "tanh":
        return "x/2·(1 + tanh(0.7979·(x + 0.0447·x³)))", lambda x: F.gelu(x, approximate="tanh")
    return ONE.sub("", formula.format(**given)), lambda x: function(x, **given)


def _with_slope(
    function: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    with torch.enable_grad():
        x = x.detach().clone().requires_grad_()
        y = function(x)
        (slope,) = torch.autograd.grad(y.sum(), x)
    return y.detach(), slope


def _pairs(inputs: torch.Tensor, outputs: np.ndarray) -> np.ndarray:
    last = inputs.shape[-1] if inputs.ndim else 1
    one, other = inputs.reshape(-1, last)[0].numpy(), outputs.reshape(-1, last)[0]
    order = np.argsort(one, kind="stable")
    return np.stack([one[order], other[order]])
