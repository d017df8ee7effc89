"""Losses of two tensors, place by place: L1, squared, Huber, binary cross-entropy, divergences."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from glassnet.arithmetic.elements import Gathered, doubles, number, spread_over
from glassnet.arithmetic.expansion import Expansion, Number, Term
from glassnet.arithmetic.numbers import joined, short, written
from glassnet.arithmetic.terms import listed, total
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

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


def each_place(
    at: At,
    formula: str,
    compute: Callable[..., Tensor],
    operands: Mapping[str, Tensor | None],
    reduction: str,
    *,
    settings: Mapping[str, float] | None = None,
    divisor: tuple[str, float] | None = None,
    derived: tuple[str, ...] = (),
) -> Expansion:
    """Make the expansion of a loss that is a function of the numbers in one place of its operands.

    Args:
        at: Which number.
        formula: In symbols, of the operands and the settings.
        compute: Takes the operands that are given, in order, in float64.
        operands: By name.
        reduction: `none`, `sum`, or else a mean.
        settings: Further numbers of the formula.
        divisor: What the sum is divided by for a mean, if not by how many places there are: name and number.
        derived: Operands that are no arguments of the call but were worked out from them.

    Returns:
        The loss; a term for each place.
    """
    given = {name: x for name, x in operands.items() if x is not None}
    settings = settings or {}
    shape = torch.broadcast_shapes(*(x.shape for x in given.values()))
    if reduction == "none":
        read = tuple(
            replace(n, index=None) if n.operand in derived else n
            for n in (number(name, x, at.index) for name, x in given.items())
        )
        value = float(compute(*(torch.tensor(n.value, dtype=torch.float64) for n in read)))
        line = written(formula, {**settings, **{n.operand: n.value for n in read}})
        return Expansion("loss", formula, line, (Term(read, value),), value, settings)
    columns = [spread_over(name, x, shape) for name, x in given.items()]
    parts = compute(*(column.values for column in columns))
    over, by = ("count", float(len(parts))) if divisor is None else divisor
    mean = reduction != "sum"
    by = by if mean else 1.0
    rows = [_row(column, column.operand in derived) for column in columns]
    values = [column.values.tolist() for column in columns]

    def line_of(place: int) -> str:
        return written(
            formula, {**settings, **{name: v[place] for name, v in zip(given, values, strict=True)}}
        )

    together = joined(range(len(parts)), line_of)
    return Expansion(
        kind="loss",
        formula=f"Σ {_one(formula)}" + f"/{over}" * mean,
        worked=f"({together})/{short(by)}" if mean else together,
        terms=listed(zip(*rows, strict=True), (parts / by).tolist()),
        value=total(parts.tolist()) / by,
        facts={**settings, "count": len(parts), "divisor": by},
    )


def _row(column: Gathered, derived: bool) -> list[Number]:
    return [replace(n, index=None) for n in column.numbers()] if derived else column.numbers()


def _one(formula: str) -> str:
    """Set brackets around a formula that is a sum."""
    depth, within_size = 0, False
    for sign in formula:
        depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(sign, 0)
        within_size ^= sign == "|"
        if sign in "+−" and depth == 0 and not within_size:
            return f"({formula})"
    return formula


def _weighing(formula: str, weight: Tensor | None) -> str:
    return formula if weight is None else f"weight·{_one(formula)}"


def _times(weighted: tuple[Tensor, ...]) -> Tensor | float:
    return weighted[0] if weighted else 1.0


def _over_weights(weight: Tensor | None) -> tuple[str, float] | None:
    return None if weight is None else ("Σ weight", float(doubles(weight).sum()))


def _l1_loss(
    at: At,
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Expansion:
    """Expand `l1_loss`: the mean of |input − target|."""
    return each_place(
        at,
        _weighing("|input − target|", weight),
        lambda x, t, *w: _times(w) * (x - t).abs(),
        {"input": input, "target": target, "weight": weight},
        reduction_of(size_average, reduce, reduction),
        divisor=_over_weights(weight),
    )


def _mse_loss(
    at: At,
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Expansion:
    """Expand `mse_loss`: the mean of (input − target)²."""
    return each_place(
        at,
        _weighing("(input − target)²", weight),
        lambda x, t, *w: _times(w) * (x - t) ** 2,
        {"input": input, "target": target, "weight": weight},
        reduction_of(size_average, reduce, reduction),
        divisor=_over_weights(weight),
    )


def _huber(x: Tensor, t: Tensor, delta: float) -> Tensor:
    distance = (x - t).abs()
    inner = distance.clamp(max=delta)
    return inner * (distance - inner / 2)


HUBER = "min(|input − target|, {0})·(|input − target| − min(|input − target|, {0})/2)"


def _smooth_l1_loss(
    at: At,
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Expansion:
    """Expand `smooth_l1_loss` (Girshick 2015): d²/(2·beta) up to beta, then |d| − beta/2."""
    chosen = reduction_of(size_average, reduce, reduction)
    if beta == 0:
        return _l1_loss(at, input, target, reduction=chosen)
    return each_place(
        at,
        HUBER.format("beta") + "/beta",
        lambda x, t: _huber(x, t, beta) / beta,
        {"input": input, "target": target},
        chosen,
        settings={"beta": float(beta)},
    )


def _huber_loss(
    at: At,
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Expansion:
    """Expand `huber_loss` (Huber 1964): d²/2 up to delta, then delta·(|d| − delta/2)."""
    return each_place(
        at,
        _weighing(HUBER.format("delta"), weight),
        lambda x, t, *w: _times(w) * _huber(x, t, delta),
        {"input": input, "target": target, "weight": weight},
        reduction,
        settings={"delta": float(delta)},
    )


def _binary_cross_entropy(
    at: At,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Expansion:
    """Expand `binary_cross_entropy` of probabilities; a logarithm below −100 counts as −100, as in torch."""

    def compute(x: Tensor, t: Tensor, *w: Tensor) -> Tensor:
        yes, no = torch.log(x).clamp(min=-100), torch.log1p(-x).clamp(min=-100)
        return -_times(w) * (t * yes + (1 - t) * no)

    return each_place(
        at,
        _weighing("−(target·ln(input) + (1 − target)·ln(1 − input))", weight),
        compute,
        {"input": input, "target": target, "weight": weight},
        reduction_of(size_average, reduce, reduction),
    )


def _binary_cross_entropy_with_logits(
    at: At,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Expansion:
    """Expand `binary_cross_entropy_with_logits`: sigmoid and binary cross-entropy in one."""

    def compute(x: Tensor, t: Tensor, *further: Tensor) -> Tensor:
        rest = list(further)
        gain = 1.0 if pos_weight is None else rest.pop(0)
        zero = torch.zeros_like(x)
        losses = gain * t * torch.logaddexp(zero, -x) + (1 - t) * torch.logaddexp(zero, x)
        return losses * (rest[0] if rest else 1.0)

    positive = "pos_weight·" * (pos_weight is not None)
    return each_place(
        at,
        _weighing(f"{positive}target·ln(1 + exp(−input)) + (1 − target)·ln(1 + exp(input))", weight),
        compute,
        {"input": input, "target": target, "pos_weight": pos_weight, "weight": weight},
        reduction_of(size_average, reduce, reduction),
    )


def _kl_div(
    at: At,
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Expansion:
    """Expand `kl_div`: target·(ln(target) − input); the input are logarithms."""

    def compute(x: Tensor, t: Tensor) -> Tensor:
        return t.exp() * (t - x) if log_target else torch.xlogy(t, t) - t * x

    chosen = reduction_of(size_average, reduce, reduction)
    return each_place(
        at,
        "exp(target)·(target − input)" if log_target else "target·(ln(target) − input)",
        compute,
        {"input": input, "target": target},
        chosen,
        divisor=("N", float(input.shape[0])) if chosen == "batchmean" and input.ndim else None,
    )


def _poisson_nll_loss(
    at: At,
    input: Tensor,
    target: Tensor,
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
    return each_place(
        at,
        "exp(input) − target·input" if log_input else "input − target·ln(input + eps)",
        (lambda x, t: x.exp() - t * x) if log_input else (lambda x, t: x - t * torch.log(x + eps)),
        {"input": input, "target": target},
        reduction_of(size_average, reduce, reduction),
        settings={} if log_input else {"eps": eps},
    )


RULES = {
    "l1_loss": _l1_loss,
    "mse_loss": _mse_loss,
    "smooth_l1_loss": _smooth_l1_loss,
    "huber_loss": _huber_loss,
    "binary_cross_entropy": _binary_cross_entropy,
    "binary_cross_entropy_with_logits": _binary_cross_entropy_with_logits,
    "kl_div": _kl_div,
    "poisson_nll_loss": _poisson_nll_loss,
}
