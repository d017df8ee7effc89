"""The losses and the steps of a training as series of numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from glassnet.checks.rules.descent import held_names, named_parameters, stepping

if TYPE_CHECKING:
    from glassnet.checks.seen import Look, Optimizer, Seen


@dataclass(frozen=True)
class Course:
    """How a loss went: its first value, the median of its last part, its bounds, and whether it broke off."""

    first: float
    last: float
    lowest: float
    peak: float
    steps: int
    broke: int | None  # the step of the first loss that is not finite

    @property
    def fell(self) -> float:
        """By which share of itself it fell, negative where it rose."""
        return (self.first - self.last) / abs(self.first) if self.first else 0.0


def course_of(seen: Seen) -> Course | None:
    """Summarise the losses.

    Args:
        seen: What was seen.

    Returns:
        The course; None where fewer than two losses were seen.
    """
    values = [loss.value for loss in seen.losses]
    finite = [value for value in values if math.isfinite(value)]
    broke = next((loss.step for loss in seen.losses if not math.isfinite(loss.value)), None)
    if len(values) < 2 or not finite:  # noqa: PLR2004
        return None
    late = finite[-max(1, min(20, len(finite) // 5)) :]
    return Course(finite[0], median(late), min(finite), max(finite), max(seen.num_steps, len(values)), broke)


def moved(seen: Seen) -> float:
    """Tell by which share of itself the mean of the losses moved from the first third to the last.

    Args:
        seen: What was seen.

    Returns:
        The share; 0 where there are too few losses.
    """
    values = [loss.value for loss in seen.losses if math.isfinite(loss.value)]
    part = len(values) // 3
    if not part:
        return 0.0
    before, after = sum(values[:part]) / part, sum(values[-part:]) / part
    return abs(before - after) / max(abs(before), 1e-12)


def only_optimizer(seen: Seen) -> Optimizer | None:
    """Give the optimizer that stepped, where it was exactly one.

    Args:
        seen: What was seen.

    Returns:
        It, or None.
    """
    who = {event.who for event in seen.events if event.kind == "step"}
    if not who and len(seen.optimizers) == 1:
        who = {0}
    return seen.optimizers[who.pop()] if len(who) == 1 and max(who) < len(seen.optimizers) else None


def rates(seen: Seen, optimizer: Optimizer) -> list[tuple[int, float]]:
    """List the learning rates of an optimizer's first group by step.

    Args:
        seen: What was seen.
        optimizer: One of its optimizers.

    Returns:
        Pairs of step and rate; the one it was made with where no step was seen.
    """
    found = []
    for event in seen.events:
        if event.kind == "step" and event.who == optimizer.number and event.facts.get("lr"):
            lr = event.facts["lr"]
            values = [float(one) for one in (lr if isinstance(lr, (list, tuple)) else [lr])]
            found.append((event.step, max(values)))
    if not found and optimizer.groups:
        found = [(0, max(float(group.get("lr", 0.0)) for group in optimizer.groups))]
    return found


def matrices(seen: Seen) -> dict[str, tuple[int, ...]]:
    """Name the weights with two or more axes, with their shapes.

    Args:
        seen: What was seen.

    Returns:
        Shapes by name as in traces.
    """
    return {name: tuple(p.shape) for name, p in named_parameters(seen).items() if p.dim() >= 2}  # noqa: PLR2004


def relative_steps(seen: Seen, optimizer: Optimizer) -> list[tuple[int, float]]:
    """Give, for each look, the median over weights of how far a step moved them, as a share of their norm.

    Args:
        seen: What was seen.
        optimizer: The optimizer that stepped.

    Returns:
        Pairs of step and share; looks in which nothing of it is known are left out.
    """
    names = set(matrices(seen)) & held_names(seen, optimizer.number)
    found = []
    for look in seen.looks:
        if not look.trained or optimizer.number not in stepping(seen, look):
            continue
        shares = [
            update.change / update.weight
            for name, update in look.updates.items()
            if name in names and update.weight > 1e-8 and math.isfinite(update.change) and math.isfinite(update.weight)
        ]  # fmt: skip
        if shares:
            found.append((look.step, median(shares)))
    return found


def trained_looks(seen: Seen) -> list[Look]:
    """List the looks at whose end an optimizer stepped after a backward pass.

    Args:
        seen: What was seen.

    Returns:
        They, in order.
    """
    return [look for look in seen.looks if look.trained and look.trace.loss is not None]
