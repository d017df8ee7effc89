"""Losses of two tensors, element by element: L1, squared, Huber, binary cross-entropy, divergences."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

from itertools import islice, product
from typing import TYPE_CHECKING

import torch

from glassnet.arithmetic.elements import MOST_TERMS, doubles, number
from glassnet.arithmetic.expansion import Expansion, Term
from glassnet.arithmetic.numbers import joined, short, shown, written
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from glassnet.arithmetic.expansion import At


def reduction_of(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """Give the reduction, also where it was said in the old way.

    Args:
        size_average: Old: mean, not sum.
        reduce: Old: not none.
        reduction: `none`, `mean`, `sum`, ….

    Returns:
        The reduction.

    Example:
        >>> reduction_of(None, None, "sum"), reduction_of(False, None, "mean")
        ('sum', 'sum')
    """
    if size_average is None and reduce is None:
        return reduction
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"


def _each(
    at: At,
    formula: str,
    compute: Callable[..., torch.Tensor],
    operands: Mapping[str, torch.Tensor | None],
    reduction: str,
    *,
    settings: Mapping[str, float] | None = None,
    divisor: tuple[str, float] | None = None,
) -> Expansion:
    """Expand a loss that is a function of the numbers in one place of its operands.

    `compute` takes the operands that are given, in order, in float64; `divisor` is what the sum is divided by
    for a mean, if not by how many there are.
    """
    given = {name: x for name, x in operands.items() if x is not None}
    settings = settings or {}
    shape = torch.broadcast_shapes(*(x.shape for x in given.values()))
    if reduction == "none":
        numbers = [number(name, x, at.index) for name, x in given.items()]
        value = float(compute(*(torch.tensor(n.value, dtype=torch.float64) for n in numbers)))
        names = {n.operand: n.value for n in numbers}
        worked = written(formula, {**settings, **names})
        terms: tuple[Term, ...] = (Term(tuple(numbers), value),)
        return Expansion("loss", formula, worked, terms, value, dict(settings))
    parts = compute(*(doubles(x).expand(shape) for x in given.values())).flatten()
    count = parts.numel()
    over, by = ("count", float(count)) if divisor is None else divisor
    by = by if reduction != "sum" else 1.0
    listed = count if count <= MOST_TERMS else MOST_TERMS - 1
    places = list(islice(product(*(range(side) for side in shape)), listed))
    rows = [tuple(number(name, x, place) for name, x in given.items()) for place in places]
    terms = tuple(Term(row, part / by) for row, part in zip(rows, parts.tolist(), strict=False))
    if listed < count:
        terms += (Term((), float(parts[listed:].sum()) / by),)
    texts = [written(formula, {**settings, **{n.operand: n.value for n in row}}) for row in shown(rows)]
    together = joined(texts if listed == count else [*texts, short(float(parts[-1]))])
    mean = reduction != "sum"
    return Expansion(
        kind="loss",
        formula=f"Σ {_one(formula)}" + f"/{over}" * mean,
        worked=f"({together})/{short(by)}" if mean else together,
        terms=terms,
        value=float(parts.sum()) / by,
        facts={**settings, "count": count, "divisor": by},
    )


def _one(formula: str) -> str:
    """Set brackets around a formula that is a sum."""
    depth, within_size = 0, False
    for sign in formula:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        within_size ^= sign == "|"
        if sign in "+−" and depth == 0 and not within_size:
            return f"({formula})"
    return formula


def _weighing(formula: str, weight: torch.Tensor | None) -> str:
    return formula if weight is None else f"weight·{_one(formula)}"


def _times(weighted: tuple[torch.Tensor, ...]) -> torch.Tensor | float:
    return weighted[0] if weighted else 1.0


def l1_loss(
    at: At,
    input: torch.Tensor,
    target: torch.Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: torch.Tensor | None = None,
) -> Expansion:
    """Expand `l1_loss`: the mean of |input − target|."""
    return _each(
        at,
        _weighing("|input − target|", weight),
        lambda x, t, *w: _times(w) * (x - t).abs(),
        {"input": input, "target": target, "weight": weight},
        reduction_of(size_average, reduce, reduction),
        divisor=None if weight is None else ("Σ weight", float(doubles(weight).sum())),
    )


def mse_loss(
    at: At,
    input: torch.Tensor,
    target: torch.Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: torch.Tensor | None = None,
) -> Expansion:
    """Expand `mse_loss`: the mean of (input − target)²."""
    return _each(
        at,
        _weighing("(input − target)²", weight),
        lambda x, t, *w: _times(w) * (x - t) ** 2,
        {"input": input, "target": target, "weight": weight},
        reduction_of(size_average, reduce, reduction),
        divisor=None if weight is None else ("Σ weight", float(doubles(weight).sum())),
    )


def _huber(x: torch.Tensor, t: torch.Tensor, delta: float) -> torch.Tensor:
    distance = (x - t).abs()
    inner = distance.clamp(max=delta)
    return inner * (distance - inner / 2)


HUBER = "min(|input − target|, {0})·(|input − target| − min(|input − target|, {0})/2)"


def smooth_l1_loss(
    at: At,
    input: torch.Tensor,
    target: torch.Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Expansion:
    """Expand `smooth_l1_loss` (Girshick 2015): d²/(2·beta) up to beta, then |d| − beta/2."""
    chosen = reduction_of(size_average, reduce, reduction)
    if beta == 0:
        return l1_loss(at, input, target, reduction=chosen)
    return _each(
        at,
        HUBER.format("beta") + "/beta",
        lambda x, t: _huber(x, t, beta) / beta,
        {"input": input, "target": target},
        chosen,
        settings={"beta": float(beta)},
    )


def huber_loss(
    at: At,
    input: torch.Tensor,
    target: torch.Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: torch.Tensor | None = None,
) -> Expansion:
    """Expand `huber_loss` (Huber 1964): d²/2 up to delta, then delta·(|d| − delta/2)."""
    return _each(
        at,
        _weighing(HUBER.format("delta"), weight),
        lambda x, t, *w: _times(w) * _huber(x, t, delta),
        {"input": input, "target": target, "weight": weight},
        reduction,
        settings={"delta": float(delta)},
    )


def binary_cross_entropy(
    at: At,
    input: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Expansion:
    """Expand `binary_cross_entropy` of probabilities; a logarithm below −100 counts as −100, as in torch."""

    def compute(x: torch.Tensor, t: torch.Tensor, *w: torch.Tensor) -> torch.Tensor:
        yes, no = torch.log(x).clamp(min=-100), torch.log1p(-x).clamp(min=-100)
        return -_times(w) * (t * yes + (1 - t) * no)

    return _each(
        at,
        _weighing("−(target·ln(input) + (1 − target)·ln(1 − input))", weight),
        compute,
        {"input": input, "target": target, "weight": weight},
        reduction_of(size_average, reduce, reduction),
    )


def binary_cross_entropy_with_logits(
    at: At,
    input: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: torch.Tensor | None = None,
) -> Expansion:
    """Expand `binary_cross_entropy_with_logits`: sigmoid and binary cross-entropy in one."""

    def compute(x: torch.Tensor, t: torch.Tensor, *further: torch.Tensor) -> torch.Tensor:
        rest = list(further)
        gain = 1.0 if pos_weight is None else rest.pop(0)
        zero = torch.zeros_like(x)
        losses = gain * t * torch.logaddexp(zero, -x) + (1 - t) * torch.logaddexp(zero, x)
        return losses * (rest[0] if rest else 1.0)

    positive = "pos_weight·" * (pos_weight is not None)
    return _each(
        at,
        _weighing(f"{positive}target·ln(1 + exp(−input)) + (1 − target)·ln(1 + exp(input))", weight),
        compute,
        {"input": input, "target": target, "pos_weight": pos_weight, "weight": weight},
        reduction_of(size_average, reduce, reduction),
    )


def kl_div(
    at: At,
    input: torch.Tensor,
    target: torch.Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Expansion:
    """Expand `kl_div`: target·(ln(target) − input); the input are logarithms."""

    def compute(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        return t.exp() * (t - x) if log_target else torch.xlogy(t, t) - t * x

    chosen = reduction_of(size_average, reduce, reduction)
    return _each(
        at,
        "exp(target)·(target − input)" if log_target else "target·(ln(target) − input)",
        compute,
        {"input": input, "target": target},
        chosen,
        divisor=("N", float(input.shape[0])) if chosen == "batchmean" and input.ndim else None,
    )


def soft_margin_loss(
    at: At,
    input: torch.Tensor,
    target: torch.Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Expansion:
    """Expand `soft_margin_loss`: ln(1 + exp(−target·input)), the target being 1 or −1."""
    return _each(
        at,
        "ln(1 + exp(−target·input))",
        lambda x, t: torch.logaddexp(torch.zeros_like(x), -t * x),
        {"input": input, "target": target},
        reduction_of(size_average, reduce, reduction),
    )


def poisson_nll_loss(
    at: At,
    input: torch.Tensor,
    target: torch.Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Expansion:
    """Expand `poisson_nll_loss`, without Stirling's term."""
    if full:
        raise UnexpandedError("poisson_nll_loss", "Stirling's term (full=True)")
    return _each(
        at,
        "exp(input) − target·input" if log_input else "input − target·ln(input + eps)",
        (lambda x, t: x.exp() - t * x) if log_input else (lambda x, t: x - t * torch.log(x + eps)),
        {"input": input, "target": target},
        reduction_of(size_average, reduce, reduction),
        settings={} if log_input else {"eps": eps},
    )
