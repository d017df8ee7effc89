"""Optimizers and the learning rate over time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

from glassnet.training.muon import Muon
from glassnet.training.without_compiler import SGD, Adam, AdamW

if TYPE_CHECKING:
    from glassnet.training.recipe import Recipe

# Beside Muon the rate is one of the summed loss, whatever the batch, and biases move faster than matrices
# (both measured with `glass`; source of the idea: Jordan, cifar10-airbench).
REST_RATE, BIAS_RATE = 1 / 44, 10.0


def build_optimizers(net: torch.nn.Module, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Build what updates the weights.

    Parameters of fewer than two dimensions (norms, biases) have no weight decay.

    Args:
        net: Its trainable parameters are taken.
        recipe: Resolved.

    Returns:
        One optimizer; with `muon` two: Muon for convolutions' kernels, Nesterov's momentum for the rest.
    """
    if recipe.optimizer == "muon":
        return _muon_and_nesterov(net, recipe)
    weights = [p for p in net.parameters() if p.requires_grad and p.ndim > 1]
    others = [p for p in net.parameters() if p.requires_grad and p.ndim <= 1]
    groups = [
        {"params": weights, "weight_decay": recipe.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    if not recipe.weight_decay:  # a group less is a pass less over small tensors
        groups = [{"params": weights + others, "weight_decay": 0.0}]
    groups = [group for group in groups if group["params"]]
    if recipe.optimizer in ("adam", "adamw"):
        kind = Adam if recipe.optimizer == "adam" else AdamW
        return [kind(groups, lr=recipe.lr, betas=(recipe.momentum, 0.999), fused=True)]
    nesterov = recipe.optimizer == "nesterov" and recipe.momentum > 0
    return [SGD(_alike(groups), lr=recipe.lr, momentum=recipe.momentum, nesterov=nesterov)]


def _muon_and_nesterov(net: torch.nn.Module, recipe: Recipe) -> list[torch.optim.Optimizer]:
    trained = [(name, p) for name, p in net.named_parameters() if p.requires_grad]
    kernels = [p for _, p in trained if p.ndim > 2]  # noqa: PLR2004
    matrices = [p for _, p in trained if p.ndim == 2]  # noqa: PLR2004
    biases = [p for name, p in trained if p.ndim < 2 and name.endswith("bias")]  # noqa: PLR2004
    scales = [p for name, p in trained if p.ndim < 2 and not name.endswith("bias")]  # noqa: PLR2004
    rate = REST_RATE * recipe.batch * recipe.lr
    groups = [
        {"params": matrices, "lr": rate, "weight_decay": recipe.weight_decay},
        {"params": scales, "lr": rate},
        {"params": biases, "lr": BIAS_RATE * rate},
    ]
    groups = [group for group in groups if group["params"]]
    optimizers: list[torch.optim.Optimizer] = []
    if kernels:
        optimizers.append(Muon(kernels, lr=recipe.lr, dtype=getattr(torch, recipe.precision)))
    if groups:
        nesterov = recipe.momentum > 0
        optimizers.append(SGD(_alike(groups), lr=rate, momentum=recipe.momentum, nesterov=nesterov))
    return optimizers


def _alike(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Split groups so that each has parameters of one number type on one device, as fused kernels need."""
    kinds = dict.fromkeys((p.dtype, p.device) for group in groups for p in group["params"])
    split = [
        group | {"params": [p for p in group["params"] if (p.dtype, p.device) == kind]}
        for group in groups
        for kind in kinds
    ]
    return [group for group in split if group["params"]]


def rate_at(recipe: Recipe, step: int, num_steps: int, steps_per_epoch: int) -> float:
    """Tell the learning rate of one step, as a share of the recipe's.

    Args:
        recipe: Resolved.
        step: Steps taken before this one.
        num_steps: Of the whole training.
        steps_per_epoch: For the step schedule, which counts epochs.

    Returns:
        A share in 0..1: linear warm-up, then the schedule over the steps that are left.

    Example:
        >>> from glassnet.training.recipe import Recipe
        >>> step = Recipe(schedule="step", step_epochs=10.0, step_factor=0.1, warmup=0.0)
        >>> [rate_at(step, epoch * 100, 2500, 100) for epoch in (0, 9, 10)]
        [1.0, 1.0, 0.1]
    """
    warm = recipe.warmup * num_steps
    if step < warm:
        return (step + 1) / (warm + 1)
    done = (step - warm) / max(num_steps - warm, 1)
    if recipe.schedule == "step":
        return recipe.step_factor ** (step // max(round(recipe.step_epochs * steps_per_epoch), 1))
    if recipe.schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * done))
    if recipe.schedule == "one-cycle":
        return 1 - done
    return 1.0
