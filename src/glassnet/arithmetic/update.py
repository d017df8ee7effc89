"""One weight's update, worked by hand: what the optimizer does with its gradient, step by step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch

from glassnet.arithmetic.numbers import factor, short
from glassnet.errors import UsageError
from glassnet.nets.untouched import untouched

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from glassnet.arithmetic.expansion import Index

Kind = Literal["sgd", "nesterov", "adam", "adamw"]
BETA2, EPSILON = 0.999, 1e-8  # PyTorch's defaults


@dataclass(frozen=True, kw_only=True)
class Rule:
    """An optimizer and its numbers.

    `momentum` is β₁ with Adam. `zero_grad` off: gradients of earlier steps are kept and add up.
    """

    kind: Kind = "sgd"
    lr: float = 0.01
    momentum: float = 0.0
    weight_decay: float = 0.0
    zero_grad: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the arithmetic: `name = formula = worked = value`."""

    name: str
    formula: str
    worked: str
    value: float


@dataclass(frozen=True)
class UpdateStep:
    """One step: the loss before it, the gradient of this pass, the lines, the weight after it."""

    step: int  # from 1
    loss: float
    gradient: float
    lines: tuple[Line, ...]
    before: float
    value: float
    torch_value: float

    @property
    def difference(self) -> float:
        """Ours minus PyTorch's."""
        return 0.0 if self.value == self.torch_value else self.value - self.torch_value


@dataclass(frozen=True)
class ExplainedUpdate:
    """The updates of one weight."""

    name: str
    parameter: str
    index: Index
    rule: Rule
    steps: tuple[UpdateStep, ...]


@dataclass(slots=True)
class _State:
    """What an optimizer remembers of one weight."""

    gradient: float = 0.0
    momentum: float | None = None  # SGD's buffer; None before the first step
    mean: float = 0.0
    square: float = 0.0


def explain_update(
    net: nn.Module,
    images: Any,
    loss: Callable[[Any], torch.Tensor],
    parameter: str,
    index: Index,
    rule: Rule,
    *,
    steps: int = 1,
) -> ExplainedUpdate:
    """Work the update of one weight out by hand, and check it against `torch.optim`.

    The gradients are PyTorch's, of passes with the same images; the optimizer's arithmetic is done here in
    float64. The network is left as it was.

    Args:
        net: The network, in the mode it is to run in.
        images: A tensor, a tuple of inputs, or a dict of them by name.
        loss: From what the network returns to one number.
        parameter: Name of a parameter that is trained.
        index: Of one of its numbers.
        rule: The optimizer.
        steps: How many steps.

    Returns:
        The steps, each line by line.

    Raises:
        UsageError: The parameter is not trained, or the loss does not depend on it.

    Example:
        >>> net = torch.nn.Linear(1, 1)
        >>> _ = torch.nn.init.ones_(net.weight)
        >>> found = explain_update(net, torch.tensor([[2.0]]), torch.sum, "weight", (0, 0), Rule(lr=0.5))
        >>> found.steps[0].lines[-1].worked, found.steps[0].value
        ('1 − 0.5·2', 0.0)
    """
    wanted = dict(net.named_parameters(remove_duplicate=False))[parameter]
    if not wanted.requires_grad:
        raise UsageError(
            "this parameter is frozen: no optimizer changes it", where=parameter,
            hint=f"requires_grad of {parameter} is False",
        )  # fmt: skip
    trained = [part for part in net.parameters() if part.requires_grad]
    gradients = [(part, part.grad) for part in net.parameters()]
    done: list[UpdateStep] = []
    state = _State()
    try:
        with untouched(net), torch.enable_grad():
            for part in net.parameters():
                part.grad = None
            optimizer = _torch_optimizer(trained, rule)
            weight = float(wanted[index].item())
            for step in range(1, steps + 1):
                loss_value, gradient = _pass(net, images, loss, wanted, index, state, rule)
                lines = _lines(rule, state, gradient, weight, step)
                optimizer.step()
                after = lines[-1].value
                if rule.zero_grad:
                    optimizer.zero_grad()
                torch_value = float(wanted[index].item())
                done.append(UpdateStep(step, loss_value, gradient, lines, weight, after, torch_value))
                weight = after
    finally:
        for part, gradient_before in gradients:
            part.grad = gradient_before
    name = f"{parameter}[{','.join(map(str, index))}]" if index else parameter
    return ExplainedUpdate(name, parameter, index, rule, tuple(done))


def _pass(
    net: nn.Module, images: Any, loss: Callable[[Any], torch.Tensor], wanted: torch.Tensor, index: Index,
    state: _State, rule: Rule,
) -> tuple[float, float]:  # fmt: skip
    """Run forward and backward; give the loss and the gradient of this pass alone."""
    match images:
        case tuple():
            output = net(*images)
        case dict():
            output = net(**images)
        case _:
            output = net(images)
    result = loss(output)
    before = 0.0 if wanted.grad is None else float(wanted.grad[index].item())
    result.backward()
    if wanted.grad is None:
        raise UsageError("the loss does not depend on this parameter: it gets no gradient")
    total = float(wanted.grad[index].item())
    return float(result.item()), total if rule.zero_grad or before == 0 else total - before


