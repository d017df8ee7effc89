"""Losses with a margin: what is right should be better than what is wrong, by that much."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from glassnet.arithmetic.elements import doubles
from glassnet.arithmetic.losses import each_place, reduction_of
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from torch import Tensor

    from glassnet.arithmetic.expansion import At, Expansion


def _soft_margin_loss(
    at: At,
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Expansion:
    """Expand `soft_margin_loss`: ln(1 + exp(−target·input)), the target being 1 or −1."""
    return each_place(
        at,
        "ln(1 + exp(−target·input))",
        lambda x, t: torch.logaddexp(torch.zeros_like(x), -t * x),
        {"input": input, "target": target},
        reduction_of(size_average, reduce, reduction),
    )


def _margin_ranking_loss(
    at: At,
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Expansion:
    """Expand `margin_ranking_loss`; the target is 1 where the first number should be larger, else −1."""
    return each_place(
        at,
        "max(0, margin − target·(input1 − input2))",
        lambda a, b, t: (margin - t * (a - b)).clamp(min=0),
        {"input1": input1, "input2": input2, "target": target},
        reduction_of(size_average, reduce, reduction),
        settings={"margin": float(margin)},
    )


def _hinge_embedding_loss(
    at: At,
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Expansion:
    """Expand `hinge_embedding_loss`; the target is 1 for what belongs together, else −1."""
    return each_place(
        at,
        "[target ≠ −1]·input + [target ≠ 1]·max(0, margin − input)",
        lambda x, t: (t != -1) * x + (t != 1) * (margin - x).clamp(min=0),
        {"input": input, "target": target},
        reduction_of(size_average, reduce, reduction),
        settings={"margin": float(margin)},
    )


def _cosine_embedding_loss(
    at: At,
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Expansion:
    """Expand `cosine_embedding_loss` as a function of the cosine of each pair of rows."""
    a, b = doubles(input1), doubles(input2)
    lengths = [(x * x).sum(-1) + 1e-12 for x in (a, b)]  # 1e-12 as torch
    return each_place(
        at,
        "[target = 1]·(1 − cosine) + [target = −1]·max(0, cosine − margin)",
        lambda c, t: (t == 1) * (1 - c) + (t == -1) * (c - margin).clamp(min=0),
        {"cosine": (a * b).sum(-1) / (lengths[0] * lengths[1]).sqrt(), "target": target},
        reduction_of(size_average, reduce, reduction),
        settings={"margin": float(margin)},
        derived=("cosine",),
    )


def _triplet_margin_loss(
    at: At,
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Expansion:
    """Expand `triplet_margin_loss` (Balntas et al. 2016) as a function of the distances."""
    a, b, c = doubles(anchor), doubles(positive), doubles(negative)

    def distance(x: Tensor, y: Tensor) -> Tensor:
        return torch.linalg.vector_norm(x - y + eps, p, dim=-1)

    far = distance(a, c)
    return each_place(
        at,
        "max(0, margin + to_positive − to_negative)",
        lambda near, far: (margin + near - far).clamp(min=0),
        {"to_positive": distance(a, b), "to_negative": torch.minimum(far, distance(b, c)) if swap else far},
        reduction_of(size_average, reduce, reduction),
        settings={"margin": float(margin)},
        derived=("to_positive", "to_negative"),
    )


def _multi_margin_loss(
    at: At,
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Expansion:
    """Expand `multi_margin_loss`: every other class should lie a margin below the right one."""
    chosen = reduction_of(size_average, reduce, reduction)
    if weight is not None or (chosen == "none" and input.ndim > 1):
        raise UnexpandedError("multi_margin_loss", "weights of classes, or one loss for each sample")
    classes = target.reshape(-1, 1) if input.ndim > 1 else target.reshape(1)
    others = torch.ones_like(input).scatter(-1, classes, 0.0)
    count = float(input.numel() if chosen == "mean" else input.shape[-1])
    return each_place(
        at,
        f"other·max(0, margin − own + input)^{p}" if p != 1 else "other·max(0, margin − own + input)",
        lambda x, own, other: other * (margin - own + x).clamp(min=0) ** p,
        {"input": input, "own": input.gather(-1, classes), "other": others},
        "mean",  # over the classes, also of a sum over the samples
        settings={"margin": float(margin)},
        divisor=("count" if chosen == "mean" else "C", count),
        derived=("own", "other"),
    )


RULES = {
    "soft_margin_loss": _soft_margin_loss,
    "margin_ranking_loss": _margin_ranking_loss,
    "hinge_embedding_loss": _hinge_embedding_loss,
    "cosine_embedding_loss": _cosine_embedding_loss,
    "triplet_margin_loss": _triplet_margin_loss,
    "multi_margin_loss": _multi_margin_loss,
}