def _torch_optimizer(parameters: list[nn.Parameter], rule: Rule) -> torch.optim.Optimizer:
    if rule.kind in ("adam", "adamw"):
        kind = torch.optim.Adam if rule.kind == "adam" else torch.optim.AdamW
        betas = (rule.momentum, BETA2)
        return kind(parameters, lr=rule.lr, betas=betas, eps=EPSILON, weight_decay=rule.weight_decay)
    return torch.optim.SGD(
        parameters, lr=rule.lr, momentum=rule.momentum, weight_decay=rule.weight_decay,
        nesterov=rule.kind == "nesterov",
    )  # fmt: skip


def _lines(rule: Rule, state: _State, gradient: float, weight: float, step: int) -> tuple[Line, ...]:
    """Work one step out; the state is moved on."""
    lines: list[Line] = []
    if not rule.zero_grad and step > 1:
        total = state.gradient + gradient
        worked = f"{short(state.gradient)} + {factor(gradient)}"
        lines.append(Line("g", "g_before + gradient", worked, total))
        gradient = total
    else:
        lines.append(Line("g", "gradient", "", gradient))
    state.gradient = gradient
    if rule.kind in ("adam", "adamw"):
        return (*lines, *_adam(rule, state, gradient, weight, step))
    return (*lines, *_sgd(rule, state, gradient, weight))


def _sgd(rule: Rule, state: _State, gradient: float, weight: float) -> list[Line]:
    """Work out SGD with momentum and Nesterov's, as PyTorch does: https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html."""
    lines, name = [], "g"
    if rule.weight_decay:
        worked = f"{short(gradient)} + {short(rule.weight_decay)}·{factor(weight)}"
        gradient += rule.weight_decay * weight
        lines.append(Line("d", "g + λ·w", worked, gradient))
        name = "d"
    if rule.momentum:
        mu = rule.momentum
        if state.momentum is None:
            lines.append(Line("b", name, "", gradient))
            state.momentum = gradient
        else:
            worked = f"{short(mu)}·{factor(state.momentum)} + {factor(gradient)}"
            state.momentum = mu * state.momentum + gradient
            lines.append(Line("b", f"μ·b + {name}", worked, state.momentum))
        if rule.kind == "nesterov":
            worked = f"{short(gradient)} + {short(mu)}·{factor(state.momentum)}"
            gradient += mu * state.momentum
            lines.append(Line("u", f"{name} + μ·b", worked, gradient))
            name = "u"
        else:
            gradient, name = state.momentum, "b"
    worked = f"{short(weight)} − {short(rule.lr)}·{factor(gradient)}"
    return [*lines, Line("w", f"w − lr·{name}", worked, weight - rule.lr * gradient)]


def _adam(rule: Rule, state: _State, gradient: float, weight: float, step: int) -> list[Line]:
    """Work out Adam (https://arxiv.org/abs/1412.6980) or AdamW (https://arxiv.org/abs/1711.05101)."""
    lines, name = [], "g"
    if rule.weight_decay and rule.kind == "adamw":
        worked = f"{short(weight)} − {short(rule.lr)}·{short(rule.weight_decay)}·{factor(weight)}"
        weight -= rule.lr * rule.weight_decay * weight
        lines.append(Line("w", "w − lr·λ·w", worked, weight))
    elif rule.weight_decay:
        worked = f"{short(gradient)} + {short(rule.weight_decay)}·{factor(weight)}"
        gradient += rule.weight_decay * weight
        lines.append(Line("d", "g + λ·w", worked, gradient))
        name = "d"
    beta1 = rule.momentum
    worked = f"{short(beta1)}·{factor(state.mean)} + {short(1 - beta1)}·{factor(gradient)}"
    state.mean = beta1 * state.mean + (1 - beta1) * gradient
    lines.append(Line("m", f"β₁·m + (1 − β₁)·{name}", worked, state.mean))
    worked = f"{short(BETA2)}·{factor(state.square)} + {short(1 - BETA2)}·{factor(gradient)}²"
    state.square = BETA2 * state.square + (1 - BETA2) * gradient**2
    lines.append(Line("v", f"β₂·v + (1 − β₂)·{name}²", worked, state.square))
    mean = state.mean / (1 - beta1**step)
    lines.append(Line("m̂", "m/(1 − β₁ᵗ)", f"{short(state.mean)}/(1 − {short(beta1)}^{step})", mean))
    square = state.square / (1 - BETA2**step)
    lines.append(Line("v̂", "v/(1 − β₂ᵗ)", f"{short(state.square)}/(1 − {short(BETA2)}^{step})", square))
    worked = f"{short(weight)} − {short(rule.lr)}·{factor(mean)}/(√{short(square)} + {short(EPSILON)})"
    after = weight - rule.lr * mean / (math.sqrt(square) + EPSILON)
    return [*lines, Line("w", "w − lr·m̂/(√v̂ + ε)", worked, after)]
